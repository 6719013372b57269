package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPartitionsOfHistory: a table whose history is in partitions of MariaDB is made so, altered and followed, however they are rotated.
func TestPartitionsOfHistory(t *testing.T) {
	const create, parts = "CREATE TABLE item (id int AUTO_INCREMENT PRIMARY KEY, v varchar(9), KEY (v)) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME ", " (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)"
	for name, how := range map[string]string{
		"by nobody": parts, "by limit": "LIMIT 2" + parts, "by time": "INTERVAL 1 MONTH STARTS '2026-01-01 00:00:00'" + parts, "by itself": "INTERVAL 1 HOUR AUTO", "of parts": "SUBPARTITION BY HASH (id) SUBPARTITIONS 2" + parts,
	} {
		t.Run(name, func(t *testing.T) {
			source, target := newEnd(t, "mariadb"), newEnd(t, "mariadb")
			source.exec(t, create+how, "INSERT INTO item (v) VALUES ('a'), ('b')", "UPDATE item SET v = 'c' WHERE id = 1")
			load(t, source, target)
			check := func(rows string) {
				t.Helper()
				for _, c := range catchUp(t, source, target).Changes.Tables {
					require.Empty(t, c.Suspended, c.Source)
					require.Zero(t, c.Failed, c.Source)
				}
				require.Equal(t, source.column(t, rows), target.column(t, rows))
				const layout = "SELECT concat_ws(' ', partition_name, partition_method, partition_description) FROM information_schema.partitions WHERE table_schema = DATABASE() AND table_name = 'item' ORDER BY partition_ordinal_position"
				require.Equal(t, source.column(t, layout), target.column(t, layout))
			}
			for range 4 {
				source.exec(t, "UPDATE item SET v = concat(v, '!')")
			}
			source.exec(t, "DELETE FROM item WHERE id = 2", "INSERT INTO item (v) VALUES ('d')")
			check("SELECT concat_ws(' ', id, v) FROM item ORDER BY id")
			source.exec(t, "SET STATEMENT system_versioning_alter_history = KEEP FOR ALTER TABLE item ADD COLUMN n int", "INSERT INTO item (v, n) VALUES ('e', 5)")
			check("SELECT concat_ws(' ', id, v, n) FROM item ORDER BY id")
		})
	}
}
