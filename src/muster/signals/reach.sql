-- question: Who refers to the person's work, by their own records?
-- counts: others' records of the period that cite, build on, implement, review or back the person's work, by the date of that record.
-- excludes: the person's own records, bots, reverts and fixes (see counter). Of imports: vendored and generated copies, the module's own folder and its tests, code that only moved. Of documents: copies of the text, other editions of the same one, forms that stood before.
-- measure: people, people: distinct other people whose records refer to the person's work
-- measure: people_outside, people, from teams: those of them who were outside the person's team at that date
-- measure: people_team_unknown, people: those of them whose team is not known
-- measure: teams_outside, teams, from teams: distinct teams of the people outside
-- measure: records, records: others' records that refer to the person's work
-- measure: records_outside, records, from teams: those of them by people outside the person's team
-- measure: people_citing, people: distinct people who cite it
-- measure: people_building_on, people: distinct people whose changes build on it
-- measure: people_implementing, people: distinct people who implemented the person's proposal
-- measure: people_reviewing, people: distinct people who reviewed or acknowledged it
-- measure: people_adopting, people: distinct people whose change was the first of its part of the tree to import a module that the person introduced, and is still there
-- measure: people_adopting_outside, people, from teams: those of them who were outside the person's team at that date
-- measure: teams_adopting, teams, from teams: distinct teams of those
-- measure: adoptions, adoptions: such changes, each counted once for every change of the person that introduced a module it imports
-- measure: people_reusing, people: distinct people who wrote a document that follows the structure of one which the person wrote first
-- measure: people_reusing_outside, people, from teams: those of them who were outside the person's team at that date
-- measure: teams_reusing, teams, from teams: distinct teams of those
-- measure: documents_reused, documents: changes of the person whose document others follow so
-- measure: people_changing_lines, people: distinct people whose changes changed lines that the person wrote, in any file
-- measure: people_changing_lines_outside, people, from teams: those of them who were outside the person's team at that date
-- measure: teams_changing_lines, teams, from teams: distinct teams of those
-- measure: worked_with, people: distinct people with whom a record of any date up to the period's end shows the person: one reviewed, landed, merged or co-wrote a change of the other's
-- cannot see: use that leaves no trace in the connected sources: a library imported from a repository that is not among them, a design copied by hand; an import that came and went again, or one whose file's history is not here; whether the writer of a document looked at the one it is built like; whose lines were changed, where the survival of lines was not worked out
-- source: DESIGN, Signals (reach)
WITH
referred AS (
  SELECT p.label, l.src, l.dst, l.kind, l.actor, l.outside, l.team,
         CASE WHEN l.kind <> 'builds-on' THEN ''
              WHEN l.reason LIKE 'imports %' THEN 'adopting'
              WHEN l.reason LIKE '% follows the structure of %' THEN 'reusing'
              WHEN l.reason LIKE 'changes %, written there' OR l.reason LIKE 'changes % of its own' THEN 'changing_lines'
              ELSE '' END AS way
  FROM link l
  JOIN mine m ON m.id = l.dst
  JOIN period p ON l.happened_at >= p.since AND l.happened_at < p.until
  WHERE l.kind IN ('cites', 'builds-on', 'implements', 'reviews', 'changes-after-review', 'backs')
    AND NOT l.own AND NOT l.bot
),
counted AS (
  SELECT
    p.label,
    CAST(COUNT(DISTINCT r.actor) AS DOUBLE) AS people,
    CAST(COUNT(DISTINCT r.src) AS DOUBLE) AS records,
    COUNT(r.src) AS seen,
    COUNT(r.outside) AS known,
    CAST(COUNT(DISTINCT CASE WHEN r.outside THEN r.actor END) AS DOUBLE) AS people_outside,
    CAST(COUNT(DISTINCT CASE WHEN r.outside IS NULL THEN r.actor END) AS DOUBLE) AS people_team_unknown,
    CAST(COUNT(DISTINCT CASE WHEN r.outside THEN r.team END) AS DOUBLE) AS teams_outside,
    CAST(COUNT(DISTINCT CASE WHEN r.outside THEN r.src END) AS DOUBLE) AS records_outside,
    CAST(COUNT(DISTINCT CASE WHEN r.kind = 'cites' THEN r.actor END) AS DOUBLE) AS citing,
    CAST(COUNT(DISTINCT CASE WHEN r.kind = 'builds-on' THEN r.actor END) AS DOUBLE) AS building,
    CAST(COUNT(DISTINCT CASE WHEN r.kind = 'implements' THEN r.actor END) AS DOUBLE) AS implementing,
    CAST(COUNT(DISTINCT CASE WHEN r.kind = 'reviews' THEN r.actor END) AS DOUBLE) AS reviewing,
    array_sort(array_agg(DISTINCT r.src) FILTER (WHERE r.src IS NOT NULL)) AS ids,
    array_sort(array_agg(DISTINCT r.src) FILTER (WHERE r.outside)) AS ids_outside,
    array_sort(array_agg(DISTINCT r.src) FILTER (WHERE r.outside IS NULL AND r.src IS NOT NULL)) AS ids_unknown,
    array_sort(array_agg(DISTINCT r.src) FILTER (WHERE r.kind = 'cites')) AS ids_citing,
    array_sort(array_agg(DISTINCT r.src) FILTER (WHERE r.kind = 'builds-on')) AS ids_building,
    array_sort(array_agg(DISTINCT r.src) FILTER (WHERE r.kind = 'implements')) AS ids_implementing,
    array_sort(array_agg(DISTINCT r.src) FILTER (WHERE r.kind = 'reviews')) AS ids_reviewing
  FROM period p LEFT JOIN referred r ON r.label = p.label
  GROUP BY p.label
),
ways AS (
  SELECT 'adopting' AS way UNION ALL SELECT 'reusing' UNION ALL SELECT 'changing_lines'
),
-- Where no line of the person's is known, lines were not followed, or there are none: nothing to measure either way.
followed AS (
  SELECT COUNT(*) AS n FROM written WHERE mine
),
used AS (
  SELECT
    p.label, w.way,
    CASE WHEN w.way <> 'changing_lines' OR MAX(f.n) > 0 THEN CAST(COUNT(DISTINCT r.actor) AS DOUBLE) END AS people,
    CASE WHEN w.way <> 'changing_lines' OR MAX(f.n) > 0 THEN CASE WHEN COUNT(r.src) = 0 OR COUNT(r.outside) > 0
      THEN CAST(COUNT(DISTINCT CASE WHEN r.outside THEN r.actor END) AS DOUBLE) END END AS people_outside,
    CASE WHEN w.way <> 'changing_lines' OR MAX(f.n) > 0 THEN CASE WHEN COUNT(r.src) = 0 OR COUNT(r.outside) > 0
      THEN CAST(COUNT(DISTINCT CASE WHEN r.outside THEN r.team END) AS DOUBLE) END END AS teams_outside,
    CAST(COUNT(DISTINCT r.src || ' ' || r.dst) AS DOUBLE) AS pairs,
    CAST(COUNT(DISTINCT r.dst) AS DOUBLE) AS whose,
    array_sort(array_agg(DISTINCT r.src) FILTER (WHERE r.src IS NOT NULL)) AS ids,
    array_sort(array_agg(DISTINCT r.src) FILTER (WHERE r.outside)) AS ids_outside
  FROM period p
  CROSS JOIN ways w
  CROSS JOIN followed f
  LEFT JOIN referred r ON r.label = p.label AND r.way = w.way
  GROUP BY p.label, w.way
),
beside AS (
  SELECT p.label, w.person, MIN(w.id) AS id
  FROM worked_with w JOIN period p ON w.happened_at < p.until
  GROUP BY p.label, w.person
),
besides AS (
  SELECT p.label, CAST(COUNT(DISTINCT b.person) AS DOUBLE) AS n,
         array_sort(array_agg(DISTINCT b.id) FILTER (WHERE b.id IS NOT NULL)) AS ids
  FROM period p LEFT JOIN beside b ON b.label = p.label
  GROUP BY p.label
)
SELECT label AS period, 'people' AS measure, 'people' AS unit, people AS value,
       CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, ids FROM counted
