package task_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// TestWarehouseTypesChangeExactly: a change of type reaches a table of the warehouse as Redshift's own DDL allows; each table then has the very types, widths
// and values that a fresh load of the source gives it, or is given up with the column, both types and what mends it.
func TestWarehouseTypesChangeExactly(t *testing.T) {
	for _, engine := range []string{"postgresql-15", "mariadb"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			source, w, fresh := newEnd(t, engine), newWarehouse(t), newWarehouse(t)
			cases := retypings[source.family]
			if source.family == catalog.PostgreSQL {
				source.exec(t, "CREATE TYPE letter AS ENUM ('a', 'b', 'c')")
			}
			for i, c := range cases {
				source.exec(t, fmt.Sprintf("CREATE TABLE r%d (id int NOT NULL PRIMARY KEY, v %s)", i, c.from), fmt.Sprintf("INSERT INTO r%d (id) VALUES (0)", i))
				for n, v := range append(c.values, c.values[0]) {
					source.exec(t, fmt.Sprintf("INSERT INTO r%d VALUES (%d, %s)", i, n+1, v))
				}
			}
			load(t, source, w.end)
			retype := map[catalog.Family]string{catalog.PostgreSQL: "ALTER TABLE r%d ALTER COLUMN v TYPE %s", catalog.MySQL: "ALTER TABLE r%d MODIFY COLUMN v %s"}[source.family]
			for i, c := range cases {
				source.exec(t, fmt.Sprintf(retype, i, c.to), fmt.Sprintf("UPDATE r%d SET v = %s WHERE id = %d", i, c.later, len(c.values)+1), fmt.Sprintf("INSERT INTO r%d VALUES (99, %s)", i, c.later))
			}
			report := catchUp(t, source, w.end)
			migrate(t, source, fresh.end)
			for i, c := range cases {
				name, what := fmt.Sprintf("r%d", i), c.from+" to "+c.to
				counts := changesOf(t, report, name)
				if !slices.Contains(c.inPlace, catalog.PostgreSQL) || source.family == catalog.PostgreSQL && strings.HasPrefix(c.from, "char(") { // with its blanks
					require.Contains(t, counts.Suspended, "the type of column v has changed from ", what)
					require.Contains(t, counts.Suspended, "load the table anew", what)
					continue
				}
				require.Empty(t, counts.Suspended, what)
				require.Zero(t, counts.Failed, what)
				requireFresh(t, w, fresh, warehouseTable(source, name), "v", what)
			}
		})
	}
}

// warehouseTable names a table of the warehouse, wherever the source's schema went.
func warehouseTable(source *end, name string) string {
	if source.family == catalog.MySQL {
		return fmt.Sprintf("%q.%s", source.database(), name)
	}
	return "public." + name
}

// columnsOf are the columns of a table with their types, sorted: one that was made anew comes last.
func (w warehouse) columnsOf(t *testing.T, table string) []string {
	t.Helper()
	return w.end.column(t, "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '"+table+"'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1")
}

// requireFresh compares a table that has been followed with one that has been loaded anew: its columns, their types and widths, and the values of one.
func requireFresh(t *testing.T, w, fresh warehouse, table, column, what string) {
	t.Helper()
	require.Equal(t, fresh.columnsOf(t, table), w.columnsOf(t, table), what)
	rows := "SELECT id || ' ' || coalesce(" + column + "::text, 'NULL') FROM " + table + " ORDER BY id"
	require.Equal(t, fresh.end.column(t, rows), w.end.column(t, rows), what)
}

// TestWarehouseKeysAndNullsChange: a key gets a wider type, columns may be null from then on, a width grows beyond what Redshift's texts have, and a SUPER is
// among them; over the end of a run the table is followed on, and it is what a fresh load makes of it.
func TestWarehouseKeysAndNullsChange(t *testing.T) {
	for engine, s := range map[string]struct{ json, key, loose, wide string }{
		"postgresql-15": {"jsonb", "ALTER COLUMN id TYPE bigint", "ALTER COLUMN n DROP NOT NULL, ALTER COLUMN j DROP NOT NULL", "ALTER COLUMN t TYPE varchar(20000)"},
		"mariadb":       {"json", "MODIFY COLUMN id bigint NOT NULL", "MODIFY COLUMN n int, MODIFY COLUMN j json", "MODIFY COLUMN t varchar(15000)"},
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			source, w, fresh := newEnd(t, engine), newWarehouse(t), newWarehouse(t)
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, n int NOT NULL, j "+s.json+" NOT NULL, t varchar(16000))",
				`INSERT INTO item VALUES (1, 1, '{"a": 1}', 'a'), (2, 2, '[]', 'b'), (3, 3, '7', 'c')`)
			load(t, source, w.end)
			for _, step := range [][]string{
				{"ALTER TABLE item " + s.loose, "INSERT INTO item VALUES (4, NULL, NULL, 'd')", "UPDATE item SET n = NULL, j = NULL WHERE id = 1"},
				{"ALTER TABLE item " + s.key, "INSERT INTO item VALUES (5000000000, 5, '5', 'e')", "UPDATE item SET n = 20 WHERE id = 2", "DELETE FROM item WHERE id = 3"},
				{"ALTER TABLE item " + s.wide, "UPDATE item SET t = repeat('w', 14000) WHERE id IN (2, 5000000000)"},
				{"UPDATE item SET t = 'last' WHERE id = 5000000000", "DELETE FROM item WHERE id = 4"},
			} {
				source.exec(t, step...)
				counts := changesOf(t, catchUp(t, source, w.end), "item")
				require.Zero(t, counts.Failed)
				if engine == "mariadb" && strings.Contains(step[0], "15000") { // it is shorter than before
					require.Contains(t, counts.Suspended, "load the table anew")
					return
				}
				require.Empty(t, counts.Suspended, step)
			}
			migrate(t, source, fresh.end)
			for _, column := range []string{"n", "j", "t"} {
				requireFresh(t, w, fresh, warehouseTable(source, "item"), column, column)
			}
		})
	}
}

// TestWarehouseKeyedColumnsStay: Redshift drops no column of a table's sort key, so that none can be put in its place. The table of an owner who made one is given
// up with Redshift's words, and keeps what it had; the others go on.
func TestWarehouseKeyedColumnsStay(t *testing.T) {
	t.Parallel()
	source, w := newEnd(t, "postgresql-15"), newWarehouse(t)
	source.exec(t, "CREATE TABLE sorted (id int PRIMARY KEY, n int)", "INSERT INTO sorted VALUES (1, 1)", "CREATE TABLE other (id int PRIMARY KEY)")
	load(t, source, w.end)
	w.Before(func(sql string) error {
		if strings.HasPrefix(sql, `ALTER TABLE "public"."sorted" DROP COLUMN`) {
			return errors.New(`cannot drop sortkey column "n"`)
		}
		return nil
	})
	source.exec(t, "ALTER TABLE sorted ALTER COLUMN n TYPE bigint", "INSERT INTO sorted VALUES (2, 5000000000)", "INSERT INTO other VALUES (1)")
	report := catchUp(t, source, w.end)
	require.Contains(t, changesOf(t, report, "sorted").Suspended, "cannot drop sortkey column")
	require.Equal(t, []string{"(1,1)"}, warehouseRows(t, w.end, "sorted", "id, n"))
	require.Equal(t, []string{"id integer", "n integer"}, w.columnsOf(t, "public.sorted"), "half of the change stays")
	require.Equal(t, []string{"1"}, w.end.column(t, "SELECT id FROM other"))
}
