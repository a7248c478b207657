-- question: What went wrong since?
-- counts: the person's changes that somebody reverted or fixed in the period, by the date of the revert or fix.
-- excludes: bots; somebody of the very same name, who is not counted as somebody else; a revert of a revert, which is a re-landing; what the person took back or fixed themselves within a day, which is ordinary care and has a measure of its own.
-- measure: reverted, changes: changes of the person's that were reverted, wholly or in part, by word or by the files' contents
-- measure: reverted_by_others, changes: those of them that somebody else reverted
-- measure: relanded, changes: reverted changes that landed again, by a revert of the revert, under the same subject or with the same contents
-- measure: fixed, changes: changes of the person's that a later change names as what it fixes
-- measure: fixed_by_others, changes: those of them that somebody else fixed
-- measure: followed_by_fix, changes: changes of the person's that no fix names, but whose lines or new files somebody else's change within days of landing changed, calling itself a fix or picked for a release branch
-- measure: answered, changes: of the changes that others reverted, fixed or followed with a fix, those that landed again, or that a later change or entry of the person's names with what was done to them
-- measure: own_care, changes: changes that the person took back or fixed themselves within a day
-- measure: incidents, incidents, needs incidents: incidents that followed the person's changes
-- cannot see: a repair that does not name what it repairs and came later; whether a revert was a mistake or a plan; whether a fix that followed was because of the change; answers in conversation
-- source: DESIGN, Signals (counter)
WITH
namesake AS (
  SELECT o.person AS id
  FROM subject s JOIN person me ON me.person = s.person JOIN person o ON LOWER(o.name) = LOWER(me.name)
  GROUP BY o.person
),
hit AS (
  SELECT p.label, l.kind, l.src, l.dst, l.own OR COALESCE(n.id IS NOT NULL, FALSE) AS own, l.happened_at,
    l.kind = 'fixes' AND l.reason LIKE 'changes %'
      AND (l.reason LIKE '% and calls itself a fix: %' OR l.reason LIKE '% and was picked for a release branch: %') AS followed,
    l.own AND m.happened_at IS NOT NULL AND days_between(m.happened_at, l.happened_at) < 1e0 AS care
  FROM link l
  JOIN mine m ON m.id = l.dst
  JOIN period p ON l.happened_at >= p.since AND l.happened_at < p.until
  LEFT JOIN namesake n ON n.id = l.actor
  WHERE l.kind IN ('reverts', 'fixes') AND NOT l.bot AND LOWER(m.title) NOT LIKE 'revert %'
),
against AS (
  SELECT h.label, CASE WHEN h.kind = 'reverts' THEN 'reverts' WHEN h.followed THEN 'followed' ELSE 'fixes' END AS kind,
    h.src, h.dst, h.own, h.happened_at
  FROM hit h WHERE NOT h.care
),
again AS (
  SELECT a.label, a.dst, MIN(r.src) AS id
  FROM against a JOIN link r ON r.kind = 'reverts' AND r.dst = a.src
  WHERE a.kind = 'reverts'
  GROUP BY a.label, a.dst
  UNION ALL
  SELECT a.label, a.dst, MIN(b.src)
  FROM against a JOIN link b ON b.kind = 'builds-on' AND b.dst = a.dst
  WHERE a.kind = 'reverts' AND b.reason LIKE 're-landed%' AND b.src <> a.src
  GROUP BY a.label, a.dst
),
answer AS (
  SELECT a.label, a.dst, MIN(g.id) AS id
  FROM against a JOIN again g ON g.label = a.label AND g.dst = a.dst
  WHERE NOT a.own
  GROUP BY a.label, a.dst
  UNION ALL
  SELECT a.label, a.dst, MIN(l.src)
  FROM against a JOIN link l ON l.dst = a.src
  WHERE NOT a.own AND l.own AND l.happened_at >= a.happened_at
  GROUP BY a.label, a.dst
  UNION ALL
  SELECT a.label, a.dst, MIN(l.src)
  FROM against a JOIN link l ON l.dst = a.dst JOIN mine m ON m.id = l.src
  WHERE NOT a.own AND l.own AND l.src <> a.src AND l.happened_at >= a.happened_at AND (l.kind = 'fixes' OR m.source = 'book')
  GROUP BY a.label, a.dst
),
counted AS (
  SELECT p.label,
         CAST(COUNT(DISTINCT CASE WHEN a.kind = 'reverts' THEN a.dst END) AS DOUBLE) AS reverted,
         CAST(COUNT(DISTINCT CASE WHEN a.kind = 'reverts' AND NOT a.own THEN a.dst END) AS DOUBLE) AS reverted_others,
         CAST(COUNT(DISTINCT CASE WHEN a.kind = 'fixes' THEN a.dst END) AS DOUBLE) AS fixed,
         CAST(COUNT(DISTINCT CASE WHEN a.kind = 'fixes' AND NOT a.own THEN a.dst END) AS DOUBLE) AS fixed_others,
         CAST(COUNT(DISTINCT CASE WHEN a.kind = 'followed' AND NOT a.own THEN a.dst END) AS DOUBLE) AS followed,
         array_sort(array_agg(DISTINCT a.src) FILTER (WHERE a.kind = 'reverts')) AS ids_reverted,
         array_sort(array_agg(DISTINCT a.src) FILTER (WHERE a.kind = 'reverts' AND NOT a.own)) AS ids_reverted_others,
         array_sort(array_agg(DISTINCT a.src) FILTER (WHERE a.kind = 'fixes')) AS ids_fixed,
         array_sort(array_agg(DISTINCT a.src) FILTER (WHERE a.kind = 'fixes' AND NOT a.own)) AS ids_fixed_others,
         array_sort(array_agg(DISTINCT a.src) FILTER (WHERE a.kind = 'followed' AND NOT a.own)) AS ids_followed
  FROM period p LEFT JOIN against a ON a.label = p.label
  GROUP BY p.label
),
relanded AS (
  SELECT p.label, CAST(COUNT(DISTINCT g.dst) AS DOUBLE) AS n,
         array_sort(array_agg(DISTINCT g.id) FILTER (WHERE g.id IS NOT NULL)) AS ids
  FROM period p LEFT JOIN again g ON g.label = p.label
  GROUP BY p.label
),
answered AS (
  SELECT p.label, CAST(COUNT(DISTINCT g.dst) AS DOUBLE) AS n,
         array_sort(array_agg(DISTINCT g.id) FILTER (WHERE g.id IS NOT NULL)) AS ids
  FROM period p LEFT JOIN answer g ON g.label = p.label
  GROUP BY p.label
),
care AS (
  SELECT p.label, CAST(COUNT(DISTINCT h.dst) AS DOUBLE) AS n,
         array_sort(array_agg(DISTINCT h.src) FILTER (WHERE h.src IS NOT NULL)) AS ids
  FROM period p LEFT JOIN (SELECT label, src, dst FROM hit WHERE care) h ON h.label = p.label
  GROUP BY p.label
)
SELECT label AS period, 'reverted' AS measure, 'changes' AS unit, reverted AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, ids_reverted AS ids FROM counted
UNION ALL
SELECT label, 'reverted_by_others', 'changes', reverted_others, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_reverted_others
FROM counted
UNION ALL
SELECT label, 'relanded', 'changes', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM relanded
UNION ALL
SELECT label, 'fixed', 'changes', fixed, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_fixed FROM counted
UNION ALL
SELECT label, 'fixed_by_others', 'changes', fixed_others, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_fixed_others FROM counted
UNION ALL
SELECT label, 'followed_by_fix', 'changes', followed, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_followed FROM counted
UNION ALL
SELECT label, 'answered', 'changes', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM answered
UNION ALL
SELECT label, 'own_care', 'changes', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM care
UNION ALL
SELECT label, 'incidents', 'incidents', CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), NULL FROM period
