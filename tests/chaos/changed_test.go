package chaos_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestChangedSource changes the source between a killed run and the next one.
func TestChangedSource(t *testing.T) {
	for _, pair := range [][2]string{{pg, pg}, {pg, sqlite}, {maria, maria}, {maria, pg}, {sqlite, sqlite}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeShop(t, source)
			before := source.allRows(t)
			p := start(t, source, target, "--rate-limit", "3000rows/s")
			p.awaitRows(t, target)
			require.NoError(t, p.cmd.Process.Kill())
			<-p.ended
			source.exec(t,
				"UPDATE customer SET score = score + 100 WHERE id % 7 = 0",
				"UPDATE visit SET at = at + 1000 WHERE at % 5 = 0",
				"DELETE FROM visit WHERE at % 11 = 0", "DELETE FROM orders WHERE id % 13 = 0",
				"INSERT INTO orders (id, customer, note) VALUES (100001, 1, 'new'), (1, 1, 'new'), (4, 2, 'new')",
				"INSERT INTO visit VALUES ('/new', 1), ('/new', 1)", "INSERT INTO customer (id, name, score) VALUES (5000, 'new', 1)")
			source.analyze(t)
			after := source.allRows(t)
			complete(t, source, target)
			got := target.allRows(t)
			require.False(t, target.journalLeft(t))
			for table := range shopTables {
				if slices.Equal(got[table], before[table]) || slices.Equal(got[table], after[table]) {
					continue // wholly of one moment
				}
				require.NotEqual(t, pg, source.kind, "table %s is of neither moment", table)
				require.NotEqual(t, "visit", table, "a table without a key is of one moment")
				requireNoKeyTwiceNoneLost(t, table, before[table], after[table], got[table])
			}
		})
	}
}

// requireNoKeyTwiceNoneLost accepts each row in its state of either moment.
func requireNoKeyTwiceNoneLost(t *testing.T, table string, before, after, got []string) {
	t.Helper()
	keys := map[string]bool{}
	for _, r := range got {
		require.False(t, keys[key(r)], "key %s of %s twice", key(r), table)
		keys[key(r)] = true
		require.True(t, slices.Contains(before, r) || slices.Contains(after, r), "%s: %s is of neither moment", table, r)
	}
	still := map[string]bool{}
	for _, r := range after {
		still[key(r)] = true
	}
	for _, r := range before {
		require.True(t, keys[key(r)] || !still[key(r)], "key %s of %s is lost", key(r), table)
	}
}

func key(row string) string { return row[:strings.IndexByte(row, '|')] }

func (e *end) allRows(t testing.TB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for table, columns := range shopTables {
		all[table] = e.rows(t, table, columns)
	}
	return all
}
