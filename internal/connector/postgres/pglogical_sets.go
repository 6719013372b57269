package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// replicationSets are the two of a slot, as DMS has them (AWS DMS User Guide, "Enabling CDC with a self-managed PostgreSQL database as a AWS DMS
// source": one of updates and deletes, one of inserts and truncations). The extension admits only tables with a key to the first.
type replicationSets struct{ whole, part string }

// pglogicalNode is the name of the node where we have to make one.
const pglogicalNode = "whimbrel"

// keyed is a condition on a table c of pg_class: pglogical admits it to a set of updates and deletes (pglogical_repset.c asks for an
// index of the replica identity, which a full one is not).
const keyed = `EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate AND
 CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END)`

// mendPglogical is how the extension gets into a database.
const mendPglogical = "ALTER SYSTEM SET shared_preload_libraries = 'pglogical' (with those that are there), restart the server, then CREATE EXTENSION pglogical; on RDS set shared_preload_libraries in the DB parameter group and reboot; or set PluginName to pgoutput"

// mayPglogical is what a user who is no superuser needs, besides owning the tables.
func mayPglogical(who holder) string {
	return "GRANT USAGE ON SCHEMA pglogical" + who.to() + "; GRANT SELECT ON ALL TABLES IN SCHEMA pglogical" + who.to()
}

// hasPglogical reports whether the extension is in the database, and the user may use it.
func hasPglogical(ctx context.Context, w *wire) (there, may bool, err error) {
	sql := `SELECT pg_catalog.has_schema_privilege(e.extnamespace, 'USAGE') AND pg_catalog.bool_and(pg_catalog.has_table_privilege(c.oid, 'SELECT')) FROM pg_catalog.pg_extension e
 JOIN pg_catalog.pg_class c ON c.relnamespace = e.extnamespace AND c.relkind IN ('r', 'v') WHERE e.extname = 'pglogical' GROUP BY e.extnamespace`
	err = w.query(ctx, sql, func(v [][]byte) error {
		there, may = true, v[0][0] == 't'
		return nil
	})
	return there, may, classify(ctx, "look up the extension pglogical", err)
}

func needPglogical(ctx context.Context, w *wire) error {
	there, may, err := hasPglogical(ctx, w)
	switch {
	case err != nil:
		return err
	case !there:
		return &connector.Error{Class: connector.Missing, Err: errors.New("the database does not have the extension pglogical (PluginName)"), Remedy: mendPglogical}
	case !may:
		return &connector.Error{Class: connector.Denied, Err: errors.New("the user may not use the extension pglogical"), Remedy: mayPglogical(w.who)}
	}
	return nil
}

// setsFor finds the replication sets for a slot, or makes those of the run.
func (s *source) setsFor(ctx context.Context, w *wire, r connector.StreamRequest, slot string) (replicationSets, error) {
	if err := needPglogical(ctx, w); err != nil {
		return replicationSets{}, err
	}
	names, _ := followedNames(r)
	if given := (replicationSets{whole: slot, part: "i" + slot}); slot != runName(r.Run) {
		there, err := given.there(ctx, w)
		if err != nil {
			return given, err
		}
		if there {
			return given, given.lack(ctx, w, names)
		}
	}
	own := replicationSets{whole: runName(r.Run), part: partName(runName(r.Run))}
	if err := own.make(ctx, w); err != nil {
		return own, err
	}
	if err := s.tellSelection(ctx, w, own.whole, r); err != nil {
		return own, err
	}
	return own, own.add(ctx, w, names)
}

func (sets replicationSets) there(ctx context.Context, w *wire) (there bool, err error) {
	sql := "SELECT count(*) = 2 FROM pglogical.replication_set WHERE set_name IN (" + quoteLiteral(sets.whole) + ", " + quoteLiteral(sets.part) + ")"
	err = w.query(ctx, sql, func(v [][]byte) error {
		there = v[0][0] == 't'
		return nil
	})
	return there, classify(ctx, "look up replication sets", err)
}

