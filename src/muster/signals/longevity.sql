-- question: Does what the person made outlast them, and is it still used?
-- counts: files that the person (or a co-author of theirs in the same commit) added, from the day they were added until they were deleted, as known at the period's end; citations and changes by others that come half a year or more later.
-- excludes: files added by bulk commits; vendored, generated and lock files. A move is not a death, nor is a delete that is undone within seven days.
-- measure: code_files, files: code files of the person's that the estimate rests on
-- measure: code_alive_1y, ratio: share of them alive after one year
-- measure: code_alive_2y, ratio: share of them alive after two years
-- measure: code_alive_3y, ratio: share of them alive after three years
-- measure: code_alive_1y_baseline, ratio: the same for code files that others added to the same repositories since the person's first
-- measure: code_alive_2y_baseline, ratio: the same, after two years
-- measure: code_alive_3y_baseline, ratio: the same, after three years
-- measure: documents, files: documents of the person's that the estimate rests on
-- measure: documents_alive_1y, ratio: share of them alive after one year
-- measure: documents_alive_2y, ratio: share of them alive after two years
-- measure: documents_alive_3y, ratio: share of them alive after three years
-- measure: documents_alive_1y_baseline, ratio: the same for documents that others added to the same repositories since the person's first
-- measure: documents_alive_2y_baseline, ratio: the same, after two years
-- measure: documents_alive_3y_baseline, ratio: the same, after three years
-- measure: late_citations, citations: others' records of the period that cite work of the person's which was half a year old or older
-- measure: late_citing_people, people: distinct people who recorded them
-- measure: old_files_built_on, files: files that the person added half a year or more before, and that others built on in the period
-- measure: old_files_people, people: distinct people who built on them
-- measure: only_mine, files: code files that the person added a year or more before the period's end, still alive, that nobody else has changed
-- empty: fewer than five such files, or none that is old enough
-- cannot see: whether an old file still does what it was made for; lines (only whole files are followed); a file copied rather than moved
-- source: Kaplan and Meier 1958; Greenwood 1926 (interval); where no file died, the exact binomial lower bound; DESIGN, Signals (longevity)
WITH
horizon AS (
  SELECT 1 AS years, 365 AS days UNION ALL SELECT 2, 730 UNION ALL SELECT 3, 1095
),
family AS (
  SELECT id, origin, mine, born, ended, last,
         CASE WHEN kind IN ('doc', 'proposal') THEN 'documents' ELSE 'code' END AS family
  FROM life WHERE kind IN ('doc', 'proposal', 'code')
),
first_mine AS (
  SELECT origin, family, MIN(born) AS born FROM family WHERE mine GROUP BY origin, family
),
compared AS (
  SELECT f.id, f.mine, f.born, f.ended, f.last, f.family
  FROM family f JOIN first_mine m ON m.origin = f.origin AND m.family = f.family
  WHERE f.born >= m.born
),
lived AS (
  SELECT p.label, c.family, c.mine, c.id,
         CASE WHEN c.ended < p.until THEN 1 ELSE 0 END AS died,
         CAST(FLOOR(GREATEST(days_between(c.born, CASE WHEN c.ended < p.until THEN c.ended
                                                       ELSE LEAST(c.last, p.until) END), 0e0)) AS BIGINT) AS days
  FROM compared c CROSS JOIN period p
  WHERE c.born < p.until
),
leaving AS (
  SELECT label, family, mine, days, CAST(COUNT(*) AS BIGINT) AS left_, CAST(SUM(died) AS BIGINT) AS died
  FROM lived GROUP BY label, family, mine, days
),
risk AS (
  SELECT label, family, mine, days, died,
         CAST(SUM(left_) OVER (PARTITION BY label, family, mine ORDER BY days DESC) AS BIGINT) AS at_risk
  FROM leaving
),
size AS (
  SELECT label, family, mine, MAX(at_risk) AS files, MAX(days) AS oldest FROM risk GROUP BY label, family, mine
),
at_horizon AS (
  SELECT r.label, r.family, r.mine, h.years, MAX(r.at_risk) AS at_risk
  FROM risk r JOIN horizon h ON r.days >= h.days
  GROUP BY r.label, r.family, r.mine, h.years
),
product AS (
  SELECT r.label, r.family, r.mine, h.years,
         CAST(SUM(r.died) AS BIGINT) AS died,
         MIN(r.at_risk - r.died) AS fewest,
         SUM(CASE WHEN r.at_risk > r.died THEN LN(1e0 - CAST(r.died AS DOUBLE) / r.at_risk) ELSE 0e0 END) AS log_alive,
         SUM(CASE WHEN r.at_risk > r.died
                  THEN CAST(r.died AS DOUBLE) / (CAST(r.at_risk AS DOUBLE) * (r.at_risk - r.died)) ELSE 0e0 END) AS spread
  FROM risk r JOIN horizon h ON r.days <= h.days
  GROUP BY r.label, r.family, r.mine, h.years
),
estimate AS (
  SELECT s.label, s.family, s.mine, h.years, s.files, a.at_risk,
         COALESCE(q.died, 0) AS died,
         CASE WHEN q.died IS NULL THEN 1e0 WHEN q.fewest = 0 AND q.died > 0 THEN 0e0 ELSE EXP(q.log_alive) END AS alive,
         COALESCE(q.spread, 0e0) AS spread
  FROM size s
  CROSS JOIN horizon h
  JOIN at_horizon a ON a.label = s.label AND a.family = s.family AND a.mine = s.mine AND a.years = h.years
  LEFT JOIN product q ON q.label = s.label AND q.family = s.family AND q.mine = s.mine AND q.years = h.years
  WHERE s.files >= 5
),
bounded AS (
  SELECT label, family, mine, years, alive,
         CASE WHEN died = 0 THEN POWER(25e-3, 1e0 / at_risk)
              ELSE GREATEST(0e0, alive - 1959964e-6 * alive * SQRT(spread)) END AS low,
         LEAST(1e0, alive + 1959964e-6 * alive * SQRT(spread)) AS high
  FROM estimate
),
family_ids AS (
  SELECT label, family, array_sort(array_agg(DISTINCT id)) AS ids FROM lived WHERE mine GROUP BY label, family
),
wanted AS (
  SELECT 'code' AS family, TRUE AS mine, '' AS suffix UNION ALL SELECT 'code', FALSE, '_baseline'
  UNION ALL SELECT 'documents', TRUE, '' UNION ALL SELECT 'documents', FALSE, '_baseline'
),
cited AS (
  SELECT p.label, l.src, l.actor
  FROM link l
  JOIN mine m ON m.id = l.dst
  JOIN period p ON l.happened_at >= p.since AND l.happened_at < p.until
  WHERE l.kind = 'cites' AND NOT l.own AND NOT l.bot AND days_between(m.happened_at, l.happened_at) >= 182e0
),
cites AS (
  SELECT p.label, CAST(COUNT(DISTINCT c.src) AS DOUBLE) AS n, CAST(COUNT(DISTINCT c.actor) AS DOUBLE) AS people,
         array_sort(array_agg(DISTINCT c.src) FILTER (WHERE c.src IS NOT NULL)) AS ids
  FROM period p LEFT JOIN cited c ON c.label = p.label
  GROUP BY p.label
),
built AS (
  SELECT p.label, b.life, b.actor, b.id
  FROM built_on b
  JOIN life f ON f.life = b.life
  JOIN period p ON b.happened_at >= p.since AND b.happened_at < p.until
  WHERE b.linked AND days_between(f.born, b.happened_at) >= 182e0
),
alone AS (
  SELECT p.label, f.life, f.id
  FROM life f
  CROSS JOIN period p
  LEFT JOIN (SELECT life, MIN(happened_at) AS happened_at FROM built_on GROUP BY life) b ON b.life = f.life
  WHERE f.mine AND f.kind = 'code' AND days_between(f.born, p.until) >= 365e0
    AND (f.ended IS NULL OR f.ended >= p.until)
    AND (b.happened_at IS NULL OR b.happened_at >= p.until)
),
alones AS (
  SELECT p.label, CAST(COUNT(DISTINCT a.life) AS DOUBLE) AS n,
         array_sort(array_agg(DISTINCT a.id) FILTER (WHERE a.id IS NOT NULL)) AS ids
  FROM period p LEFT JOIN alone a ON a.label = p.label
  GROUP BY p.label
),
builds AS (
  SELECT p.label, CAST(COUNT(DISTINCT b.life) AS DOUBLE) AS n, CAST(COUNT(DISTINCT b.actor) AS DOUBLE) AS people,
         array_sort(array_agg(DISTINCT b.id) FILTER (WHERE b.id IS NOT NULL)) AS ids
  FROM period p LEFT JOIN built b ON b.label = p.label
  GROUP BY p.label
)
SELECT p.label AS period, CASE WHEN w.family = 'code' THEN 'code_files' ELSE 'documents' END AS measure, 'files' AS unit,
       COALESCE(CAST(s.files AS DOUBLE), 0e0) AS value, CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, i.ids
FROM period p
CROSS JOIN wanted w
LEFT JOIN size s ON s.label = p.label AND s.family = w.family AND s.mine
LEFT JOIN family_ids i ON i.label = p.label AND i.family = w.family
WHERE w.mine
UNION ALL
SELECT p.label, w.family || '_alive_' || CAST(h.years AS STRING) || 'y' || w.suffix, 'ratio', b.alive, b.low, b.high,
       CASE WHEN w.mine THEN i.ids END
FROM period p
CROSS JOIN wanted w
CROSS JOIN horizon h
LEFT JOIN bounded b ON b.label = p.label AND b.family = w.family AND b.mine = w.mine AND b.years = h.years
LEFT JOIN family_ids i ON i.label = p.label AND i.family = w.family
UNION ALL
SELECT label, 'late_citations', 'citations', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM cites
UNION ALL
SELECT label, 'late_citing_people', 'people', people, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM cites
UNION ALL
SELECT label, 'old_files_built_on', 'files', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM builds
UNION ALL
SELECT label, 'old_files_people', 'people', people, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM builds
UNION ALL
SELECT label, 'only_mine', 'files', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM alones
