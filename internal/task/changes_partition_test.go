package task_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task"
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
		c := changesConfig(source, target)
		which(&c)
		release(t, c)
		require.Empty(t, source.column(t, "SELECT proname FROM pg_proc WHERE proname LIKE 'awsdms%' UNION ALL SELECT evtname FROM pg_event_trigger"))
	})
}

// TestPartitionsComeAndGo: a table that gets or loses rows with a partition, which are no changes that the stream brings, is suspended
// until it is reloaded; where partitions are tables of their own the partition is. With an empty one following goes on.
func TestPartitionsComeAndGo(t *testing.T) {
	eachPartitioned(t, func(t *testing.T, source, target *end, which edit) {
		load(t, source, target, which)
		source.exec(t, "CREATE TABLE item_j (id int PRIMARY KEY, v text)", "ALTER TABLE item ATTACH PARTITION item_j FOR VALUES FROM (50) TO (60)", "INSERT INTO item VALUES (51, 'j')")
		catchUp(t, source, target, which)
		require.ElementsMatch(t, []string{"a", "j"}, target.text(t, "item", "v"))

		for n, known := range []bool{false, true} {
			name, from := fmt.Sprintf("item_k%d", n), 60+10*n
			source.exec(t, "CREATE TABLE "+name+" (id int PRIMARY KEY, v text)", fmt.Sprintf("INSERT INTO %s VALUES (%d, 'k')", name, from))
			if known {
				catchUp(t, source, target, which)
			}
			source.exec(t, fmt.Sprintf("ALTER TABLE item ATTACH PARTITION %s FOR VALUES FROM (%d) TO (%d)", name, from, from+10), fmt.Sprintf("INSERT INTO item VALUES (%d, 'l')", from+1))
			r, whose := catchUp(t, source, target, which), name
			if target.family != catalog.PostgreSQL {
				whose = "item"
			}
			if why := changesOf(t, r, whose).Suspended; why != "" {
				require.Contains(t, why, "reload the table")
				continue
			}
			require.NotEqual(t, "item", whose, "its rows of before are no changes of the table")
			require.ElementsMatch(t, source.column(t, "SELECT v FROM item"), target.text(t, "item", "v"))
		}
	})
}

// TestPartitionsLeave: rows that leave a table with a partition are no deletes, so that it is suspended.
func TestPartitionsLeave(t *testing.T) {
	for _, statement := range []string{"ALTER TABLE item DETACH PARTITION item_a", "DROP TABLE item_a", "DO $$ BEGIN EXECUTE 'DROP TABLE item_a'; END $$"} {
		eachPartitioned(t, func(t *testing.T, source, target *end, which edit) {
			load(t, source, target, which)
			source.exec(t, "CREATE TABLE item_z PARTITION OF item FOR VALUES FROM (90) TO (99)", "ALTER TABLE item DETACH PARTITION item_z", "DROP TABLE item_z", statement)
			r := catchUp(t, source, target, which)
			switch {
			case target.family != catalog.PostgreSQL:
				require.Contains(t, changesOf(t, r, "item").Suspended, "its rows are gone from the table: reload the table")
			case strings.HasPrefix(statement, "ALTER"):
				require.Contains(t, changesOf(t, r, "item_a").Suspended, "no partition any more")
			default:
				require.Empty(t, target.column(t, "SELECT v FROM item"))
			}
		})
	}
}

// TestPartitionsOfMySQL: the binary log knows no partitions, so that rows of new ones come as any into a table that has none.
func TestPartitionsOfMySQL(t *testing.T) {
	for _, from := range []string{"mysql", "mariadb"} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, from), newEnd(t, "sqlite")
			source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, v varchar(9)) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10))", "INSERT INTO item VALUES (1, 'a')")
			load(t, source, target)
			source.exec(t, "ALTER TABLE item ADD PARTITION (PARTITION b VALUES LESS THAN (20))", "INSERT INTO item VALUES (11, 'b')")
			catchUp(t, source, target)
			require.ElementsMatch(t, []string{"a", "b"}, target.text(t, "item", "v"))
		})
	}
}

