-- question: Whose work did the person make possible or better?
-- counts: others' changes that the person reviewed or acknowledged by a trailer, tested, landed, merged as a pull request or co-authored; people whose first change ever that was.
-- excludes: bots; the person's own changes; merges that only pulled the main branch into a work branch.
-- measure: reviews, reviews: others' changes that the person reviewed or acknowledged
-- measure: people_reviewed, people: distinct people whose changes those were
-- measure: people_reviewed_outside, people, from teams: those of them who were outside the person's team at that date
-- measure: landed, changes: others' changes that the person landed or merged, or signed after their author and passed on
-- measure: people_landed, people: distinct people whose changes those were
-- measure: newcomers, people, needs history: people whose first change ever the person reviewed, tested, landed, merged or co-authored
-- measure: newcomers_back, people, needs history: newcomers who within a year made another change that the person had no part in
-- measure: reviews_changed_code, reviews, needs pull-requests: review comments on others' code after which the lines below changed, and what it said before is gone
-- cannot see: reviews that leave no trailer; help in conversation; what somebody did before this history or in another repository; newcomers of the last year may yet come back
-- source: DESIGN, Signals (lift) and "What is known about the signals' worth"
WITH
help AS (
  SELECT p.label, h.id, h.person, h.role, h.outside
  FROM helped h JOIN period p ON h.happened_at >= p.since AND h.happened_at < p.until
),
counted AS (
  SELECT p.label,
    CAST(COUNT(DISTINCT CASE WHEN h.role IN ('reviewer', 'acker') THEN h.id END) AS DOUBLE) AS reviews,
    CAST(COUNT(DISTINCT CASE WHEN h.role IN ('reviewer', 'acker') THEN h.person END) AS DOUBLE) AS people,
    COUNT(DISTINCT CASE WHEN h.role IN ('reviewer', 'acker') AND h.outside IS NOT NULL THEN h.person END) AS known,
    CAST(COUNT(DISTINCT CASE WHEN h.role IN ('reviewer', 'acker') AND h.outside THEN h.person END) AS DOUBLE) AS outside,
    CAST(COUNT(DISTINCT CASE WHEN h.role = 'lander' THEN h.id END) AS DOUBLE) AS landed,
    CAST(COUNT(DISTINCT CASE WHEN h.role = 'lander' THEN h.person END) AS DOUBLE) AS people_landed,
    array_sort(array_agg(DISTINCT h.id) FILTER (WHERE h.role IN ('reviewer', 'acker'))) AS ids_reviews,
    array_sort(array_agg(DISTINCT h.id) FILTER (WHERE h.role IN ('reviewer', 'acker') AND h.outside)) AS ids_outside,
    array_sort(array_agg(DISTINCT h.id) FILTER (WHERE h.role = 'lander')) AS ids_landed
  FROM period p LEFT JOIN help h ON h.label = p.label
  GROUP BY p.label
),
helped_people AS (
  SELECT person FROM helped GROUP BY person
),
began AS (
  SELECT e.actor, MIN(e.happened_at) AS happened_at
  FROM evidence e JOIN helped_people h ON h.person = e.actor
  WHERE e.kind IN ('change', 'document') AND NOT e.merge
  GROUP BY e.actor
),
first_change AS (
  SELECT e.actor, MIN(e.id) AS id, MIN(e.happened_at) AS happened_at
  FROM evidence e JOIN began b ON b.actor = e.actor AND b.happened_at = e.happened_at
  WHERE e.kind IN ('change', 'document') AND NOT e.merge
  GROUP BY e.actor
),
-- Somebody whose name already stands at an earlier change came with another address: no newcomer.
named AS (
  SELECT f.id, MIN(e.happened_at) AS earliest
  FROM first_change f
  JOIN person a ON a.person = f.actor
  JOIN person o ON lower(o.name) = lower(a.name)
  JOIN evidence e ON e.actor = o.person
  WHERE e.kind IN ('change', 'document') AND NOT e.merge
  GROUP BY f.id
),
helped_id AS (
  SELECT id, MIN(happened_at) AS happened_at FROM helped GROUP BY id
),
newcomer AS (
  SELECT p.label, t.actor, t.id, t.happened_at
  FROM first_change t
  JOIN helped_id h ON h.id = t.id
  LEFT JOIN named n ON n.id = t.id
  JOIN period p ON h.happened_at >= p.since AND h.happened_at < p.until
  WHERE n.earliest IS NULL OR n.earliest >= t.happened_at
),
edge AS (
  SELECT MAX(until) AS until FROM period
),
back AS (
  SELECT n.label, n.actor, MIN(t.id) AS id
  FROM newcomer n
  JOIN evidence t ON t.actor = n.actor AND t.id <> n.id
  CROSS JOIN edge
  LEFT JOIN helped_id h ON h.id = t.id
  WHERE t.kind IN ('change', 'document') AND NOT t.merge
    AND h.id IS NULL AND t.happened_at < edge.until AND days_between(n.happened_at, t.happened_at) <= 365e0
  GROUP BY n.label, n.actor
),
newcomers AS (
  SELECT p.label, CAST(COUNT(DISTINCT n.actor) AS DOUBLE) AS n,
         array_sort(array_agg(DISTINCT n.id) FILTER (WHERE n.id IS NOT NULL)) AS ids
  FROM period p LEFT JOIN newcomer n ON n.label = p.label
  GROUP BY p.label
),
backs AS (
  SELECT p.label, CAST(COUNT(DISTINCT b.actor) AS DOUBLE) AS n,
         array_sort(array_agg(DISTINCT b.id) FILTER (WHERE b.id IS NOT NULL)) AS ids
  FROM period p LEFT JOIN back b ON b.label = p.label
  GROUP BY p.label
),
changed AS (
  SELECT p.label, CAST(COUNT(DISTINCT l.dst) AS DOUBLE) AS n,
         array_sort(array_agg(DISTINCT l.dst) FILTER (WHERE l.dst IS NOT NULL)) AS ids
  FROM period p
  LEFT JOIN (SELECT k.dst, m.happened_at FROM link k JOIN mine m ON m.id = k.dst
             WHERE k.kind = 'changes-after-review' AND NOT k.own) l ON l.happened_at >= p.since AND l.happened_at < p.until
  GROUP BY p.label
)
SELECT label AS period, 'reviews' AS measure, 'reviews' AS unit, reviews AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, ids_reviews AS ids FROM counted
UNION ALL
SELECT label, 'people_reviewed', 'people', people, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_reviews FROM counted
UNION ALL
SELECT label, 'people_reviewed_outside', 'people', CASE WHEN people = 0e0 OR known > 0 THEN outside END,
       CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_outside FROM counted
UNION ALL
SELECT label, 'landed', 'changes', landed, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_landed FROM counted
UNION ALL
SELECT label, 'people_landed', 'people', people_landed, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_landed FROM counted
UNION ALL
SELECT label, 'newcomers', 'people', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM newcomers
UNION ALL
SELECT label, 'newcomers_back', 'people', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM backs
UNION ALL
SELECT label, 'reviews_changed_code', 'reviews', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM changed
