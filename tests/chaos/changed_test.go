package chaos_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestChangedSource changes the source, keys too, between a killed run and the next one.
func TestChangedSource(t *testing.T) {
	for _, pair := range [][2]string{{pg, pg}, {pg, sqlite}, {maria, maria}, {maria, pg}, {sqlite, sqlite}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeShop(t, source)
			before := source.allRows(t)
			killAmongRows(t, source, target)
			source.exec(t,
				// Keys that change take rows from segments that are loaded into others that are not, and back.
				"UPDATE orders SET id = 200000 - id WHERE id % 17 = 0", "UPDATE orders SET id = -id WHERE id > 8000 AND id < 9000",
				"UPDATE customer SET score = score + 100 WHERE id % 7 = 0",
				"UPDATE visit SET at = at + 1000 WHERE at % 5 = 0",
				"DELETE FROM visit WHERE at % 11 = 0", "DELETE FROM orders WHERE id % 13 = 0",
				"INSERT INTO orders (id, customer, note) VALUES (100001, 1, 'new'), (1, 1, 'new'), (4, 2, 'new')",
				"INSERT INTO visit VALUES ('/new', 1), ('/new', 1)", "INSERT INTO customer (id, name, score) VALUES (5000, 'new', 1)")
			source.analyze(t)
			after := source.allRows(t)
			again := complete(t, source, target)
			got := target.allRows(t)
			require.False(t, target.journalLeft(t))
			for table := range shopTables {
				// A table that was loaded whole by the first run stays of its moment.
				ofOneMoment := slices.Equal(got[table], before[table]) || slices.Equal(got[table], after[table])
				require.True(t, ofOneMoment, "table %s is of neither moment\n%s", table, again.errors.String())
			}
		})
	}
}

func (e *end) allRows(t testing.TB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for table, columns := range shopTables {
		all[table] = e.rows(t, table, columns)
	}
	return all
}
