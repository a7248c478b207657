-- question: Was it written down before it was built?
-- counts: undertakings of the period that have a proposal and a first change that implements it: the days between the two.
-- excludes: undertakings with no proposal, or with no change that implements one.
-- measure: days_median, days: median of the days by which the proposal precedes the first change; below zero it came after
-- measure: days_max, days: most days by which a proposal preceded its first change
-- measure: proposed_before, undertakings: undertakings whose proposal came before the first change
-- measure: proposed_after, undertakings: undertakings whose proposal came with or after the first change
-- empty: no undertaking of the period has both a proposal and a change that implements it
-- cannot see: drafts that circulated before they reached the repository or are hidden by a squash merge; a change that implements a proposal and names neither it nor its issue, so the days may be too many
-- source: DESIGN, Signals (foresight)
WITH
worked AS (
  SELECT a.period, a.thread, MAX(t.foresight) AS days
  FROM active a JOIN thread t ON t.id = a.thread
  WHERE t.foresight IS NOT NULL
  GROUP BY a.period, a.thread
),
counted AS (
  SELECT p.label, percentile_cont(5e-1) WITHIN GROUP (ORDER BY w.days) AS median, MAX(w.days) AS most,
         CAST(COUNT(CASE WHEN w.days > 0e0 THEN 1 END) AS DOUBLE) AS n_before,
         CAST(COUNT(CASE WHEN w.days <= 0e0 THEN 1 END) AS DOUBLE) AS n_after
  FROM period p LEFT JOIN worked w ON w.period = p.label
  GROUP BY p.label
),
listed AS (
  SELECT a.period AS label,
         array_sort(array_agg(DISTINCT a.id)) AS ids,
         array_sort(array_agg(DISTINCT a.id) FILTER (WHERE w.days = c.most)) AS ids_most,
         array_sort(array_agg(DISTINCT a.id) FILTER (WHERE w.days > 0e0)) AS ids_before,
         array_sort(array_agg(DISTINCT a.id) FILTER (WHERE w.days <= 0e0)) AS ids_after
  FROM active a
  JOIN worked w ON w.period = a.period AND w.thread = a.thread
  JOIN counted c ON c.label = a.period
  GROUP BY a.period
)
SELECT c.label AS period, 'days_median' AS measure, 'days' AS unit, c.median AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, i.ids
FROM counted c LEFT JOIN listed i ON i.label = c.label
UNION ALL
SELECT c.label, 'days_max', 'days', c.most, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), i.ids_most
FROM counted c LEFT JOIN listed i ON i.label = c.label
UNION ALL
SELECT c.label, 'proposed_before', 'undertakings', c.n_before, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), i.ids_before
FROM counted c LEFT JOIN listed i ON i.label = c.label
UNION ALL
SELECT c.label, 'proposed_after', 'undertakings', c.n_after, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), i.ids_after
FROM counted c LEFT JOIN listed i ON i.label = c.label