// make makes the node of the database, where it has none, and the sets.
func (sets replicationSets) make(ctx context.Context, w *wire) error {
	sql := "SELECT pglogical.create_node(" + quoteLiteral(pglogicalNode) + ", 'dbname=' || pg_catalog.quote_literal(pg_catalog.current_database())) WHERE NOT EXISTS (SELECT FROM pglogical.local_node);" +
		setSQL(sets.whole, "false, true, true, false") + setSQL(sets.part, "true, false, false, true")
	err := w.exec(ctx, "BEGIN; SELECT pg_catalog.pg_advisory_xact_lock("+fmt.Sprint(journalLock)+");"+sql+" COMMIT")
	if err != nil && !w.broken.Load() {
		_ = w.exec(ctx, "ROLLBACK")
	}
	return withRemedy(classify(ctx, "make replication sets of pglogical", err), mayPglogical(w.who))
}

func setSQL(name, kinds string) string {
	return "SELECT pglogical.create_replication_set(" + quoteLiteral(name) + ", " + kinds + ") WHERE NOT EXISTS (SELECT FROM pglogical.replication_set WHERE set_name = " + quoteLiteral(name) + ");"
}

// membersSQL lists tables of names, partitions among them, with each set of the two that should have them and does not.
const membersSQL = `FROM (SELECT DISTINCT t.relid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (SELECT c.oid AS relid UNION SELECT relid FROM pg_catalog.pg_partition_tree(c.oid)) t WHERE (n.nspname, c.relname) IN (%s)) o
 JOIN pg_catalog.pg_class c ON c.oid = o.relid AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p' JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 JOIN pglogical.replication_set s ON s.set_name = %s OR s.set_name = %s AND ` + keyed + `
 WHERE NOT EXISTS (SELECT FROM pglogical.replication_set_table m WHERE m.set_id = s.set_id AND m.set_reloid = c.oid)`

// add adds tables to the sets, each to those where it belongs, and by itself: the extension takes a lock that writers wait for, and several at
// once would meet theirs in another order.
func (sets replicationSets) add(ctx context.Context, w *wire, names []catalog.Name) error {
	statements, err := sets.missing(ctx, w, names)
	if err != nil {
		return err
	}
	for _, sql := range statements {
		if err := addPatiently(ctx, w, sql); err != nil {
			return withRemedy(classify(ctx, "add a table to a replication set of pglogical", err), "let a superuser run: "+sql)
		}
	}
	return nil
}

// addPatience is how long a lock on one table is tried for, a while at a time, so that nobody waits behind it for long.
const addPatience = time.Minute

func addPatiently(ctx context.Context, w *wire, sql string) error {
	for deadline := time.Now().Add(addPatience); ; {
		err := w.exec(ctx, "SET LOCAL lock_timeout = '1s'; "+sql)
		pg := serverErrorIn(err)
		if pg == nil || pg.Code != "55P03" && pg.Code != "40P01" || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(claimPause):
		}
	}
}

// missing lists the statements that add tables to those sets of the two that should have them and do not.
func (sets replicationSets) missing(ctx context.Context, w *wire, names []catalog.Name) (statements []string, err error) {
	for chunk := range slices.Chunk(names, namesPerLookup) {
		sql := "SELECT pg_catalog.format('SELECT pglogical.replication_set_add_table(%%L, %%L)', s.set_name, c.oid::pg_catalog.regclass) " + membersSQL
		if err := w.query(ctx, fmt.Sprintf(sql, nameList(chunk), quoteLiteral(sets.part), quoteLiteral(sets.whole)), func(v [][]byte) error {
			statements = append(statements, string(v[0]))
			return nil
		}); err != nil {
			return nil, classify(ctx, "look up replication sets", err)
		}
	}
	return statements, nil
}

const leftOutSQL = `SELECT pg_catalog.format('set %%s: ', s.set_name) || CASE WHEN m.set_reloid IS NOT NULL THEN 'of ' || m.set_reloid || ' rows or columns are left out'
  WHEN s.set_name = %[1]s THEN 'updates or deletes are left out' ELSE 'inserts or truncations are left out' END
 FROM pglogical.replication_set s LEFT JOIN pglogical.replication_set_table m ON m.set_id = s.set_id AND (m.set_att_list IS NOT NULL OR m.set_row_filter IS NOT NULL)
 WHERE s.set_name = %[1]s AND NOT (s.replicate_update AND s.replicate_delete) OR s.set_name = %[2]s AND NOT (s.replicate_insert AND s.replicate_truncate)
  OR s.set_name IN (%[1]s, %[2]s) AND m.set_reloid IS NOT NULL`

