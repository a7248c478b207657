-- question: Is it harder, rather than different? To be read beside reach only.
-- counts: the person's changes made between 20:00 and 07:00 or on a weekend, by the offset that the commit carries.
-- excludes: merges, bulk commits, evidence with no readable date or offset.
-- measure: changes, changes: changes that carry a readable local time
-- measure: off_hours_share, ratio: share of them between 20:00 and 07:00 or on a Saturday or Sunday
-- measure: weekend_share, ratio: share of them on a Saturday or Sunday
-- measure: pages, pages, needs incidents: times that the person was paged
-- empty: no change of the period carries a readable local time
-- cannot see: the offset is the machine's, which may not be the person's; somebody may choose to work late
-- source: DESIGN, Signals (load); Claes et al. 2018 (commit time by the author's own offset)
WITH
timed AS (
  SELECT p.label, m.id,
         CASE WHEN CAST(FLOOR(days_between(TIMESTAMP '1970-01-05 00:00:00', m.happened_at) + m.tz_minutes / 1440e0) AS BIGINT) % 7 >= 5
              THEN 1 ELSE 0 END AS weekend,
         CASE WHEN local_hour(m.happened_at, m.tz_minutes) >= 20 OR local_hour(m.happened_at, m.tz_minutes) < 7
              THEN 1 ELSE 0 END AS night
  FROM mine m JOIN period p ON m.happened_at >= p.since AND m.happened_at < p.until
  WHERE m.kind IN ('change', 'document') AND NOT m.merge AND NOT m.bulk AND m.tz_minutes IS NOT NULL
),
counted AS (
  SELECT p.label, CAST(COUNT(t.id) AS DOUBLE) AS n,
         CAST(COUNT(CASE WHEN t.weekend = 1 OR t.night = 1 THEN 1 END) AS DOUBLE) AS n_off,
         CAST(COUNT(CASE WHEN t.weekend = 1 THEN 1 END) AS DOUBLE) AS n_weekend,
         array_sort(array_agg(DISTINCT t.id) FILTER (WHERE t.id IS NOT NULL)) AS ids,
         array_sort(array_agg(DISTINCT t.id) FILTER (WHERE t.weekend = 1 OR t.night = 1)) AS ids_off,
         array_sort(array_agg(DISTINCT t.id) FILTER (WHERE t.weekend = 1)) AS ids_weekend
  FROM period p LEFT JOIN timed t ON t.label = p.label
  GROUP BY p.label
)
SELECT label AS period, 'changes' AS measure, 'changes' AS unit, n AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, ids FROM counted
UNION ALL
SELECT label, 'off_hours_share', 'ratio', n_off / NULLIF(n, 0e0), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_off FROM counted
UNION ALL
SELECT label, 'weekend_share', 'ratio', n_weekend / NULLIF(n, 0e0), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_weekend
FROM counted
UNION ALL
SELECT p.label, 'pages', 'pages', CAST(COUNT(g.id) AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE),
       array_sort(array_agg(DISTINCT g.id) FILTER (WHERE g.id IS NOT NULL))
FROM period p LEFT JOIN page g ON g.happened_at >= p.since AND g.happened_at < p.until
GROUP BY p.label
