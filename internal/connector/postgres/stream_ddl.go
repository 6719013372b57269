package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const (
	auditTable   = "awsdms_ddl_audit"
	intercept    = "awsdms_intercept_ddl"
	dropTrigger  = "awsdms_intercept_ddl_drop"
	madeByUs     = "made by Whimbrel"
	auditColumns = "c_time, c_user, c_txn, c_tag, c_oid, c_name, c_schema, c_ddlqry"
)

// auditDDL makes what tells of DDL within the stream: rows of a table that are inserted and deleted again, so that only
// the log carries them. A new table that a run may select joins its publications in its own transaction, so that no row of it is
// missed; one that gets a key, or loses it, goes from one to the other. Nothing that goes amiss here fails the statement of
// the application, nor keeps it waiting for long: what alters publications waits for transactions that have altered them too.
func (s *source) auditDDL() string {
	table := quoteName(catalog.Name{Schema: s.settings.artifacts, Name: auditTable})
	function := quoteName(catalog.Name{Schema: s.settings.artifacts, Name: intercept})
	return `SET client_min_messages = error;
CREATE OR REPLACE FUNCTION ` + function + `() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '500ms' AS $whimbrel$` +
		s.auditBody() + `$whimbrel$;
COMMENT ON FUNCTION ` + function + `() IS '` + madeByUs + `';
` + s.makeBefore() + `CREATE TABLE IF NOT EXISTS ` + table + ` (c_key bigserial PRIMARY KEY, c_time timestamp, c_user varchar(64), c_txn varchar(16),
 c_tag varchar(24), c_oid integer, c_name varchar(64), c_schema varchar(64), c_ddlqry text);
DO $whimbrel$ BEGIN
 IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = '` + intercept + `') THEN
  CREATE EVENT TRIGGER ` + intercept + ` ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE') EXECUTE FUNCTION ` + function + `();
  COMMENT ON EVENT TRIGGER ` + intercept + ` IS '` + madeByUs + `';
 END IF;
 IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = '` + dropTrigger + `') THEN
  CREATE EVENT TRIGGER ` + dropTrigger + ` ON sql_drop EXECUTE FUNCTION ` + function + `();
  COMMENT ON EVENT TRIGGER ` + dropTrigger + ` IS '` + madeByUs + `';
 END IF;
END $whimbrel$;
` + s.makeAuditOfLabels() + alwaysAudited
}

// alwaysAudited has the triggers tell also of DDL that comes by replication, whose sessions run with session_replication_role = replica: this
// database may be followed on from here.
const alwaysAudited = `DO $whimbrel$ DECLARE own record; BEGIN
 FOR own IN SELECT evtname FROM pg_catalog.pg_event_trigger WHERE evtname LIKE 'awsdms\_%' AND evtenabled = 'O'
  AND pg_catalog.obj_description(oid, 'pg_event_trigger') = '` + madeByUs + `' AND pg_catalog.pg_has_role(evtowner, 'USAGE') LOOP
  EXECUTE pg_catalog.format('ALTER EVENT TRIGGER %I ENABLE ALWAYS', own.evtname);
 END LOOP;
END $whimbrel$;
`

// interceptDDL makes the audit objects where the user may; without them, changes of columns are seen when the next row
// of the table comes, and new and dropped tables are not seen.
func (s *source) interceptDDL(ctx context.Context, w *wire, name, slot string) error {
	if !s.settings.captureDDL {
		return nil
	}
	err := w.exec(ctx, "BEGIN; SELECT pg_catalog.pg_advisory_xact_lock("+fmt.Sprint(journalLock)+");"+s.auditDDL()+" COMMIT")
	if err != nil {
		if w.broken.Load() {
			return classify(ctx, "make the audit of DDL", err)
		}
		if rollback := w.exec(ctx, "ROLLBACK"); rollback != nil {
			return classify(ctx, "make the audit of DDL", rollback)
		}
		if s.log != nil {
			s.log.WarnContext(ctx, "new, dropped and renamed tables of the source are not seen: the audit of DDL could not be made", "error", err)
		}
		return nil
	}
	audit := catalog.Name{Schema: s.settings.artifacts, Name: auditTable}
	switch {
	case !strings.HasPrefix(name, ownPrefix) || s.settings.plugin == testDecoding:
		return nil
	case s.settings.plugin == pglogical:
		return s.auditInSets(ctx, w, name, slot, audit)
	}
	return s.addTables(ctx, w, name, []catalog.Name{audit})
}