// lack refuses sets of somebody else's that lack tables, or leave out something of them.
func (sets replicationSets) lack(ctx context.Context, w *wire, names []catalog.Name) error {
	what := ""
	if err := w.query(ctx, fmt.Sprintf(leftOutSQL, quoteLiteral(sets.whole), quoteLiteral(sets.part)), func(v [][]byte) error {
		what = string(v[0])
		return nil
	}); err != nil {
		return classify(ctx, "look up replication sets", err)
	}
	if what != "" {
		return &connector.Error{
			Class: connector.Invalid, Err: fmt.Errorf("the replication sets %q and %q cannot serve: %s", sets.whole, sets.part, what),
			Remedy: "make them as SELECT pglogical.create_replication_set(" + quoteLiteral(sets.whole) + ", false, true, true, false) and (" + quoteLiteral(sets.part) + ", true, false, false, true) do, with whole tables",
		}
	}
	missing, err := sets.missing(ctx, w, names)
	if err != nil || len(missing) == 0 {
		return err
	}
	return &connector.Error{
		Class: connector.Invalid, Err: fmt.Errorf("the replication sets %q and %q lack tables (%d times)", sets.whole, sets.part, len(missing)),
		Remedy: strings.Join(missing[:min(len(missing), warnedOf)], "; "),
	}
}

// warnOfKeyless says which tables are followed without their updates and deletes.
func (s *stream) warnOfKeyless(ctx context.Context, w *wire, sets replicationSets) error {
	var names []string
	sql := "SELECT n.nspname, c.relname FROM pglogical.replication_set_table m JOIN pglogical.replication_set s ON s.set_id = m.set_id AND s.set_name = " + quoteLiteral(sets.part) +
		" JOIN pg_catalog.pg_class c ON c.oid = m.set_reloid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND NOT EXISTS (SELECT FROM pglogical.replication_set_table o" +
		" JOIN pglogical.replication_set u ON u.set_id = o.set_id AND u.set_name = " + quoteLiteral(sets.whole) + " WHERE o.set_reloid = m.set_reloid) ORDER BY 1, 2"
	if err := w.query(ctx, sql, func(v [][]byte) error {
		if n := (catalog.Name{Schema: string(v[0]), Name: string(v[1])}); s.names[n] != nil {
			names = append(names, n.String())
		}
		return nil
	}); err != nil {
		return classify(ctx, "look up replication sets", err)
	}
	s.warnOfHalves(ctx, names, "give them a primary key and the default replica identity, then reload them; or set PluginName to pgoutput")
	return nil
}

// dropSetsSQL takes off the triggers too, which the extension leaves where a table is in no set any more. One whose table is in use just then
// stays, and does nothing.
const dropSetsSQL = `DO $whimbrel$ DECLARE o record; members oid[];
BEGIN
 members := ARRAY(SELECT m.set_reloid::oid FROM pglogical.replication_set_table m JOIN pglogical.replication_set s USING (set_id) WHERE s.set_name IN (%[1]s));
 PERFORM pglogical.drop_replication_set(set_name) FROM pglogical.replication_set WHERE set_name IN (%[1]s);
 FOR o IN SELECT t.tgname, t.tgrelid::pg_catalog.regclass AS relation FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid AND p.proname = 'queue_truncate'
   WHERE t.tgrelid = ANY (members) AND NOT EXISTS (SELECT FROM pglogical.replication_set_table m WHERE m.set_reloid = t.tgrelid) LOOP
  BEGIN
   PERFORM pg_catalog.set_config('lock_timeout', '500ms', true);
   EXECUTE pg_catalog.format('DROP TRIGGER %%I ON %%s', o.tgname, o.relation);
  EXCEPTION WHEN OTHERS THEN
   RAISE WARNING 'trigger %% stays: %%', o.tgname, SQLERRM;
  END;
 END LOOP;
 PERFORM pglogical.drop_node(n.node_name) FROM pglogical.local_node l JOIN pglogical.node n USING (node_id) WHERE n.node_name = '` + pglogicalNode + `'
  AND NOT EXISTS (SELECT FROM pglogical.replication_set WHERE set_name NOT IN ('default', 'default_insert_only', 'ddl_sql')) AND NOT EXISTS (SELECT FROM pglogical.subscription);
END $whimbrel$`

