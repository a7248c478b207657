-- question: How much of the system does one undertaking span, and how evenly is the work spread over areas?
-- counts: areas and teams of the paths that the person's own changes touched, as they were owned at that commit.
-- excludes: merges and bulk commits; paths of a neutral kind (tests, documentation, generated, vendored, lock, owners and configuration files), which make no area by themselves.
-- measure: areas, areas, from areas: distinct areas touched in the period
-- measure: effective_areas, areas, from areas: exponential of the Shannon entropy over areas; every change weighs the same, split evenly over the areas it touched
-- measure: areas_mean, areas, from areas: mean number of areas that one undertaking touched
-- measure: areas_max, areas, from areas: most areas that one undertaking touched
-- measure: teams_mean, teams, from teams: mean number of owning teams that one undertaking touched
-- measure: teams_max, teams, from teams: most owning teams that one undertaking touched
-- measure: beyond_team, undertakings, from teams: undertakings that touched an area which was not the own team's
-- measure: beyond_team_share, ratio, from teams: beyond_team as a share of the undertakings whose owners are known
-- measure: others_area_changes, changes, from teams: changes to an area that was not the own team's
-- measure: others_area_share, ratio, from teams: others_area_changes as a share of the changes whose owners are known
-- cannot see: systems outside the connected repositories; what a change means to a service that only calls it
-- source: DESIGN, Signals (system_scope); Hill 1973, Jost 2006 (effective number, order 1)
WITH
touched AS (
  SELECT p.label, t.id, t.area, t.team, t.own
  FROM touch t
  JOIN mine m ON m.id = t.id
  JOIN period p ON m.happened_at >= p.since AND m.happened_at < p.until
  WHERE NOT m.merge AND NOT m.bulk
    AND t.kind NOT IN ('test', 'doc', 'generated', 'vendored', 'lock', 'owners', 'config')
),
pair AS (
  SELECT label, id, area FROM touched GROUP BY label, id, area
),
weighed AS (
  SELECT label, area, 1e0 / COUNT(*) OVER (PARTITION BY label, id) AS weight FROM pair
),
share AS (
  SELECT label, area, SUM(weight) AS weight FROM weighed GROUP BY label, area
),
total AS (
  SELECT label, SUM(weight) AS weight, CAST(COUNT(*) AS DOUBLE) AS areas FROM share GROUP BY label
),
spread AS (
  SELECT s.label, MAX(t.areas) AS areas, EXP(-SUM((s.weight / t.weight) * LN(s.weight / t.weight))) AS effective
  FROM share s JOIN total t ON t.label = s.label
  GROUP BY s.label
),
change_known AS (
  SELECT label, id, MAX(CASE WHEN own THEN 0 ELSE 1 END) AS beyond
  FROM touched WHERE own IS NOT NULL
  GROUP BY label, id
),
changes AS (
  SELECT label, CAST(COUNT(*) AS DOUBLE) AS n, CAST(COUNT(CASE WHEN beyond = 1 THEN 1 END) AS DOUBLE) AS n_beyond,
         array_sort(array_agg(DISTINCT id) FILTER (WHERE beyond = 1)) AS ids
  FROM change_known GROUP BY label
),
worked AS (
  SELECT a.period AS label, a.thread, t.id, t.area, t.team, t.own
  FROM active a JOIN touched t ON t.label = a.period AND t.id = a.id
),
span AS (
  SELECT label, thread,
         CAST(COUNT(DISTINCT area) AS DOUBLE) AS areas,
         CAST(COUNT(DISTINCT CASE WHEN team <> '' THEN team END) AS DOUBLE) AS teams,
         MAX(CASE WHEN own IS NULL THEN NULL WHEN own THEN 0 ELSE 1 END) AS beyond
  FROM worked GROUP BY label, thread
),
spans AS (
  SELECT label, AVG(areas) AS areas_mean, MAX(areas) AS areas_max,
         AVG(CASE WHEN teams > 0e0 THEN teams END) AS teams_mean,
         MAX(CASE WHEN teams > 0e0 THEN teams END) AS teams_max,
         CAST(COUNT(beyond) AS DOUBLE) AS n_known, CAST(COUNT(CASE WHEN beyond = 1 THEN 1 END) AS DOUBLE) AS n_beyond
  FROM span GROUP BY label
),
span_ids AS (
  SELECT w.label,
         array_sort(array_agg(DISTINCT w.id)) AS ids_all,
         array_sort(array_agg(DISTINCT w.id) FILTER (WHERE s.areas = m.areas_max)) AS ids_areas,
         array_sort(array_agg(DISTINCT w.id) FILTER (WHERE s.teams = m.teams_max)) AS ids_teams,
         array_sort(array_agg(DISTINCT w.id) FILTER (WHERE s.beyond = 1 AND NOT w.own)) AS ids_beyond
  FROM worked w
  JOIN span s ON s.label = w.label AND s.thread = w.thread
  JOIN spans m ON m.label = w.label
  GROUP BY w.label
),
all_ids AS (
  SELECT label, array_sort(array_agg(DISTINCT id)) AS ids FROM pair GROUP BY label
),
wide AS (
  SELECT p.label, COALESCE(d.areas, 0e0) AS areas, d.effective, s.areas_mean, s.areas_max, s.teams_mean, s.teams_max,
         CASE WHEN s.n_known > 0e0 THEN s.n_beyond END AS n_beyond, s.n_beyond / NULLIF(s.n_known, 0e0) AS beyond_share,
         c.n_beyond AS others_changes, c.n_beyond / NULLIF(c.n, 0e0) AS others_share,
         i.ids_all, i.ids_areas, i.ids_teams, i.ids_beyond, c.ids AS ids_others, x.ids AS ids
  FROM period p
  LEFT JOIN spread d ON d.label = p.label
  LEFT JOIN spans s ON s.label = p.label
  LEFT JOIN changes c ON c.label = p.label
  LEFT JOIN span_ids i ON i.label = p.label
  LEFT JOIN all_ids x ON x.label = p.label
)
SELECT label AS period, 'areas' AS measure, 'areas' AS unit, areas AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, ids FROM wide
UNION ALL
SELECT label, 'effective_areas', 'areas', effective, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM wide
UNION ALL
SELECT label, 'areas_mean', 'areas', areas_mean, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_all FROM wide
UNION ALL
SELECT label, 'areas_max', 'areas', areas_max, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_areas FROM wide
UNION ALL
SELECT label, 'teams_mean', 'teams', teams_mean, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_all FROM wide
UNION ALL
SELECT label, 'teams_max', 'teams', teams_max, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_teams FROM wide
UNION ALL
SELECT label, 'beyond_team', 'undertakings', n_beyond, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_beyond FROM wide
UNION ALL
SELECT label, 'beyond_team_share', 'ratio', beyond_share, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_beyond FROM wide
UNION ALL
SELECT label, 'others_area_changes', 'changes', others_changes, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_others
FROM wide
UNION ALL
SELECT label, 'others_area_share', 'ratio', others_share, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_others FROM wide
