-- question: Are the numbers in the claims observed, or typed?
-- counts: quantities in the claims whose period reaches into this one: bound to a data file, and typed into the prose.
-- excludes: dates, versions, issue numbers, links and code.
-- measure: numbers, numbers, needs book: quantities in the claims
-- measure: bound_share, ratio, needs book: share of them that are bound to data
-- measure: reproduced_share, ratio, needs book: share of them that were computed anew from their data
-- empty: no claim of this period states a number
-- cannot see: whether the data file was pulled as it says
-- source: DESIGN, Numbers: observed, not assembled
WITH
claimed AS (
  SELECT p.label, e.id, e.numbers, e.bound, e.reproduced
  FROM entry e JOIN period p ON e.happened_at >= p.since AND e.happened_at < p.until
  WHERE e.type = 'claim'
),
counted AS (
  SELECT p.label, CAST(COALESCE(SUM(c.numbers), 0) AS DOUBLE) AS n, CAST(COALESCE(SUM(c.bound), 0) AS DOUBLE) AS n_bound,
         CAST(COALESCE(SUM(c.reproduced), 0) AS DOUBLE) AS n_reproduced,
         array_sort(array_agg(DISTINCT c.id) FILTER (WHERE c.numbers > 0)) AS ids
  FROM period p LEFT JOIN claimed c ON c.label = p.label
  GROUP BY p.label
)
SELECT label AS period, 'numbers' AS measure, 'numbers' AS unit, n AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, ids FROM counted
UNION ALL
SELECT label, 'bound_share', 'ratio', n_bound / NULLIF(n, 0e0), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM counted
UNION ALL
SELECT label, 'reproduced_share', 'ratio', n_reproduced / NULLIF(n, 0e0), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM counted