// TestPartitionGoneAndReloaded: a table that has lost a partition goes on after a reload, with the partitions that it gets meanwhile,
// whichever plugin reads the log.
func TestPartitionGoneAndReloaded(t *testing.T) {
	for _, plugin := range []string{"pgoutput", "test_decoding"} {
		t.Run(plugin, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "postgresql-18"), newEnd(t, "sqlite")
			edit := func(c *taskConfig) { c.Source.Settings = map[string]string{"PluginName": plugin} }
			source.exec(t, "CREATE TABLE item (id int primary key, v text) PARTITION BY RANGE (id)", "CREATE TABLE item_a PARTITION OF item FOR VALUES FROM (0) TO (10)")
			load(t, source, target, edit)
			source.exec(t, "CREATE TABLE item_b PARTITION OF item FOR VALUES FROM (10) TO (20)", "INSERT INTO item VALUES (1, 'a'), (11, 'b')", "UPDATE item SET v = v || '!'")
			catchUp(t, source, target, edit)
			require.ElementsMatch(t, []string{"a!", "b!"}, target.text(t, "item", "v"))
			source.exec(t, "DROP TABLE item_a")
			require.NotEmpty(t, changesOf(t, catchUp(t, source, target, edit), "item").Suspended)
			c := changesConfig(source, target)
			edit(&c)
			m, err := task.Open(context.Background(), c)
			require.NoError(t, err)
			require.NoError(t, m.Reload(context.Background(), []catalog.Name{source.named("item")}))
			require.NoError(t, m.Close())
			source.exec(t, "CREATE TABLE item_c PARTITION OF item FOR VALUES FROM (20) TO (30)", "INSERT INTO item VALUES (21, 'c')")
			require.Empty(t, changesOf(t, catchUp(t, source, target, edit), "item").Suspended)
			source.exec(t, "UPDATE item SET v = v || '?'")
			catchUp(t, source, target, edit)
			require.ElementsMatch(t, []string{"b!?", "c?"}, target.text(t, "item", "v"))
		})
	}
}

// TestPartitionsOfOthers: what looks at partitions in the source runs with the rights of who made it. It reads no foreign table, which
// here would write a file, and believes nothing that a session says of partitions.
func TestPartitionsOfOthers(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE item (id int, v text) PARTITION BY RANGE (id)", "CREATE TABLE item_a PARTITION OF item FOR VALUES FROM (0) TO (10)",
		"CREATE TABLE alone (id int PRIMARY KEY)", "INSERT INTO alone VALUES (1)", "INSERT INTO item VALUES (1, 'a')")
	load(t, source, target)
	source.exec(t, "DO $$ BEGIN PERFORM set_config('whimbrel.partitions', 'known ' || 'alone'::regclass::oid || ':' || 'item'::regclass::oid, false); END $$; CREATE TABLE other (id int PRIMARY KEY)",
		"INSERT INTO item VALUES (2, 'b')")
	require.Empty(t, changesOf(t, catchUp(t, source, target), "item").Suspended)
	require.ElementsMatch(t, []string{"a", "b"}, target.text(t, "item", "v"))

	mark := filepath.Join(sharedDir(t), "mark")
	source.exec(t, "CREATE EXTENSION file_fdw", "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
		"CREATE FOREIGN TABLE item_f (id int, v text) SERVER files OPTIONS (program 'touch "+mark+"')", "ALTER TABLE item ATTACH PARTITION item_f FOR VALUES FROM (10) TO (20)")
	require.NoFileExists(t, mark)
	source.exec(t, "ALTER TABLE item DETACH PARTITION item_f")
	require.NoFileExists(t, mark)
	require.Contains(t, changesOf(t, catchUp(t, source, target), "item").Suspended, "reload the table")
}

// sharedDir is a folder that the servers may write to.
func sharedDir(t *testing.T) string {
	dir := t.TempDir()
	for d := dir; len(d) >= len(os.TempDir()); d = filepath.Dir(d) {
		require.NoError(t, os.Chmod(d, 0o777|os.ModeSticky)) //nolint:gosec // the server is another user
	}
	return dir
}
