-- question: Is there something to read about what was done, above all after a fire?
-- counts: undertakings of the period with a proposal, decision, document or note that explains them; bursts of off-hours work in undertakings that began in a fire.
-- excludes: merges and bulk commits, from the bursts. A burst is three or more of the person's changes within three days, each between 20:00 and 07:00 or on a weekend, by the offset of the commit.
-- measure: explained, undertakings: undertakings with an artifact that explains them
-- measure: explained_share, ratio: explained as a share of all undertakings of the period
-- measure: bursts, undertakings: undertakings that began in a fire and had an off-hours burst
-- measure: bursts_unexplained, undertakings: those of them with no artifact that explains them
-- cannot see: a write-up kept outside the connected sources; the offset is the machine's, which may not be the person's
-- source: DESIGN, Signals (documentation)
WITH
worked AS (
  SELECT a.period, a.thread, t.has_artifact, a.id
  FROM active a JOIN thread t ON t.id = a.thread
),
explained AS (
  SELECT p.label, CAST(COUNT(DISTINCT w.thread) AS DOUBLE) AS n,
         CAST(COUNT(DISTINCT CASE WHEN w.has_artifact THEN w.thread END) AS DOUBLE) AS n_explained,
         array_sort(array_agg(DISTINCT w.id) FILTER (WHERE w.has_artifact)) AS ids
  FROM period p LEFT JOIN worked w ON w.period = p.label
  GROUP BY p.label
),
late AS (
  SELECT a.period, a.thread, t.has_artifact, m.id, m.happened_at,
         LAG(m.happened_at, 2) OVER (PARTITION BY a.period, a.thread ORDER BY m.happened_at, m.id) AS third_last
  FROM active a
  JOIN thread t ON t.id = a.thread
  JOIN mine m ON m.id = a.id
  WHERE t.began = 'fire' AND m.kind IN ('change', 'document') AND NOT m.merge AND NOT m.bulk
    AND m.tz_minutes IS NOT NULL
    AND (local_hour(m.happened_at, m.tz_minutes) >= 20 OR local_hour(m.happened_at, m.tz_minutes) < 7
         OR CAST(FLOOR(days_between(TIMESTAMP '1970-01-05 00:00:00', m.happened_at) + m.tz_minutes / 1440e0) AS BIGINT) % 7 >= 5)
),
burst AS (
  SELECT period, thread, has_artifact, id FROM late
  WHERE third_last IS NOT NULL AND days_between(third_last, happened_at) <= 3e0
),
bursts AS (
  SELECT p.label, CAST(COUNT(DISTINCT b.thread) AS DOUBLE) AS n,
         CAST(COUNT(DISTINCT CASE WHEN NOT b.has_artifact THEN b.thread END) AS DOUBLE) AS n_unexplained,
         array_sort(array_agg(DISTINCT b.id) FILTER (WHERE b.id IS NOT NULL)) AS ids,
         array_sort(array_agg(DISTINCT b.id) FILTER (WHERE NOT b.has_artifact)) AS ids_unexplained
  FROM period p LEFT JOIN burst b ON b.period = p.label
  GROUP BY p.label
)
SELECT label AS period, 'explained' AS measure, 'undertakings' AS unit, n_explained AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, ids FROM explained
UNION ALL
SELECT label, 'explained_share', 'ratio', n_explained / NULLIF(n, 0e0), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids
FROM explained
UNION ALL
SELECT label, 'bursts', 'undertakings', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM bursts
UNION ALL
SELECT label, 'bursts_unexplained', 'undertakings', n_unexplained, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_unexplained
FROM bursts
