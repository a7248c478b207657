-- question: What went wrong since?
-- counts: the person's changes that somebody reverted or fixed in the period, by the date of the revert or fix.
-- excludes: bots. A revert of a revert is a re-landing, not another revert.
-- measure: reverted, changes: changes of the person's that were reverted
-- measure: reverted_by_others, changes: those of them that somebody else reverted
-- measure: relanded, changes: reverted changes that landed again, by a revert of the revert or under the same subject
-- measure: fixed, changes: changes of the person's that a later change names as what it fixes
-- measure: fixed_by_others, changes: those of them that somebody else fixed
-- measure: incidents, incidents, needs incidents: incidents that followed the person's changes
-- cannot see: a repair that does not name what it repairs; whether a revert was a mistake or a plan
-- source: DESIGN, Signals (counter)
WITH
against AS (
  SELECT p.label, l.kind, l.src, l.dst, l.own, l.happened_at
  FROM link l
  JOIN mine m ON m.id = l.dst
  JOIN period p ON l.happened_at >= p.since AND l.happened_at < p.until
  WHERE l.kind IN ('reverts', 'fixes') AND NOT l.bot AND LOWER(m.title) NOT LIKE 'revert %'
),
again AS (
  SELECT a.label, a.dst, MIN(r.src) AS id
  FROM against a JOIN link r ON r.kind = 'reverts' AND r.dst = a.src
  WHERE a.kind = 'reverts'
  GROUP BY a.label, a.dst
  UNION ALL
  SELECT a.label, a.dst, MIN(t.id)
  FROM against a
  JOIN mine m ON m.id = a.dst
  JOIN mine t ON t.title = m.title AND t.id <> m.id
  WHERE a.kind = 'reverts' AND NOT t.merge AND t.happened_at > a.happened_at
  GROUP BY a.label, a.dst
),
counted AS (
  SELECT p.label,
         CAST(COUNT(DISTINCT CASE WHEN a.kind = 'reverts' THEN a.dst END) AS DOUBLE) AS reverted,
         CAST(COUNT(DISTINCT CASE WHEN a.kind = 'reverts' AND NOT a.own THEN a.dst END) AS DOUBLE) AS reverted_others,
         CAST(COUNT(DISTINCT CASE WHEN a.kind = 'fixes' THEN a.dst END) AS DOUBLE) AS fixed,
         CAST(COUNT(DISTINCT CASE WHEN a.kind = 'fixes' AND NOT a.own THEN a.dst END) AS DOUBLE) AS fixed_others,
         array_sort(array_agg(DISTINCT a.src) FILTER (WHERE a.kind = 'reverts')) AS ids_reverted,
         array_sort(array_agg(DISTINCT a.src) FILTER (WHERE a.kind = 'reverts' AND NOT a.own)) AS ids_reverted_others,
         array_sort(array_agg(DISTINCT a.src) FILTER (WHERE a.kind = 'fixes')) AS ids_fixed,
         array_sort(array_agg(DISTINCT a.src) FILTER (WHERE a.kind = 'fixes' AND NOT a.own)) AS ids_fixed_others
  FROM period p LEFT JOIN against a ON a.label = p.label
  GROUP BY p.label
),
relanded AS (
  SELECT p.label, CAST(COUNT(DISTINCT g.dst) AS DOUBLE) AS n,
         array_sort(array_agg(DISTINCT g.id) FILTER (WHERE g.id IS NOT NULL)) AS ids
  FROM period p LEFT JOIN again g ON g.label = p.label
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
SELECT label, 'incidents', 'incidents', CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), NULL FROM period
