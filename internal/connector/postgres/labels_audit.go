package postgres

import "github.com/whimbreldb/whimbrel/internal/catalog"

// relabeled is the tag of a table of which a type's label has got another name, with the statement that does the same elsewhere. Rows that
// are there have the new name at once, and no log tells of it.
const relabeled = "RENAME VALUE"

// The event triggers and functions that tell of it; the first looks before the statement.
const (
	beforeLabels = "awsdms_before_type"
	auditLabels  = "awsdms_intercept_type"
)

// beforeLabelsBody notes the labels that there were before a statement; see beforeBody.
const beforeLabelsBody = `
DECLARE found text;
BEGIN
 SELECT json_object_agg(l.oid, l.enumlabel)::text INTO found FROM pg_event_trigger_ddl_commands() e JOIN pg_enum l ON l.enumtypid = e.objid WHERE e.classid = 'pg_type'::regclass;
 PERFORM set_config('whimbrel.labels', coalesce(found, ''), true);
EXCEPTION WHEN OTHERS THEN
 PERFORM set_config('whimbrel.labels', '', true);
 RAISE WARNING 'Whimbrel could not look at labels: %', SQLERRM;
END `

// auditLabelsBody tells of each table with a column of the type, or of what is made of it: arrays, domains, composite types and ranges.
func auditLabelsBody(table string) string {
	return `
#variable_conflict use_column
DECLARE changed record;
BEGIN
 FOR changed IN SELECT l.enumtypid AS type, o.value AS was, l.enumlabel AS label FROM json_each_text(nullif(current_setting('whimbrel.labels', true), '')::json) o
   JOIN pg_enum l ON l.oid = o.key::oid WHERE l.enumlabel <> o.value LOOP
  INSERT INTO ` + table + ` (` + auditColumns + `) WITH RECURSIVE kinds (oid) AS (SELECT changed.type UNION SELECT t.oid FROM kinds k JOIN pg_type t
    ON t.typtype = 'd' AND t.typbasetype = k.oid OR t.typcategory = 'A' AND t.typelem = k.oid
    OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.atttypid = k.oid AND a.attnum > 0 AND NOT a.attisdropped)
    OR EXISTS (SELECT FROM pg_range r WHERE r.rngsubtype = k.oid AND t.oid IN (r.rngtypid, r.rngmultitypid)))
   SELECT clock_timestamp(), session_user, txid_current()::text, '` + relabeled + `', c.oid::int4, c.relname, n.nspname, format('ALTER TYPE %s RENAME VALUE %L TO %L', changed.type::regtype, changed.was, changed.label)
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
   AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN (SELECT oid FROM kinds));
 END LOOP;
 PERFORM set_config('whimbrel.labels', '', true);
 DELETE FROM ` + table + `;
EXCEPTION WHEN OTHERS THEN
 RAISE WARNING 'Whimbrel could not tell of a label''s name: %', SQLERRM;
END `
}

// makeAuditOfLabels makes functions and triggers of types, whose names come in the order in which they are to run.
func (s *source) makeAuditOfLabels() string {
	table := quoteName(catalog.Name{Schema: s.settings.artifacts, Name: auditTable})
	sql := ""
	for _, f := range []struct{ name, kind, body string }{{beforeLabels, "STABLE", beforeLabelsBody}, {auditLabels, "VOLATILE", auditLabelsBody(table)}} {
		function := quoteName(catalog.Name{Schema: s.settings.artifacts, Name: f.name})
		sql += `CREATE OR REPLACE FUNCTION ` + function + `() RETURNS event_trigger LANGUAGE plpgsql ` + f.kind + ` SECURITY DEFINER SET search_path = pg_catalog AS $whimbrel$` + f.body + `$whimbrel$;
COMMENT ON FUNCTION ` + function + `() IS '` + madeByUs + `';
DO $whimbrel$ BEGIN
 IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = '` + f.name + `') THEN
  CREATE EVENT TRIGGER ` + f.name + ` ON ddl_command_end WHEN TAG IN ('ALTER TYPE') EXECUTE FUNCTION ` + function + `();
  COMMENT ON EVENT TRIGGER ` + f.name + ` IS '` + madeByUs + `';
 END IF;
END $whimbrel$;
`
	}
	return sql
}

// dropAuditOfLabels removes them.
func (s *source) dropAuditOfLabels() string {
	sql := ""
	for _, name := range []string{beforeLabels, auditLabels} {
		sql += " DROP EVENT TRIGGER IF EXISTS " + name + ";\n DROP FUNCTION IF EXISTS " + quoteName(catalog.Name{Schema: s.settings.artifacts, Name: name}) + "();\n"
	}
	return sql
}

// relabeled gives up a table whose rows at the target keep a label that the source's have no more.
func (s *stream) relabeled(id uint32, name catalog.Name, sql string) {
	if t := s.followedAs(id, name); t != nil {
		s.giveUp(t, "a label of a type in it has got another name, which its rows have at once and no log tells: run "+sql+" at the target where the type is one there, then")
	}
}
