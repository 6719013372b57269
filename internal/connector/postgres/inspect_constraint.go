package postgres

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// %enforced% is true and %period% false before version 18, %together% false before 15, whose sources are too old to be supported, but can be assessed.
const constraintsQuery = `SELECT k.oid, k.conrelid, k.conname, k.contype::text, pg_get_constraintdef(k.oid), coalesce(k.conkey, '{}'), coalesce(k.confkey, '{}'),
	coalesce(fn.nspname, ''), coalesce(fc.relname, ''), k.confdeltype::text, k.confupdtype::text, k.confmatchtype::text, k.condeferrable, k.condeferred,
	k.convalidated AND %enforced%, k.conislocal, k.conparentid <> 0, CASE WHEN k.contype = 'c' THEN coalesce(pg_get_expr(k.conbin, k.conrelid), '') ELSE '' END,
	coalesce(%together%, false), coalesce(i.indisclustered, false), coalesce(i.indisreplident, false), coalesce(ic.reloptions, '{}'),
	coalesce(d.description, ''), coalesce(obj_description(ic.oid, 'pg_class'), ''),
	k.contype = 'c' AND EXISTS (SELECT FROM pg_catalog.pg_depend p WHERE p.classid = 'pg_catalog.pg_constraint'::regclass AND p.objid = k.oid
		AND p.refclassid = 'pg_catalog.pg_proc'::regclass AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x
			WHERE x.classid = 'pg_catalog.pg_proc'::regclass AND x.objid = p.refobjid AND x.deptype = 'e')), %period%
	FROM pg_catalog.pg_constraint k JOIN rel c ON c.oid = k.conrelid
	LEFT JOIN pg_catalog.pg_class fc ON fc.oid = k.confrelid AND k.contype = 'f' LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
	LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x') LEFT JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
	LEFT JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_constraint'::regclass AND d.objoid = k.oid
	WHERE k.contype IN ('p', 'u', 'x', 'f', 'c') AND c.relkind IN ('r', 'p') ORDER BY k.conrelid, k.conname COLLATE "C"`

// constraintRow is a row of constraintsQuery.
type constraintRow struct {
	oid, relation              uint32
	name, kind, ddl            string
	columns, referenced        []int16
	table                      catalog.Name
	onDelete, onUpdate, match  string
	deferrable, deferred       bool
	valid, local, attached     bool
	expression                 string
	nullsNotDistinct           bool
	clustered, replicaIdentity bool
	options                    []string
	comment, indexComment      string
	callsFunction              bool
	period                     bool // WITHOUT OVERLAPS, or PERIOD
}

func (in *inspector) loadConstraints(ctx context.Context) error {
	enforced, together, period := "true", "false", "false"
	if in.version >= 15 {
		together = "i.indnullsnotdistinct"
	}
	if in.version >= 18 {
		enforced, period = "k.conenforced", "k.conperiod"
	}
	sql := in.rel() + strings.NewReplacer("%enforced%", enforced, "%together%", together, "%period%", period).Replace(constraintsQuery)
	// Referenced columns are looked up when all tables are known.
	var foreign []*constraintRow
	err := in.each(ctx, "constraints", sql, func(rows pgx.Rows) error {
		k := &constraintRow{}
		if err := rows.Scan(&k.oid, &k.relation, &k.name, &k.kind, &k.ddl, &k.columns, &k.referenced, &k.table.Schema, &k.table.Name,
			&k.onDelete, &k.onUpdate, &k.match, &k.deferrable, &k.deferred, &k.valid, &k.local, &k.attached, &k.expression,
			&k.nullsNotDistinct, &k.clustered, &k.replicaIdentity, &k.options, &k.comment, &k.indexComment, &k.callsFunction, &k.period); err != nil {
			return err
		}
		if k.kind == "f" {
			foreign = append(foreign, k)
		} else {
			in.addConstraint(k)
		}
		return nil
	})
	if err != nil {
		return err
	}
	in.validateInherited()
	return in.addForeignKeys(ctx, foreign)
}

