package task_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// Structure and rows change in quick turns while nobody follows: each change of rows is read as its table was then.
func TestQuickTurnsOfDDL(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE ledger (id int NOT NULL PRIMARY KEY)")
		load(t, source, target)
		const rounds = 4
		for half := range 2 {
			for n := half * rounds; n < (half+1)*rounds; n++ {
				source.exec(t, fmt.Sprintf("INSERT INTO ledger (id) VALUES (%d)", 10*n),
					fmt.Sprintf("ALTER TABLE ledger ADD COLUMN c%d int", n),
					fmt.Sprintf("UPDATE ledger SET c%d = id + %d", n, n),
					fmt.Sprintf("INSERT INTO ledger (id, c%d) VALUES (%d, 7)", n, 10*n+1),
					fmt.Sprintf("ALTER TABLE ledger RENAME COLUMN c%d TO d%d", n, n),
					fmt.Sprintf("UPDATE ledger SET d%d = d%d + 1 WHERE id %% 3 = 0", n, n))
			}
			report := catchUp(t, source, target)
			require.Empty(t, changesOf(t, report, "ledger").Suspended)
			for n := range (half + 1) * rounds {
				pair := fmt.Sprintf("concat(id, '|', coalesce(d%d, -1))", n)
				if source.engine == "sqlite" {
					pair = fmt.Sprintf("id || '|' || coalesce(d%d, -1)", n)
				}
				there := fmt.Sprintf("concat(id, '|', coalesce(d%d, -1))", n)
				if target.engine == "sqlite" {
					there = fmt.Sprintf("id || '|' || coalesce(d%d, -1)", n)
				}
				require.Equal(t, source.text(t, "ledger", pair), target.text(t, target.table(t, source, "ledger"), there), "column d%d", n)
			}
		}
	})
}
