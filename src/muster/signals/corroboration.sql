-- question: Who outside the team says so, by their own record?
-- counts: per undertaking at work in the period, the other people whose records of any date up to the period's end cite, build on, implement, review or back the person's part of it.
-- excludes: the person's own records, bots, reverts and fixes.
-- measure: backed_share, ratio, from teams: share of undertakings that somebody outside the team backs
-- measure: people_outside_mean, people, from teams: mean number of people outside the team per undertaking
-- measure: people_outside_max, people, from teams: most people outside the team who back one undertaking
-- measure: people_mean, people: mean number of other people per undertaking, team or not
-- measure: managers, people, needs managers: people who back an undertaking and managed somebody that day
-- measure: seats, seats, needs managers: of your manager, other managers, the skip-level and other functions, those with a record of their own on the work
-- empty: no undertaking in the period, or nobody's team is known
-- cannot see: praise, thanks and endorsements outside the connected sources; who saw the work and recorded nothing; peers' levels
-- source: DESIGN, Signals (corroboration)
WITH
part AS (
  SELECT DISTINCT a.period, a.thread, b.id
  FROM active a JOIN member b ON b.thread = a.thread JOIN mine m ON m.id = b.id
),
backing AS (
  SELECT t.period, t.thread, l.src, l.actor, l.outside
  FROM part t
  JOIN link l ON l.dst = t.id
  JOIN period p ON p.label = t.period AND l.happened_at < p.until
  WHERE l.kind IN ('cites', 'builds-on', 'implements', 'reviews', 'changes-after-review', 'backs')
    AND NOT l.own AND NOT l.bot
),
worked AS (
  SELECT period, thread FROM active GROUP BY period, thread
),
per_thread AS (
  SELECT w.period, w.thread, COUNT(b.src) AS seen, COUNT(b.outside) AS known,
         CAST(COUNT(DISTINCT b.actor) AS DOUBLE) AS people,
         CAST(COUNT(DISTINCT CASE WHEN b.outside THEN b.actor END) AS DOUBLE) AS outside
  FROM worked w LEFT JOIN backing b ON b.period = w.period AND b.thread = w.thread
  GROUP BY w.period, w.thread
),
per_period AS (
  SELECT period, AVG(people) AS people,
         CASE WHEN SUM(seen) = 0 OR SUM(known) > 0 THEN AVG(outside) END AS outside_mean,
         CASE WHEN SUM(seen) = 0 OR SUM(known) > 0 THEN MAX(outside) END AS outside_max,
         CASE WHEN SUM(seen) = 0 OR SUM(known) > 0 THEN AVG(CASE WHEN outside > 0e0 THEN 1e0 ELSE 0e0 END) END AS backed
  FROM per_thread GROUP BY period
),
stood AS (
  SELECT b.period, b.src, b.actor, s.manages, s.seat
  FROM backing b JOIN standing s ON s.id = b.src AND s.person = b.actor
),
sat AS (
  SELECT period,
         CAST(COUNT(DISTINCT CASE WHEN manages THEN actor END) AS DOUBLE) AS managers,
         CAST(COUNT(DISTINCT CASE WHEN seat <> '' THEN seat END) AS DOUBLE) AS seats,
         array_sort(array_agg(DISTINCT src) FILTER (WHERE manages)) AS ids_managers,
         array_sort(array_agg(DISTINCT src) FILTER (WHERE seat <> '')) AS ids_seats
  FROM stood GROUP BY period
),
listed AS (
  SELECT b.period, array_sort(array_agg(DISTINCT b.src)) AS ids,
         array_sort(array_agg(DISTINCT b.src) FILTER (WHERE b.outside)) AS ids_outside,
         array_sort(array_agg(DISTINCT b.src) FILTER (WHERE b.outside AND t.outside = p.outside_max)) AS ids_max
  FROM backing b
  JOIN per_thread t ON t.period = b.period AND t.thread = b.thread
  JOIN per_period p ON p.period = b.period
  GROUP BY b.period
)
SELECT p.label AS period, 'backed_share' AS measure, 'ratio' AS unit, c.backed AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, i.ids_outside AS ids
FROM period p LEFT JOIN per_period c ON c.period = p.label LEFT JOIN listed i ON i.period = p.label
UNION ALL
SELECT p.label, 'people_outside_mean', 'people', c.outside_mean, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), i.ids_outside
FROM period p LEFT JOIN per_period c ON c.period = p.label LEFT JOIN listed i ON i.period = p.label
UNION ALL
SELECT p.label, 'people_outside_max', 'people', c.outside_max, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), i.ids_max
FROM period p LEFT JOIN per_period c ON c.period = p.label LEFT JOIN listed i ON i.period = p.label
UNION ALL
SELECT p.label, 'people_mean', 'people', c.people, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), i.ids
FROM period p LEFT JOIN per_period c ON c.period = p.label LEFT JOIN listed i ON i.period = p.label
UNION ALL
SELECT p.label, 'managers', 'people', CASE WHEN c.period IS NOT NULL THEN COALESCE(s.managers, 0e0) END,
       CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), s.ids_managers
FROM period p LEFT JOIN per_period c ON c.period = p.label LEFT JOIN sat s ON s.period = p.label
UNION ALL
SELECT p.label, 'seats', 'seats', CASE WHEN c.period IS NOT NULL THEN COALESCE(s.seats, 0e0) END,
       CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), s.ids_seats
FROM period p LEFT JOIN per_period c ON c.period = p.label LEFT JOIN sat s ON s.period = p.label