func (in *inspector) addConstraint(k *constraintRow) {
	r := in.relations[k.relation]
	if r == nil {
		return
	}
	t := r.table
	switch k.kind {
	case "p":
		t.PrimaryKey = in.key(r, k)
		in.keyApart(r, k, t.PrimaryKey)
	case "u":
		t.Uniques = append(t.Uniques, in.key(r, k))
		in.keyApart(r, k, t.Uniques[len(t.Uniques)-1])
	case "c":
		in.addCheck(r, k)
	case "x":
		in.addExclusion(r, k)
	}
	in.markIndex(t, k.name, k.clustered, k.replicaIdentity)
	if k.indexComment != "" {
		index := quoteName(catalog.Name{Schema: r.name.Schema, Name: k.name})
		in.tableObject(r, "comment", k.name, catalog.AtEnd, "COMMENT ON INDEX "+index+" IS "+quoteLiteral(k.indexComment))
	}
}

func (in *inspector) key(r *relation, k *constraintRow) *catalog.Key {
	return &catalog.Key{Name: k.name, Columns: r.columnNames(k.columns), DDL: in.ddl(k.withOptions()), Comment: k.comment, NullsNotDistinct: k.nullsNotDistinct, Deferrable: k.deferrable}
}

// keyApart makes a temporal key of a partitioned table with those of its partitions, in one statement: PostgreSQL does not compare what
// excludes rows (CompareIndexInfo), so that keys made one by one could not be attached to each other.
func (in *inspector) keyApart(r *relation, k *constraintRow, key *catalog.Key) {
	key.Apart = in.o.Objects && k.period && (k.attached || r.kind == 'p')
	if key.Apart && !k.attached {
		in.tableObject(r, "constraint", k.name, catalog.AfterLoad, "ALTER TABLE "+quoteName(r.name)+" ADD CONSTRAINT "+quote(k.name)+" "+key.DDL)
	}
}

// withOptions returns the definition with the storage parameters of the index, which pg_get_constraintdef leaves
// out of all but exclusion constraints.
func (k *constraintRow) withOptions() string {
	if len(k.options) == 0 {
		return k.ddl
	}
	tail := ""
	switch {
	case k.deferred:
		tail = " DEFERRABLE INITIALLY DEFERRED"
	case k.deferrable:
		tail = " DEFERRABLE"
	}
	return strings.TrimSuffix(k.ddl, tail) + " WITH (" + storageParameters(k.options, "", nil) + ")" + tail
}

func (in *inspector) addCheck(r *relation, k *constraintRow) {
	c := &catalog.Check{Name: k.name, Expression: bare(k.expression), DDL: in.ddl(k.ddl), Comment: k.comment, Late: k.callsFunction, NotValid: !k.valid}
	// A partition must have its parent's checks before it is attached, but gets those that come later from its parent.
	c.Inherited = !k.local && (r.table.PartitionOf == nil || late(c))
	r.table.Checks = append(r.table.Checks, c)
}

// validateInherited keeps a check valid that a child has from a parent where it is not: created with the parent's, it
// would come out not valid too.
func (in *inspector) validateInherited() {
	for _, r := range in.sortedRelations() {
		if r.table == nil {
			continue
		}
		for _, c := range r.table.Checks {
			if c.Inherited && !c.NotValid && in.parentDoubts(r, c.Name) {
				in.tableObject(r, "valid check", c.Name, catalog.AtEnd, "ALTER TABLE "+quoteName(r.name)+" VALIDATE CONSTRAINT "+quote(c.Name))
			}
		}
	}
}

func (in *inspector) parentDoubts(r *relation, check string) bool {
	for _, p := range r.parents {
		parent := in.relations[p]
		if parent != nil && parent.table != nil && slices.ContainsFunc(parent.table.Checks, func(c *catalog.Check) bool { return c.Name == check && c.NotValid }) {
			return true
		}
	}
	return false
}

