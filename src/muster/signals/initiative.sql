-- question: Whose problem was it: did the person begin undertakings that nobody had assigned to them?
-- counts: undertakings in which the person did something in the period, by how they began.
-- excludes: nothing; an undertaking that is at work in two halves counts in both.
-- measure: undertakings, undertakings: undertakings at work in the period
-- measure: self_begun, undertakings: those that began with the person's own proposal, risk, issue or change
-- measure: self_begun_known, undertakings, needs teams: those of them whose areas and teams were read from the organisation's own files
-- measure: self_begun_share, ratio: self_begun as a share of all undertakings of the period
-- measure: asked_share, ratio: share of undertakings that began with an assignment or somebody else's issue
-- measure: began_unknown_share, ratio: share of undertakings whose beginning no record shows
-- cannot see: a request made in conversation; without an issue tracker an assigned undertaking can look self-begun
-- source: DESIGN, Signals (initiative)
WITH
worked AS (
  SELECT a.period, a.thread, t.began, t.basis, a.id
  FROM active a JOIN thread t ON t.id = a.thread
),
counted AS (
  SELECT
    p.label,
    CAST(COUNT(DISTINCT w.thread) AS DOUBLE) AS n,
    CAST(COUNT(DISTINCT CASE WHEN w.began = 'self' THEN w.thread END) AS DOUBLE) AS n_self,
    CAST(COUNT(DISTINCT CASE WHEN w.began = 'self' AND w.basis = 'known' THEN w.thread END) AS DOUBLE) AS n_known,
    CAST(COUNT(DISTINCT CASE WHEN w.began = 'asked' THEN w.thread END) AS DOUBLE) AS n_asked,
    CAST(COUNT(DISTINCT CASE WHEN w.began = 'unknown' THEN w.thread END) AS DOUBLE) AS n_unknown,
    array_sort(array_agg(DISTINCT w.id) FILTER (WHERE w.id IS NOT NULL)) AS ids,
    array_sort(array_agg(DISTINCT w.id) FILTER (WHERE w.began = 'self')) AS ids_self,
    array_sort(array_agg(DISTINCT w.id) FILTER (WHERE w.began = 'self' AND w.basis = 'known')) AS ids_known,
    array_sort(array_agg(DISTINCT w.id) FILTER (WHERE w.began = 'asked')) AS ids_asked,
    array_sort(array_agg(DISTINCT w.id) FILTER (WHERE w.began = 'unknown')) AS ids_unknown
  FROM period p LEFT JOIN worked w ON w.period = p.label
  GROUP BY p.label
)
SELECT label AS period, 'undertakings' AS measure, 'undertakings' AS unit, n AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, ids FROM counted
UNION ALL
SELECT label, 'self_begun', 'undertakings', n_self, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_self FROM counted
UNION ALL
SELECT label, 'self_begun_known', 'undertakings', n_known, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_known FROM counted
UNION ALL
SELECT label, 'self_begun_share', 'ratio', n_self / NULLIF(n, 0e0), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_self
FROM counted
UNION ALL
SELECT label, 'asked_share', 'ratio', n_asked / NULLIF(n, 0e0), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_asked
FROM counted
UNION ALL
SELECT label, 'began_unknown_share', 'ratio', n_unknown / NULLIF(n, 0e0), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_unknown
FROM counted
