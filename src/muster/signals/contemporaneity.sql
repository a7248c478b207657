-- question: Was it recorded when it happened, and evenly, or all at the end?
-- counts: the person's evidence whose record falls in the period: the lag between its two clocks, the weeks that have a record, the gaps between records.
-- excludes: evidence with no readable date, and meetings: to call one is no record of work. The lag leaves merges out. A lag below zero counts as none.
-- measure: lag_median, days: median lag between doing and recording, book apart
-- measure: lag_p90, days: lag that nine records in ten stay within, book apart
-- measure: book_lag_median, days, needs book: median lag of the book's entries
-- measure: book_lag_p90, days, needs book: lag that nine entries in ten stay within
-- measure: records, records: the person's records in the period, merges included
-- measure: weeks_share, ratio: share of the period's weeks that have a record
-- measure: longest_silence, days: longest time without a record, from the person's first ever to the newest in the connected sources
-- measure: last_month_share, ratio: share of the period's records written in its last thirty days
-- cannot see: a rebase moves the day of recording, and both dates of a commit can be set by hand
-- source: DESIGN, Signals (contemporaneity)
WITH
record AS (
  SELECT p.label, p.since, p.until, m.id, m.source, m.merge, m.recorded_at,
         GREATEST(days_between(m.happened_at, m.recorded_at), 0e0) AS lag
  FROM mine m JOIN period p ON m.recorded_at >= p.since AND m.recorded_at < p.until AND m.kind <> 'meeting'
),
lags AS (
  SELECT p.label,
         percentile_cont(5e-1) WITHIN GROUP (ORDER BY r.lag) AS median,
         percentile_cont(9e-1) WITHIN GROUP (ORDER BY r.lag) AS p90,
         array_sort(array_agg(DISTINCT r.id) FILTER (WHERE r.id IS NOT NULL)) AS ids
  FROM period p LEFT JOIN record r ON r.label = p.label AND r.source <> 'book' AND NOT r.merge AND r.lag IS NOT NULL
  GROUP BY p.label
),
book_entry AS (
  SELECT p.label, e.id, GREATEST(days_between(e.happened_at, e.recorded_at), 0e0) AS lag
  FROM entry e JOIN period p ON e.recorded_at >= p.since AND e.recorded_at < p.until
  WHERE e.happened_at IS NOT NULL
),
book_lags AS (
  SELECT p.label,
         percentile_cont(5e-1) WITHIN GROUP (ORDER BY b.lag) AS median,
         percentile_cont(9e-1) WITHIN GROUP (ORDER BY b.lag) AS p90,
         array_sort(array_agg(DISTINCT b.id) FILTER (WHERE b.id IS NOT NULL)) AS ids
  FROM period p LEFT JOIN book_entry b ON b.label = p.label
  GROUP BY p.label
),
totals AS (
  SELECT p.label,
         CAST(COUNT(DISTINCT r.id) AS DOUBLE) AS n,
         CAST(COUNT(DISTINCT CAST(FLOOR(days_between(r.since, r.recorded_at) / 7e0) AS BIGINT)) AS DOUBLE) AS weeks,
         CEIL(MAX(days_between(p.since, p.until)) / 7e0) AS all_weeks,
         CAST(COUNT(DISTINCT CASE WHEN days_between(r.recorded_at, r.until) <= 30e0 THEN r.id END) AS DOUBLE) AS n_last,
         array_sort(array_agg(DISTINCT r.id) FILTER (WHERE r.id IS NOT NULL)) AS ids,
         array_sort(array_agg(DISTINCT r.id) FILTER (WHERE days_between(r.recorded_at, r.until) <= 30e0)) AS ids_last
  FROM period p LEFT JOIN record r ON r.label = p.label
  GROUP BY p.label
),
reach AS (
  SELECT MIN(m.recorded_at) AS first_ever FROM mine m
),
newest AS (
  SELECT MAX(recorded_at) AS last_ever FROM evidence
),
border AS (
  SELECT p.label, CAST(NULL AS STRING) AS id, GREATEST(p.since, f.first_ever) AS moment
  FROM period p CROSS JOIN reach f CROSS JOIN newest n
  WHERE f.first_ever < p.until AND n.last_ever >= p.since
  UNION ALL
  SELECT p.label, CAST(NULL AS STRING), LEAST(p.until, n.last_ever)
  FROM period p CROSS JOIN reach f CROSS JOIN newest n
  WHERE f.first_ever < p.until AND n.last_ever >= p.since
),
stop AS (
  SELECT label, id, recorded_at AS moment FROM record
  UNION ALL
  SELECT label, id, moment FROM border
),
gap AS (
  SELECT label, id, LAG(id) OVER (PARTITION BY label ORDER BY moment, id NULLS LAST) AS id_before,
         days_between(LAG(moment) OVER (PARTITION BY label ORDER BY moment, id NULLS LAST), moment) AS days
  FROM stop
),
longest AS (
  SELECT label, MAX(days) AS days FROM gap GROUP BY label
),
around AS (
  SELECT g.label, g.id FROM gap g JOIN longest l ON l.label = g.label AND l.days = g.days
  UNION ALL
  SELECT g.label, g.id_before FROM gap g JOIN longest l ON l.label = g.label AND l.days = g.days
),
silence AS (
  SELECT l.label, MAX(l.days) AS days, array_sort(array_agg(DISTINCT a.id) FILTER (WHERE a.id IS NOT NULL)) AS ids
  FROM longest l LEFT JOIN around a ON a.label = l.label
  GROUP BY l.label
)
SELECT label AS period, 'lag_median' AS measure, 'days' AS unit, median AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, ids FROM lags
UNION ALL
SELECT label, 'lag_p90', 'days', p90, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM lags
UNION ALL
SELECT label, 'book_lag_median', 'days', median, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM book_lags
UNION ALL
SELECT label, 'book_lag_p90', 'days', p90, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM book_lags
UNION ALL
SELECT label, 'records', 'records', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM totals
UNION ALL
SELECT label, 'weeks_share', 'ratio', weeks / all_weeks, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM totals
UNION ALL
SELECT p.label, 'longest_silence', 'days', s.days, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), s.ids
FROM period p LEFT JOIN silence s ON s.label = p.label
UNION ALL
SELECT label, 'last_month_share', 'ratio', n_last / NULLIF(n, 0e0), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_last
FROM totals