// renewDDL makes the audit anew where an earlier version has made it.
func (s *source) renewDDL(ctx context.Context, w *wire, name, slot string) error {
	old := false
	sql := "SELECT FROM pg_catalog.pg_proc WHERE oid = pg_catalog.to_regprocedure(" + quoteLiteral(quoteName(catalog.Name{Schema: s.settings.artifacts, Name: intercept})+"()") +
		") AND pg_catalog.obj_description(oid, 'pg_proc') = '" + madeByUs + "' AND prosrc <> " + quoteLiteral(s.auditBody())
	if err := w.query(ctx, sql, func([][]byte) error {
		old = true
		return nil
	}); err != nil {
		return classify(ctx, "look up the audit of DDL", err)
	}
	if !old {
		return nil
	}
	return s.interceptDDL(ctx, w, name, slot)
}

// releaseDDL removes the audit objects that we have made when no run is left that needs them.
func (s *source) releaseDDL(ctx context.Context, w *wire) error {
	table := quoteName(catalog.Name{Schema: s.settings.artifacts, Name: auditTable})
	function := quoteName(catalog.Name{Schema: s.settings.artifacts, Name: intercept})
	return w.exec(ctx, `DO $whimbrel$ BEGIN
 IF EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname LIKE 'whimbrel\_%') OR NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger t
  WHERE t.evtname = '`+intercept+`' AND pg_catalog.obj_description(t.oid, 'pg_event_trigger') = '`+madeByUs+`' AND pg_catalog.pg_has_role(t.evtowner, 'USAGE')) THEN
  RETURN;
 END IF;
 DROP EVENT TRIGGER IF EXISTS `+intercept+`;
 DROP EVENT TRIGGER IF EXISTS `+dropTrigger+`;
 DROP EVENT TRIGGER IF EXISTS `+before+`;
 DROP EVENT TRIGGER IF EXISTS `+beforeDropTrigger+`;
 DROP FUNCTION IF EXISTS `+function+`();
 DROP FUNCTION IF EXISTS `+quoteName(catalog.Name{Schema: s.settings.artifacts, Name: before})+`();
`+s.dropAuditOfLabels()+` DROP TABLE IF EXISTS `+table+`;
END $whimbrel$`)
}

// audit takes a row of the audit table: its insertion is where the DDL stands in the stream.
func (s *stream) audit(ctx context.Context, kind byte, rel *streamed, m *message) error {
	if kind != 'I' {
		m.p = nil
		return nil
	}
	if m.byte() != 'N' || !s.new.read(m) || len(s.new.values) != len(rel.columns) {
		return errMalformed
	}
	if err := s.visible(ctx); err != nil {
		return err
	}
	field := func(name string) string {
		if i := rel.find(name); i >= 0 {
			return string(s.new.values[i])
		}
		return ""
	}
	id, err := rel.auditOID(&s.new)
	if err != nil {
		return err
	}
	name := catalog.Name{Schema: field("c_schema"), Name: field("c_name")}
	sql := field("c_ddlqry")
	switch tag := field("c_tag"); {
	case strings.HasPrefix(name.Name, "awsdms_"):
		return nil
	case tag == columnsNow:
		return s.columnsAre(id, sql)
	case strings.HasPrefix(tag, unpublished):
		if s.pubs.own() && strings.HasSuffix(s.pubs.whole, strings.TrimPrefix(tag, unpublished)) {
			s.missed[name] = true
		}
		return nil
	case tag == unidentified:
		s.lost(ctx, id, name)
		return nil
	case tag == relabeled:
		s.relabeled(id, name, sql)
		return nil
	case strings.HasPrefix(tag, ofPartitions):
		return s.partitioned(ctx, tag, id, name, sql)
	case tag == "DROP TABLE":
		return s.dropped(id, name, sql)
	case tag == "ALTER TABLE":
		return s.altered(ctx, id, name, sql)
	}
	return s.created(ctx, id, name, sql, false)
}

func (s *stream) dropped(id uint32, name catalog.Name, sql string) error {
	delete(s.told, id) // of tables that come and go there is no end
	t := s.followedAs(id, name)
	if t == nil {
		return nil
	}
	s.announce(&connector.Structure{Kind: connector.Dropped, Number: t.f.Number, Table: t.f.Table, SQL: sql})
	return nil
}

func (s *stream) created(ctx context.Context, id uint32, name catalog.Name, sql string, entered bool) error {
	if s.names[name] != nil || s.r.Wanted == nil {
		return nil
	}
	t, err := s.describeAs(ctx, id, name)
	if err != nil || t.Table == nil || !s.wants(t) { // it has gone again since
		return err
	}
	s.typedAsTold(id, t.Table)
	s.announce(&connector.Structure{Kind: connector.Created, Number: -1, Table: t.Table, Parents: t.parents, SQL: sql, Entered: entered, Before: entered})
	return nil
}

