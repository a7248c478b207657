-- question: Did the person choose their work, or did small repairs and meetings choose it for them?
-- counts: the person's changes that touch at most two paths and whose subject reads as a fix; entries about what was declined.
-- excludes: merges, bulk commits and reverts.
-- measure: changes, changes: the person's changes in the period
-- measure: small_fixes, changes: changes of at most two paths whose subject says fix, bug, typo, hotfix or nit
-- measure: small_fix_share, ratio: small_fixes as a share of changes
-- measure: declined, entries, needs book: what was declined, as the book has it
-- measure: declined_with_outcome, entries, needs book: those declines that say what came of them
-- measure: refused, records, needs pull-requests: others' issues closed as not planned and others' pull requests closed unmerged, with the person's own words beside it
-- measure: meeting_hours, h/week, needs calendar: hours a week of meetings that the person called, accepted or did not answer
-- measure: meetings_declined, meetings, needs calendar: meetings that the person declined
-- cannot see: work declined in conversation; a declined meeting is not declined work; whether somebody came; a one-line fix that took a week to find counts as small
-- source: DESIGN, Signals (focus)
WITH
change_of AS (
  SELECT p.label, m.id,
         CASE WHEN m.paths BETWEEN 1 AND 2
               AND regexp_extract(LOWER(m.title), '(^|[^a-z])(fix|fixes|fixed|fixing|bug|bugfix|hotfix|typo|typos|nit)([^a-z]|$)', 2) <> ''
              THEN 1 ELSE 0 END AS small
  FROM mine m JOIN period p ON m.happened_at >= p.since AND m.happened_at < p.until
  WHERE m.kind IN ('change', 'document') AND NOT m.merge AND NOT m.bulk AND LOWER(m.title) NOT LIKE 'revert%'
),
fixes AS (
  SELECT p.label, CAST(COUNT(c.id) AS DOUBLE) AS n, CAST(COUNT(CASE WHEN c.small = 1 THEN 1 END) AS DOUBLE) AS n_small,
         array_sort(array_agg(DISTINCT c.id) FILTER (WHERE c.id IS NOT NULL)) AS ids,
         array_sort(array_agg(DISTINCT c.id) FILTER (WHERE c.small = 1)) AS ids_small
  FROM period p LEFT JOIN change_of c ON c.label = p.label
  GROUP BY p.label
),
decline AS (
  SELECT p.label, e.id, e.outcome
  FROM entry e JOIN period p ON e.happened_at >= p.since AND e.happened_at < p.until
  WHERE e.type = 'decline'
),
declines AS (
  SELECT p.label, CAST(COUNT(d.id) AS DOUBLE) AS n, CAST(COUNT(CASE WHEN d.outcome <> '' THEN 1 END) AS DOUBLE) AS n_outcome,
         array_sort(array_agg(DISTINCT d.id) FILTER (WHERE d.id IS NOT NULL)) AS ids,
         array_sort(array_agg(DISTINCT d.id) FILTER (WHERE d.outcome <> '')) AS ids_outcome
  FROM period p LEFT JOIN decline d ON d.label = p.label
  GROUP BY p.label
),
refusals AS (
  SELECT p.label, CAST(COUNT(r.id) AS DOUBLE) AS n,
         array_sort(array_agg(DISTINCT r.id) FILTER (WHERE r.id IS NOT NULL)) AS ids
  FROM period p LEFT JOIN refused r ON r.happened_at >= p.since AND r.happened_at < p.until
  GROUP BY p.label
),
met AS (
  SELECT p.label, days_between(p.since, p.until) AS days,
         COALESCE(SUM(CASE WHEN m.answer IN ('accepted', 'unanswered') THEN m.minutes END), 0e0) AS minutes,
         CAST(COUNT(CASE WHEN m.answer = 'declined' THEN 1 END) AS DOUBLE) AS n_declined,
         array_sort(array_agg(DISTINCT m.id) FILTER (WHERE m.answer IN ('accepted', 'unanswered'))) AS ids,
         array_sort(array_agg(DISTINCT m.id) FILTER (WHERE m.answer = 'declined')) AS ids_declined
  FROM period p LEFT JOIN meeting m ON m.happened_at >= p.since AND m.happened_at < p.until
  GROUP BY p.label, p.since, p.until
)
SELECT label AS period, 'changes' AS measure, 'changes' AS unit, n AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, ids FROM fixes
UNION ALL
SELECT label, 'small_fixes', 'changes', n_small, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_small FROM fixes
UNION ALL
SELECT label, 'small_fix_share', 'ratio', n_small / NULLIF(n, 0e0), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_small
FROM fixes
UNION ALL
SELECT label, 'declined', 'entries', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM declines
UNION ALL
SELECT label, 'declined_with_outcome', 'entries', n_outcome, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_outcome
FROM declines
UNION ALL
SELECT label, 'refused', 'records', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM refusals
UNION ALL
SELECT label, 'meeting_hours', 'h/week', 7e0 * minutes / 60e0 / days, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM met
UNION ALL
SELECT label, 'meetings_declined', 'meetings', n_declined, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_declined FROM met
