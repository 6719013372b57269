package task_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// selecting chooses what matches a pattern, and nothing else.
func selecting(t *testing.T, pattern string) edit {
	t.Helper()
	rules, err := mapping.FromPatterns([]string{pattern}, nil)
	require.NoError(t, err)
	return func(c *taskConfig) { c.Mappings = rules }
}

// eachPartitioned runs a test for PostgreSQL sources, targets that have partitions and that have not, and what selects the table: its
// own name alone, or a pattern that its partitions match too.
func eachPartitioned(t *testing.T, test func(t *testing.T, source, target *end, which edit)) {
	for _, from := range []string{"postgresql-15", "postgresql-18"} {
		for _, to := range []string{"sqlite", "postgresql-15"} {
			for by, pattern := range map[string]string{"name": "public.item", "pattern": "public.%"} {
				t.Run(fmt.Sprint(from, " to ", to, " by ", by), func(t *testing.T) {
					t.Parallel()
					source, target := newEnd(t, from), newEnd(t, to)
					source.exec(t, "CREATE TABLE item (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id)", "CREATE INDEX item_v ON item (v)",
						"CREATE TABLE item_a PARTITION OF item FOR VALUES FROM (0) TO (10)", "INSERT INTO item VALUES (1, 'a')")
					test(t, source, target, selecting(t, pattern))
				})
			}
		}
	}
}

// TestPartitionsMadeLater: rows of partitions that come into being while their table is followed arrive, whatever selects it.
func TestPartitionsMadeLater(t *testing.T) {
	eachPartitioned(t, func(t *testing.T, source, target *end, which edit) {
		load(t, source, target, which)
		check := func() {
			t.Helper()
			for _, c := range catchUp(t, source, target, which).Changes.Tables {
				require.Empty(t, c.Suspended, c.Source)
			}
			require.ElementsMatch(t, source.column(t, "SELECT v FROM item"), target.text(t, "item", "v"))
		}
		source.exec(t, "CREATE TABLE item_b PARTITION OF item FOR VALUES FROM (10) TO (20)", "INSERT INTO item VALUES (10, 'b')", "UPDATE item SET v = v || '!'")
		check()
		source.exec(t, "BEGIN; CREATE TABLE item_c PARTITION OF item FOR VALUES FROM (20) TO (30); INSERT INTO item VALUES (20, 'c'); UPDATE item SET id = id + 1 WHERE id < 9; COMMIT",
			"CREATE TABLE item_e PARTITION OF item DEFAULT", "INSERT INTO item VALUES (200, 'e'), (201, 'f')", "DELETE FROM item WHERE id = 201")
		check()
		source.exec(t, "CREATE TABLE item_s PARTITION OF item FOR VALUES FROM (30) TO (50) PARTITION BY RANGE (id)",
			"CREATE TABLE item_s1 PARTITION OF item_s FOR VALUES FROM (30) TO (40)", "INSERT INTO item VALUES (31, 'g')")
		check()
		source.exec(t, "CREATE TABLE item_s2 PARTITION OF item_s FOR VALUES FROM (40) TO (50)")
		check() // and is started anew between a partition and its rows
		source.exec(t, "INSERT INTO item VALUES (41, 'h')", "ALTER TABLE item ADD COLUMN n int DEFAULT 3", "INSERT INTO item VALUES (42, 'i', 4)", "UPDATE item SET v = v || '?', n = id")
		check()
		require.ElementsMatch(t, source.column(t, "SELECT n FROM item"), target.text(t, "item", "n"))
	})
}
