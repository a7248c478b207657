-- question: Does what the person made outlast them, and is it still used?
-- counts: lines that the person (or a co-author of theirs in the same commit) wrote, from the day they came to the main line of history until they were changed or removed there, and whole files from being added until deleted, both as known at the period's end; citations and changes by others that come half a year or more later.
-- excludes: bulk commits and sweeps (reformatting, licence headers), whose lines are nobody's; what a sweep takes away counts as no longer seen, not as gone. Vendored, generated, lock, test and settings files; bots. A move is not a death, nor is a file's delete that is undone within seven days. Compared with what others wrote in the same repositories and the same half-years, each half-year weighing as much as it does in the person's own: age alone is not enough, as code of a project's first months goes sooner at every age. Half-years with fewer than five commits of others are left out; where that leaves less than four fifths of the person's, nothing is compared.
-- measure: code_lines, lines: lines of code of the person's that the estimate rests on
-- measure: code_lines_old_1y, lines: those of them that came a year or more before the period's end, or before the newest record where that is earlier
-- measure: code_lines_old_2y, lines: two years or more before it
-- measure: code_lines_old_3y, lines: three years or more before it
-- measure: code_lines_alive_6m, ratio: share of them alive after half a year
-- measure: code_lines_alive_1y, ratio: share of them alive after one year
-- measure: code_lines_alive_18m, ratio: share of them alive after a year and a half
-- measure: code_lines_alive_2y, ratio: share of them alive after two years
-- measure: code_lines_alive_30m, ratio: share of them alive after two years and a half
-- measure: code_lines_alive_3y, ratio: share of them alive after three years
-- measure: code_lines_alive_6m_baseline, ratio: the same for others' lines of code of the same age
-- measure: code_lines_alive_1y_baseline, ratio: the same, after one year
-- measure: code_lines_alive_18m_baseline, ratio: the same, after a year and a half
-- measure: code_lines_alive_2y_baseline, ratio: the same, after two years
-- measure: code_lines_alive_30m_baseline, ratio: the same, after two years and a half
-- measure: code_lines_alive_3y_baseline, ratio: the same, after three years
-- measure: code_lines_rewritten, lines: lines of code of the person's that later commits, bulk ones left out, changed or removed after they had come to the main line
-- measure: code_lines_rewritten_own, ratio: share of those that the person changed or removed
-- measure: document_lines, lines: lines of documents of the person's that the estimate rests on
-- measure: document_lines_alive_1y, ratio: share of them alive after one year
-- measure: document_lines_alive_2y, ratio: share of them alive after two years
-- measure: document_lines_alive_3y, ratio: share of them alive after three years
-- measure: document_lines_alive_1y_baseline, ratio: the same for others' lines of documents of the same age
-- measure: document_lines_alive_2y_baseline, ratio: the same, after two years
-- measure: document_lines_alive_3y_baseline, ratio: the same, after three years
-- measure: code_files, files: code files of the person's that the estimate rests on
-- measure: code_alive_1y, ratio: share of them alive after one year
-- measure: code_alive_2y, ratio: share of them alive after two years
-- measure: code_alive_3y, ratio: share of them alive after three years
-- measure: code_alive_1y_baseline, ratio: the same for code files of the same age that others added
-- measure: code_alive_2y_baseline, ratio: the same, after two years
-- measure: code_alive_3y_baseline, ratio: the same, after three years
-- measure: documents, files: documents of the person's that the estimate rests on
-- measure: documents_alive_1y, ratio: share of them alive after one year
-- measure: documents_alive_2y, ratio: share of them alive after two years
-- measure: documents_alive_3y, ratio: share of them alive after three years
-- measure: documents_alive_1y_baseline, ratio: the same for documents of the same age that others added
-- measure: documents_alive_2y_baseline, ratio: the same, after two years
-- measure: documents_alive_3y_baseline, ratio: the same, after three years
-- measure: late_citations, citations: others' records of the period that cite work of the person's which was half a year old or older
-- measure: late_citing_people, people: distinct people who recorded them
-- measure: old_files_built_on, files: files that the person added half a year or more before, and that others built on in the period
-- measure: old_files_people, people: distinct people who built on them
-- measure: only_mine, files: code files that the person added a year or more before the period's end, still alive, that nobody else has changed
-- empty: fewer than five commits that are old enough and of comparable weight, or line histories were not computed; what others made is looked at for the case's own period alone
-- cannot see: whether what is still there does what it was made for; who wrote what was copied rather than moved; why something was removed
-- source: Kaplan and Meier 1958 (estimate); Williams 1995, Biometrics 51:1324, and Cameron, Gelbach and Miller 2011, JBES 29:238 (variance: lines of one commit, and lines of one file, live and die together); Kish 1965 (how many commits of even weight they are worth); Gaver and Kafadar 1984, Am. Stat. 38:308 (Student's t); Kalbfleisch and Prentice 1980 (interval on log-log); DESIGN, Signals (longevity)
WITH
age AS (
  SELECT '6m' AS age, 182 AS horizon, FALSE AS whole UNION ALL SELECT '1y', 365, TRUE UNION ALL SELECT '18m', 547, FALSE
  UNION ALL SELECT '2y', 730, TRUE UNION ALL SELECT '30m', 912, FALSE UNION ALL SELECT '3y', 1095, TRUE
),
thing AS (
  SELECT CASE WHEN kind = 'code' THEN 'code_lines' ELSE 'document_lines' END AS unit, mine, origin, id, path, born, ended,
         last, CAST(lines AS DOUBLE) AS weight, 2 * YEAR(born) + CASE WHEN MONTH(born) > 6 THEN 1 ELSE 0 END AS half
  FROM written
  UNION ALL
  SELECT CASE WHEN kind = 'code' THEN 'code' ELSE 'documents' END, mine, origin, id, path, born,
         CASE WHEN NOT lost THEN ended END, CASE WHEN lost THEN ended ELSE last END, 1e0,
         2 * YEAR(born) + CASE WHEN MONTH(born) > 6 THEN 1 ELSE 0 END
  FROM life
  WHERE kind IN ('code', 'doc', 'proposal') AND actor NOT IN (SELECT person FROM person WHERE bot)
),
-- Half-years of the calendar, by repository, in which the person made something: nothing else is looked at.
peer AS (
  SELECT t.unit, t.mine, t.origin, t.half, t.born, t.ended, t.last, t.weight, t.id,
         MAX(t.last) OVER (PARTITION BY t.origin) AS newest,
         DENSE_RANK() OVER (ORDER BY t.id) AS made_by, DENSE_RANK() OVER (ORDER BY t.origin, t.path) AS file
  FROM thing t
  JOIN (SELECT DISTINCT unit, origin, half FROM thing WHERE mine) o ON o.unit = t.unit AND o.origin = t.origin AND o.half = t.half
),
-- A row for all that one commit put into one file and that left on one day. Others' is looked at for the case alone.
lived AS (
  SELECT label, unit, mine, origin, half, made_by, file, died, days, MAX(could) AS could, SUM(weight) AS weight
  FROM (SELECT p.label, t.unit, t.mine, t.origin, t.half, t.made_by, t.file, t.weight,
               CASE WHEN t.ended < p.until THEN 1 ELSE 0 END AS died,
               CAST(FLOOR(GREATEST(days_between(t.born, CASE WHEN t.ended < p.until THEN t.ended
                                                             ELSE LEAST(t.last, p.until) END), 0e0)) AS INTEGER) AS days,
               CAST(FLOOR(days_between(t.born, LEAST(t.newest, p.until))) AS INTEGER) AS could
        FROM peer t CROSS JOIN period p
        WHERE t.born < p.until AND (t.mine OR p.label = 'case')) one
  GROUP BY label, unit, mine, origin, half, made_by, file, died, days
),
stratum AS (
  SELECT label, unit, origin, half, SUM(CASE WHEN mine THEN weight ELSE 0e0 END) AS weight_mine,
         SUM(CASE WHEN mine THEN 0e0 ELSE weight END) AS weight_others,
         COUNT(DISTINCT CASE WHEN mine THEN NULL ELSE made_by END) >= 5 AS enough
  FROM lived GROUP BY label, unit, origin, half
),
matched AS (
  SELECT label, unit, SUM(CASE WHEN enough THEN weight_mine ELSE 0e0 END) >= 8e-1 * SUM(weight_mine) AS matched
  FROM stratum GROUP BY label, unit
),
weighed AS (
  SELECT l.label, l.unit, l.mine, l.made_by, l.file, l.died, l.days, MAX(l.could) AS could,
         SUM(CASE WHEN l.mine THEN l.weight ELSE l.weight * s.weight_mine / s.weight_others END) AS weight
  FROM lived l JOIN stratum s ON s.label = l.label AND s.unit = l.unit AND s.origin = l.origin AND s.half = l.half
  WHERE l.mine OR (s.weight_mine > 0e0 AND s.enough)
  GROUP BY l.label, l.unit, l.mine, l.made_by, l.file, l.died, l.days
),
leaving AS (
  SELECT label, unit, mine, days, SUM(weight) AS weight, SUM(CASE WHEN died = 1 THEN weight ELSE 0e0 END) AS weight_died
  FROM (SELECT label, unit, mine, days, died, weight FROM weighed
        UNION ALL SELECT DISTINCT label, unit, mine, 0, 0, 0e0 FROM weighed) one
  GROUP BY label, unit, mine, days
),
risk AS (
  SELECT label, unit, mine, days, weight_died AS died,
         SUM(weight) OVER (PARTITION BY label, unit, mine ORDER BY days DESC) AS at_risk
  FROM leaving
),
-- Up to and with each day: the logarithm of the share alive, and its derivative by the weight of a line that lived through
-- it; of a line that died on it, `lost` less. A day that takes all there is leaves nothing.
step AS (
  SELECT label, unit, mine, days, at_risk,
         SUM(CASE WHEN at_risk - died > 1e-9 * at_risk THEN LN(1e0 - died / at_risk) ELSE 0e0 END)
           OVER (PARTITION BY label, unit, mine ORDER BY days) AS log_alive,
         SUM(CASE WHEN at_risk - died > 1e-9 * at_risk THEN died / (at_risk * (at_risk - died)) ELSE 0e0 END)
           OVER (PARTITION BY label, unit, mine ORDER BY days) AS lived,
         CASE WHEN at_risk - died > 1e-9 * at_risk THEN 1e0 / (at_risk - died) ELSE 0e0 END AS lost,
         MIN(CASE WHEN at_risk - died > 1e-9 * at_risk THEN 1 ELSE 0 END)
           OVER (PARTITION BY label, unit, mine ORDER BY days) AS left_
  FROM risk
),
latest AS (
  SELECT s.label, s.unit, s.mine, a.age, a.horizon, MAX(s.days) AS days
  FROM step s JOIN age a ON s.days <= a.horizon
  GROUP BY s.label, s.unit, s.mine, a.age, a.horizon
),
estimate AS (
  SELECT n.label, n.unit, n.mine, n.age, n.horizon, s.log_alive, s.lived, s.left_
  FROM latest n JOIN step s ON s.label = n.label AND s.unit = n.unit AND s.mine = n.mine AND s.days = n.days
),
-- How far the logarithm of the share moves with what one commit put into one file: the derivative for each line's weight.
pull AS (
  SELECT e.label, e.unit, e.mine, e.age, w.made_by, w.file,
         SUM(w.weight * CASE WHEN w.days > e.horizon THEN e.lived ELSE s.lived - w.died * s.lost END) AS weight
  FROM weighed w
  JOIN step s ON s.label = w.label AND s.unit = w.unit AND s.mine = w.mine AND s.days = w.days
  JOIN estimate e ON e.label = w.label AND e.unit = w.unit AND e.mine = w.mine
  GROUP BY e.label, e.unit, e.mine, e.age, w.made_by, w.file
),
by_commit AS (
  SELECT label, unit, mine, age, SUM(weight * weight) AS spread
  FROM (SELECT label, unit, mine, age, made_by, SUM(weight) AS weight FROM pull GROUP BY label, unit, mine, age, made_by) one
  GROUP BY label, unit, mine, age
),
by_file AS (
  SELECT label, unit, mine, age, SUM(weight * weight) AS spread
  FROM (SELECT label, unit, mine, age, file, SUM(weight) AS weight FROM pull GROUP BY label, unit, mine, age, file) one
  GROUP BY label, unit, mine, age
),
by_both AS (
  SELECT label, unit, mine, age, SUM(weight * weight) AS spread FROM pull GROUP BY label, unit, mine, age
),
commits AS (
  SELECT label, unit, mine, made_by, MAX(could) AS could, SUM(weight) AS weight FROM weighed
  GROUP BY label, unit, mine, made_by
),
old AS (
  SELECT c.label, c.unit, c.mine, a.age, COUNT(*) AS commits, SUM(c.weight) AS weight,
         SUM(c.weight) * SUM(c.weight) / SUM(c.weight * c.weight) AS even
  FROM commits c JOIN age a ON c.could >= a.horizon
  GROUP BY c.label, c.unit, c.mine, a.age
),
known AS (
  SELECT e.label, e.unit, e.mine, e.age, o.even, o.even - 1e0 AS free,
         CASE WHEN e.left_ = 0 THEN 0e0 ELSE EXP(e.log_alive) END AS alive,
         SQRT(GREATEST(c.spread, f.spread, c.spread + f.spread - b.spread)) AS error
  FROM estimate e
  JOIN old o ON o.label = e.label AND o.unit = e.unit AND o.mine = e.mine AND o.age = e.age
  JOIN by_commit c ON c.label = e.label AND c.unit = e.unit AND c.mine = e.mine AND c.age = e.age
  JOIN by_file f ON f.label = e.label AND f.unit = e.unit AND f.mine = e.mine AND f.age = e.age
  JOIN by_both b ON b.label = e.label AND b.unit = e.unit AND b.mine = e.mine AND b.age = e.age
  JOIN matched m ON m.label = e.label AND m.unit = e.unit
  WHERE o.commits >= 5 AND o.even >= 4e0 AND (e.mine OR m.matched)
),
-- Student's t for as many degrees of freedom; the interval is that of log(-log(share)), so it stays between 0 and 1.
wide AS (
  SELECT label, unit, mine, age, even, alive,
         CASE WHEN alive > 0e0 AND alive < 1e0
              THEN error / (0e0 - LN(alive))
                   * SQRT(free * (EXP(384146e-5 * (free - 15e-1) / ((free - 1e0) * (free - 1e0))) - 1e0)) END AS wide
  FROM known
),
bounded AS (
  SELECT label, unit, mine, age, ROUND(alive, 9) AS alive,
         ROUND(CASE WHEN wide IS NOT NULL THEN POWER(alive, EXP(wide)) WHEN alive < 5e-1 THEN 0e0
                    ELSE POWER(25e-3, 1e0 / even) END, 9) AS low,
         ROUND(CASE WHEN wide IS NOT NULL THEN POWER(alive, EXP(0e0 - wide)) WHEN alive < 5e-1 THEN 1e0 - POWER(25e-3, 1e0 / even)
                    ELSE 1e0 END, 9) AS high
  FROM wide
),
mine_ids AS (
  SELECT p.label, t.unit, array_sort(array_agg(DISTINCT t.id)) AS ids
  FROM peer t CROSS JOIN period p
  WHERE t.mine AND t.born < p.until
  GROUP BY p.label, t.unit
),
size AS (
  SELECT l.label, l.unit, '' AS age, SUM(l.weight) AS weight FROM lived l WHERE l.mine GROUP BY l.label, l.unit
  UNION ALL
  SELECT l.label, l.unit, '_old_' || a.age, SUM(CASE WHEN l.could >= a.horizon THEN l.weight ELSE 0e0 END)
  FROM lived l CROSS JOIN age a
  WHERE l.mine AND l.unit = 'code_lines' AND a.whole
  GROUP BY l.label, l.unit, a.age
),
wanted AS (
  SELECT 'code_lines' AS unit, 'code_lines' AS counted, 'lines' AS of_ UNION ALL SELECT 'document_lines', 'document_lines', 'lines'
  UNION ALL SELECT 'code', 'code_files', 'files' UNION ALL SELECT 'documents', 'documents', 'files'
),
rewrites AS (
  SELECT p.label, SUM(CAST(r.lines AS DOUBLE)) AS weight, SUM(CASE WHEN r.own THEN CAST(r.lines AS DOUBLE) ELSE 0e0 END) AS weight_own,
         array_sort(array_agg(DISTINCT r.id)) AS ids
  FROM rewritten r JOIN period p ON r.happened_at < p.until
  WHERE r.kind = 'code'
  GROUP BY p.label
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
SELECT p.label AS period, w.counted || COALESCE(a.age, '') AS measure, w.of_ AS unit,
       COALESCE(s.weight, 0e0) AS value, CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, i.ids
FROM period p
CROSS JOIN wanted w
JOIN (SELECT 'code_lines' AS unit, '' AS age UNION ALL SELECT 'document_lines', '' UNION ALL SELECT 'code', ''
      UNION ALL SELECT 'documents', '' UNION ALL SELECT 'code_lines', '_old_1y' UNION ALL SELECT 'code_lines', '_old_2y'
      UNION ALL SELECT 'code_lines', '_old_3y') a ON a.unit = w.unit
LEFT JOIN size s ON s.label = p.label AND s.unit = w.unit AND s.age = a.age
LEFT JOIN mine_ids i ON i.label = p.label AND i.unit = w.unit
UNION ALL
SELECT p.label, w.unit || '_alive_' || a.age || t.suffix, 'ratio', b.alive, b.low, b.high, CASE WHEN t.mine THEN i.ids END
FROM period p
CROSS JOIN wanted w
CROSS JOIN age a
CROSS JOIN (SELECT TRUE AS mine, '' AS suffix UNION ALL SELECT FALSE, '_baseline') t
LEFT JOIN bounded b ON b.label = p.label AND b.unit = w.unit AND b.mine = t.mine AND b.age = a.age
LEFT JOIN mine_ids i ON i.label = p.label AND i.unit = w.unit
WHERE a.whole OR w.unit = 'code_lines'
UNION ALL
SELECT p.label, 'code_lines_rewritten', 'lines', r.weight, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), r.ids
FROM period p LEFT JOIN rewrites r ON r.label = p.label
UNION ALL
SELECT p.label, 'code_lines_rewritten_own', 'ratio', r.weight_own / r.weight, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), r.ids
FROM period p LEFT JOIN rewrites r ON r.label = p.label
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
