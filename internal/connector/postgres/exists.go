package postgres

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// existsQueries look a Ref up by $1 schema, $2 name, $3 table. An object is looked for among everything that has a
// name and is not replaced when it is created again.
var existsQueries = map[catalog.RefKind]string{
	catalog.SchemaRef:     `SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $2 OR $2 = '' AND nspname = $1 OR nspname = $3 AND false)`,
	catalog.TableRef:      classQuery("'r', 'p'"),
	catalog.ViewRef:       classQuery("'v', 'm'"),
	catalog.SequenceRef:   classQuery("'S'"),
	catalog.IndexRef:      classQuery("'i', 'I'"),
	catalog.PrimaryKeyRef: onTable("pg_constraint", "conrelid", "x.contype = 'p' AND ($2 = '' OR true)"),
	catalog.ConstraintRef: onTable("pg_constraint", "conrelid", "x.conname = $2"),
	catalog.PartitionRef: `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relname = $2 AND c.relispartition AND $3 <> '')`,
	catalog.ObjectRef: `SELECT CASE WHEN $3 <> '' THEN
		EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $3 AND (
			EXISTS (SELECT FROM pg_catalog.pg_trigger x WHERE x.tgrelid = c.oid AND x.tgname = $2 AND NOT x.tgisinternal)
			OR EXISTS (SELECT FROM pg_catalog.pg_rewrite x WHERE x.ev_class = c.oid AND x.rulename = $2)
			OR EXISTS (SELECT FROM pg_catalog.pg_policy x WHERE x.polrelid = c.oid AND x.polname = $2)
			OR EXISTS (SELECT FROM pg_catalog.pg_constraint x WHERE x.conrelid = c.oid AND x.conname = $2)
			OR EXISTS (SELECT FROM pg_catalog.pg_statistic_ext x WHERE x.stxrelid = c.oid AND x.stxname = $2)))
		ELSE EXISTS (SELECT FROM pg_catalog.pg_extension WHERE $1 = '' AND extname = $2)
			OR EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE $1 = '' AND evtname = $2)
			OR EXISTS (SELECT FROM pg_catalog.pg_type x JOIN pg_catalog.pg_namespace n ON n.oid = x.typnamespace WHERE n.nspname = $1 AND x.typname = $2)
			OR EXISTS (SELECT FROM pg_catalog.pg_collation x JOIN pg_catalog.pg_namespace n ON n.oid = x.collnamespace WHERE n.nspname = $1 AND x.collname = $2)
			OR EXISTS (SELECT FROM pg_catalog.pg_class x JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace WHERE n.nspname = $1 AND x.relname = $2)
		END`,
}

func classQuery(kinds string) string {
	return `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN (` + kinds + `) AND ($3 = $3))`
}

func onTable(class, column, condition string) string {
	return `SELECT EXISTS (SELECT FROM pg_catalog.` + class + ` x JOIN pg_catalog.pg_class c ON c.oid = x.` + column + `
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $3 AND ` + condition + `)`
}

// exists reports whether what a Ref points at exists. A zero Ref never does.
func exists(ctx context.Context, q querier, r catalog.Ref) (bool, error) {
	if r.Kind == catalog.NoRef {
		return false, nil
	}
	sql, ok := existsQueries[r.Kind]
	if !ok {
		return false, fmt.Errorf("look up %s: no way is known to look up a %s", r.Name, r.Kind)
	}
	var found bool
	if err := q.QueryRow(ctx, sql, r.Name.Schema, r.Name.Name, r.Table).Scan(&found); err != nil {
		return false, fmt.Errorf("look up %s %s: %w", r.Kind, r.Name, err)
	}
	return found, nil
}