UNION ALL
SELECT label, 'people_outside', 'people', CASE WHEN seen = 0 OR known > 0 THEN people_outside END,
       CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_outside FROM counted
UNION ALL
SELECT label, 'people_team_unknown', 'people', people_team_unknown, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_unknown
FROM counted
UNION ALL
SELECT label, 'teams_outside', 'teams', CASE WHEN seen = 0 OR known > 0 THEN teams_outside END,
       CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_outside FROM counted
UNION ALL
SELECT label, 'records', 'records', records, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM counted
UNION ALL
SELECT label, 'records_outside', 'records', CASE WHEN seen = 0 OR known > 0 THEN records_outside END,
       CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_outside FROM counted
UNION ALL
SELECT label, 'people_citing', 'people', citing, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_citing FROM counted
UNION ALL
SELECT label, 'people_building_on', 'people', building, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_building FROM counted
UNION ALL
SELECT label, 'people_implementing', 'people', implementing, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_implementing
FROM counted
UNION ALL
SELECT label, 'people_reviewing', 'people', reviewing, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_reviewing FROM counted
UNION ALL
SELECT label, 'people_' || way, 'people', people, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM used
UNION ALL
SELECT label, 'people_' || way || '_outside', 'people', people_outside, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_outside
FROM used
UNION ALL
SELECT label, 'teams_' || way, 'teams', teams_outside, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids_outside FROM used
UNION ALL
SELECT label, 'adoptions', 'adoptions', pairs, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM used WHERE way = 'adopting'
UNION ALL
SELECT label, 'documents_reused', 'documents', whose, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM used WHERE way = 'reusing'
UNION ALL
SELECT label, 'worked_with', 'people', n, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), ids FROM besides