func (in *inspector) addExclusion(r *relation, k *constraintRow) {
	var comment []string
	if k.comment != "" {
		comment = []string{"COMMENT ON CONSTRAINT " + quote(k.name) + " ON " + quoteName(r.name) + " IS " + quoteLiteral(k.comment)}
	}
	if k.attached { // made with its parent's, see keyApart
		if comment != nil {
			in.tableObject(r, "comment", k.name, catalog.AtEnd, comment...)
		}
		return
	}
	// A partitioned table has one since version 17, and its partitions with it.
	only := "ONLY "
	if r.kind == 'p' {
		only = ""
	}
	ddl := "ALTER TABLE " + only + quoteName(r.name) + " ADD CONSTRAINT " + quote(k.name) + " " + k.ddl
	in.tableObject(r, "exclusion constraint", k.name, catalog.AfterLoad, append([]string{ddl}, comment...)...)
}

// markIndex notes on the table what is only known of its indexes.
func (in *inspector) markIndex(t *catalog.Table, name string, clustered, replicaIdentity bool) {
	if clustered {
		t.Native["cluster"] = name
	}
	if replicaIdentity {
		t.Native["replica identity"] = "USING INDEX " + quote(name)
	}
}

var actionNames = map[string]string{"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT", "r": "RESTRICT"}

// addForeignKeys leaves out those that a partition has from its parent.
func (in *inspector) addForeignKeys(ctx context.Context, rows []*constraintRow) error {
	outside, err := in.outsideColumns(ctx, rows)
	if err != nil {
		return err
	}
	for _, k := range rows {
		r := in.relations[k.relation]
		if r == nil || k.attached {
			continue
		}
		f := &catalog.ForeignKey{
			Name: k.name, Columns: r.columnNames(k.columns), Table: k.table, OnDelete: actionNames[k.onDelete], OnUpdate: actionNames[k.onUpdate],
			NotValid: !k.valid, DDL: in.ddl(k.ddl), Comment: k.comment, References: outside[k.oid],
		}
		if f.References == nil {
			f.References = in.byName[k.table].columnNames(k.referenced)
		}
		if k.match == "f" {
			f.Match = "FULL"
		}
		switch {
		case k.deferred:
			f.Deferrable = "DEFERRABLE INITIALLY DEFERRED"
		case k.deferrable:
			f.Deferrable = "DEFERRABLE"
		}
		r.table.ForeignKeys = append(r.table.ForeignKeys, f)
	}
	return nil
}

// outsideColumns looks up the columns that foreign keys refer to in tables that are not inspected.
func (in *inspector) outsideColumns(ctx context.Context, rows []*constraintRow) (map[uint32][]string, error) {
	found := map[uint32][]string{}
	needed := false
	for _, k := range rows {
		needed = needed || in.byName[k.table] == nil
	}
	if !needed {
		return found, nil
	}
	const sql = `SELECT k.oid, array(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(number, place)
		JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.place)
		FROM pg_catalog.pg_constraint k JOIN rel c ON c.oid = k.conrelid WHERE k.contype = 'f'`
	err := in.each(ctx, "foreign keys", in.rel()+sql, func(rows pgx.Rows) error {
		var oid uint32
		var names []string
		err := rows.Scan(&oid, &names)
		found[oid] = names
		return err
	})
	return found, err
}

// columnNames names columns by number.
func (r *relation) columnNames(numbers []int16) []string {
	names := make([]string, 0, len(numbers))
	for _, n := range numbers {
		if c := r.columns[n]; c != nil {
			names = append(names, c.Name)
		}
	}
	return names
}

// ddl returns a text that only the family understands, when it was asked for.
func (in *inspector) ddl(text string) string {
	if in.o.Objects {
		return text
	}
	return ""
}