// wants reports whether a table that is not followed is to be: it is selected, or a table whose partition it is, unless that one is
// followed as a whole, which brings the rows of its partitions.
func (s *stream) wants(t described) bool {
	wanted := s.r.Wanted(t.Name)
	for _, parent := range t.parents {
		if s.names[parent.Name] != nil {
			return false
		}
		wanted = wanted || s.r.Wanted(parent.Name)
	}
	return wanted
}

// altered tells of a table's new structure when it has become what it is now; of what lies between, the stream's own
// descriptions tell.
func (s *stream) altered(ctx context.Context, id uint32, name catalog.Name, sql string) error {
	t := s.followedAs(id, name)
	if t == nil {
		t = s.formerly(name, sql)
	}
	if t == nil {
		return s.created(ctx, id, name, sql, true) // renamed into what is wanted, or in no log before
	}
	if column, made := madeOf(name.Name, sql); column != "" {
		s.giveUp(t, fmt.Sprintf("the values of column %s were made anew by an expression (%s), which is not followed", column, made))
		return nil
	}
	now, err := s.describeAs(ctx, id, name)
	if err != nil {
		return err
	}
	if unlogged(t.f.Table, now.Table, name.Name, sql) {
		s.giveUp(t, wasUnlogged)
		return nil
	}
	rel := s.asTold(id, name)
	switch {
	case rel != nil:
	case now.Table != nil:
		rel = relationOf(id, now.Table)
	default: // it has gone since: under its new name it will be told
		rel = relationOf(id, t.f.Table)
		rel.name = name
	}
	// A column added here and another dropped later, before this is read, look like one that has got another name.
	rel.f, rel.unrenamed = t, !renaming.MatchString(sql)
	rel.steps = s.told[id] != nil && !t.f.Ahead && t.f.Since == ""
	columns := sent(t.f.Table)
	if rel.name == t.f.Table.Name && rel.like(columns) && !computes(t.f.Table) && len(rel.computed) == 0 {
		return nil
	}
	if c := rel.madeAnew(columns); c != nil {
		s.giveUp(t, fmt.Sprintf("column %s was dropped and made anew", c.Name))
		return nil
	}
	after, renamed := rel.merge(t.f.Table, columns, now.Table)
	if after == nil {
		return nil
	}
	s.announce(&connector.Structure{Kind: connector.Altered, Number: t.f.Number, Table: after, Parents: now.parents, Renamed: renamed, SQL: sql})
	return nil
}

// sent are the columns that the stream brings.
func sent(t *catalog.Table) (columns []*catalog.Column) {
	for _, c := range t.Columns {
		if c.Generated == "" {
			columns = append(columns, c)
		}
	}
	return columns
}

// relationOf describes a table as the stream would.
func relationOf(id uint32, t *catalog.Table) *streamed {
	rel := &streamed{relationMessage: relationMessage{id: id}, name: t.Name}
	for _, c := range t.Columns {
		if c.Generated == "" {
			rel.columns = append(rel.columns, relationColumn{name: c.Name})
			rel.types, rel.numbers = append(rel.types, c.NativeType), append(rel.numbers, c.Number)
		}
	}
	return rel
}

// followedAs finds a table by its identifier, or by its name where that is not known. Another table of the name is not it.
func (s *stream) followedAs(id uint32, name catalog.Name) *followed {
	if rel := s.relations[id]; rel != nil && rel.f != nil && rel.root == (catalog.Name{}) && s.numbers[rel.f.f.Number] != nil {
		return s.numbers[rel.f.f.Number]
	}
	t := s.names[name]
	switch {
	case id != 0 && s.ids[id] != nil:
		return s.ids[id]
	case t != nil && t.isAnother(id):
		return nil
	}
	return t
}

// isAnother reports whether a table is known to be another than the one of an identifier.
func (t *followed) isAnother(id uint32) bool {
	return id != 0 && t.f.Table.Number != 0 && t.f.Table.Number != id
}

// auditOID reads c_oid, an integer in whichever form the stream has.
func (rel *streamed) auditOID(t *tuple) (uint32, error) {
	i := rel.find("c_oid")
	if i < 0 || t.kinds[i] == 'n' {
		return 0, nil
	}
	if t.kinds[i] == 'b' {
		if len(t.values[i]) != 4 {
			return 0, wrongSize(t.values[i], 4)
		}
		return binary.BigEndian.Uint32(t.values[i]), nil
	}
	return uint32(signed(t.values[i])), nil
}
