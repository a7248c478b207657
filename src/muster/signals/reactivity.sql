-- question: How much of the work answered a fire?
-- counts: undertakings of the period that began as an incident, a regression, a revert or an urgent fix.
-- excludes: nothing; an undertaking that is at work in two halves counts in both.
-- measure: fires, undertakings: undertakings that began in a fire
-- measure: fire_share, ratio: fires as a share of all undertakings of the period
-- cannot see: a fire that no commit, issue or entry names
-- source: DESIGN, Signals (reactivity)
WITH
worked AS (
  SELECT a.period, a.thread, t.began, a.id
  FROM active a JOIN thread t ON t.id = a.thread
),
counted AS (
  SELECT
    p.label,
    CAST(COUNT(DISTINCT w.thread) AS DOUBLE) AS n,
    CAST(COUNT(DISTINCT CASE WHEN w.began = 'fire' THEN w.thread END) AS DOUBLE) AS n_fire,
    array_sort(array_agg(DISTINCT w.id) FILTER (WHERE w.began = 'fire')) AS ids
  FROM period p LEFT JOIN worked w ON w.period = p.label
  GROUP BY p.label
)
SELECT label AS period, 'fires' AS measure, 'undertakings' AS unit, n_fire AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, ids FROM counted
UNION ALL
SELECT label, 'fire_share', 'ratio', n_fire / NULLIF(n, 0e0), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM counted