// dropSets removes the sets of a run, and the node where we have made it and nobody else has sets.
func dropSets(ctx context.Context, w *wire, run string) error {
	there, may, err := hasPglogical(ctx, w)
	if err != nil || !there || !may {
		return err
	}
	return w.exec(ctx, fmt.Sprintf(dropSetsSQL, quoteLiteral(run)+", "+quoteLiteral(partName(run))))
}

// auditInSets has the plugin tell of the audit of DDL.
func (s *source) auditInSets(ctx context.Context, w *wire, run, slot string, audit catalog.Name) error {
	sets := replicationSets{whole: slot, part: "i" + slot}
	given := false
	if slot != run {
		var err error
		if given, err = sets.there(ctx, w); err != nil {
			return err
		}
	}
	if !given {
		sets = replicationSets{whole: run, part: partName(run)}
	}
	return sets.add(ctx, w, []catalog.Name{audit})
}

// setsBefore refuses to begin in the past with sets that would have to be made now: the plugin looks them up as they were when a change was
// written.
func (s *source) setsBefore(ctx context.Context, r connector.StreamRequest, slot string) error {
	return s.withSide(ctx, func(w *wire) error {
		if err := needPglogical(ctx, w); err != nil {
			return err
		}
		for _, sets := range []replicationSets{{whole: slot, part: "i" + slot}, {whole: runName(r.Run), part: partName(runName(r.Run))}} {
			if there, err := sets.there(ctx, w); err != nil || there {
				return err
			}
		}
		return &connector.Error{
			Class: connector.Invalid, Err: fmt.Errorf("there are no replication sets %q and %q, and those that are made now do not hold for what was written before them", slot, "i"+slot),
			Remedy: fmt.Sprintf("make them before the replication slot, with all tables: SELECT pglogical.create_replication_set(%s, false, true, true, false); SELECT pglogical.create_replication_set(%s, true, false, false, true); SELECT pglogical.replication_set_add_table(…)",
				quoteLiteral(slot), quoteLiteral("i"+slot)),
		}
	})
}

// follow has the plugin tell of one more table. One that nobody has told it of before may have rows that were not told. By now it may have
// another name, or be gone; of one that is gone the audit had told it.
func (p *pglogicalStream) follow(ctx context.Context, w *wire, t *catalog.Table, number int) error {
	id := "pg_catalog.to_regclass(" + quoteLiteral(quoteName(t.Name)) + ")"
	if t.Number != 0 {
		id = fmt.Sprint(t.Number)
	}
	member, gone := false, true
	sql := "SELECT EXISTS (SELECT FROM pglogical.replication_set_table m JOIN pglogical.replication_set s ON s.set_id = m.set_id AND s.set_name = " + quoteLiteral(p.sets.part) +
		" WHERE m.set_reloid = c.oid) FROM pg_catalog.pg_class c WHERE c.oid = " + id
	if err := w.query(ctx, sql, func(v [][]byte) error {
		member, gone = v[0][0] == 't', false
		return nil
	}); err != nil {
		return classify(ctx, "look up replication sets", err)
	}
	s := p.stream
	if !member && s.numbers[number] != nil && !(gone && p.joins()) {
		s.events = append(s.events, connector.Event{Structure: &connector.Structure{
			Kind: connector.Unreadable, Number: number, Table: t, At: s.at,
			Why: "it was in no replication set before its first rows came, which may be missed: reload the table",
		}})
	}
	return p.sets.add(ctx, w, []catalog.Name{t.Name})
}
