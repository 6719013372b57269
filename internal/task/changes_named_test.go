package task_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTablesNamedAsStatementsNameThings has tables and columns of the names that our own statements give to rows and to what they compute:
// changes of a table that has such a name reach it, and nothing else.
func TestTablesNamedAsStatementsNameThings(t *testing.T) {
	names := []string{"whimbrel", "u", "t", "s", "d", "b", "c1", "l", "ref", "at", "part", "new", "old", "excluded", "values", "one", "entry"}
	for _, from := range []string{"sqlite", "postgresql-15", "mariadb"} {
		for _, to := range []string{"postgresql-18", "mariadb", "mysql", "sqlite"} {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, from), newEnd(t, to)
				each := func(format string) {
					for _, n := range names {
						source.exec(t, fmt.Sprintf(format, source.quote(n)))
					}
				}
				columns := ""
				for _, n := range names {
					columns += ", " + source.quote(n) + " int"
				}
				each("CREATE TABLE %s (id int NOT NULL PRIMARY KEY" + columns + ")")
				each("INSERT INTO %s (id, " + source.quote("new") + ") VALUES (1, 1), (2, 2), (3, 3)")
				load(t, source, target)
				each("UPDATE %s SET " + source.quote("u") + " = id, " + source.quote("whimbrel") + " = 5 WHERE id < 3")
				each("INSERT INTO %s (id, " + source.quote("excluded") + ") VALUES (4, 4), (5, 5)")
				each("UPDATE %s SET id = 40 WHERE id = 4")
				each("DELETE FROM %s WHERE id = 3")
				catchUp(t, source, target)
				for _, n := range names {
					of := func(e *end, table string) (all []string) {
						for _, c := range slices.Concat([]string{"id"}, names) {
							all = append(all, e.column(t, "SELECT "+e.quote(c)+" FROM "+table+" ORDER BY id")...)
						}
						return all
					}
					require.Equal(t, of(source, source.quote(n)), of(target, target.table(t, source, n)), n)
				}
			})
		}
	}
}
