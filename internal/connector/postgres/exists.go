package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// wanted is what a Ref points at: ref(schema, name, part_of), and for parts of tables the table.
const wanted = `WITH ref AS (SELECT $1::text AS schema, $2::text AS name, $3::text AS part_of),
	owner AS (SELECT c.oid, r.name FROM ref r JOIN pg_catalog.pg_namespace n ON n.nspname = r.schema
		JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = r.part_of) `

// existsQueries are conditions that look a Ref up.
var existsQueries = map[catalog.RefKind]string{
	catalog.SchemaRef:   `EXISTS (SELECT FROM ref r JOIN pg_catalog.pg_namespace n ON n.nspname = r.name)`,
	catalog.TableRef:    inSchema("pg_class", "rel", "x.relkind IN ('r', 'p')"),
	catalog.ViewRef:     inSchema("pg_class", "rel", "x.relkind IN ('v', 'm')"),
	catalog.SequenceRef: inSchema("pg_class", "rel", "x.relkind = 'S'"),
	catalog.IndexRef: inSchema("pg_class", "rel", `x.relkind IN ('i', 'I') AND (r.part_of = ''
		OR EXISTS (SELECT FROM owner o JOIN pg_catalog.pg_index i ON i.indrelid = o.oid WHERE i.indexrelid = x.oid))`),
	catalog.PrimaryKeyRef: `EXISTS (SELECT FROM owner o JOIN pg_catalog.pg_constraint x ON x.conrelid = o.oid AND x.contype = 'p')`,
	catalog.ConstraintRef: ofTable("pg_constraint", "x.conrelid = o.oid AND x.conname = o.name"),
	catalog.PartitionRef:  inSchema("pg_class", "rel", "x.relispartition"),
	catalog.ObjectRef:     "CASE WHEN (SELECT part_of = '' FROM ref) THEN " + strings.Join(freeObjects, " OR ") + " ELSE " + strings.Join(tableObjects, " OR ") + " END",
}

// freeObjects look for objects that belong to no table. Functions, aggregates and operators are not among them: their
// names do not tell them apart, and functions and aggregates are replaced when they are created again.
var freeObjects = []string{
	`EXISTS (SELECT FROM ref r JOIN pg_catalog.pg_extension x ON x.extname = r.name WHERE r.schema = '')`,
	`EXISTS (SELECT FROM ref r JOIN pg_catalog.pg_event_trigger x ON x.evtname = r.name WHERE r.schema = '')`,
	`EXISTS (SELECT FROM ref r JOIN pg_catalog.pg_cast x ON '(' || format_type(x.castsource, NULL) || ' AS ' || format_type(x.casttarget, NULL) || ')' = r.name WHERE r.schema = '')`,
	inSchema("pg_type", "typ", "true"),
	inSchema("pg_class", "rel", "true"),
	inSchema("pg_collation", "coll", "true"),
	inSchema("pg_ts_dict", "dict", "true"),
	inSchema("pg_ts_config", "cfg", "true"),
	inSchema("pg_opclass", "opc", "true"),
	inSchema("pg_opfamily", "opf", "true"),
}

// tableObjects look for objects that belong to a table or view.
var tableObjects = []string{
	ofTable("pg_trigger", "x.tgrelid = o.oid AND x.tgname = o.name"),
	ofTable("pg_rewrite", "x.ev_class = o.oid AND x.rulename = o.name"),
	ofTable("pg_policy", "x.polrelid = o.oid AND x.polname = o.name"),
	ofTable("pg_constraint", "x.conrelid = o.oid AND x.conname = o.name"),
	ofTable("pg_statistic_ext", "x.stxrelid = o.oid AND x.stxname = o.name"),
}

// inSchema looks for a name in a system catalog whose columns begin with the prefix.
func inSchema(class, prefix, condition string) string {
	return fmt.Sprintf(`EXISTS (SELECT FROM ref r JOIN pg_catalog.pg_namespace n ON n.nspname = r.schema JOIN pg_catalog.%s x ON x.%snamespace = n.oid
		AND x.%sname = r.name AND %s)`, class, prefix, prefix, condition)
}

func ofTable(class, condition string) string {
	return "EXISTS (SELECT FROM owner o JOIN pg_catalog." + class + " x ON " + condition + ")"
}

// exists reports whether what a Ref points at exists. A zero Ref never does.
func exists(ctx context.Context, q querier, r catalog.Ref) (bool, error) {
	if r.Kind == catalog.NoRef {
		return false, nil
	}
	condition, ok := existsQueries[r.Kind]
	if !ok {
		return false, fmt.Errorf("look up %s: no way is known to look up a %s", r.Name, r.Kind)
	}
	var found bool
	if err := q.QueryRow(ctx, wanted+"SELECT "+condition, r.Name.Schema, r.Name.Name, r.Table).Scan(&found); err != nil {
		return false, fmt.Errorf("look up %s %s: %w", r.Kind, r.Name, err)
	}
	return found, nil
}
