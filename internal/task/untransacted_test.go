package task_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestTablesWithoutTransactions loads into storage engines that keep every row they were ever given, among them rows that
// the server refuses: the first try leaves rows behind, and the second must not double them.
func TestTablesWithoutTransactions(t *testing.T) {
	for _, from := range []string{"mariadb", "postgresql-18"} {
		for _, engine := range []string{"MyISAM", "Aria", "MEMORY"} {
			t.Run(from+" to "+engine, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, from), newEnd(t, "mariadb")
				rows := map[string]string{
					"mariadb":       "SELECT seq, IF(seq IN (1500, 2700), 'too long for it', 'short') FROM seq_1_to_3000",
					"postgresql-18": "SELECT g, CASE WHEN g IN (1500, 2700) THEN 'too long for it' ELSE 'short' END FROM generate_series(1, 3000) g",
				}[from]
				source.exec(t, "CREATE TABLE keyed (id int PRIMARY KEY, v varchar(20))", "CREATE TABLE plain (id int, v varchar(20))",
					"INSERT INTO keyed "+rows, "INSERT INTO plain "+rows)
				for _, key := range []string{"keyed (id int PRIMARY KEY,", "plain (id int,"} {
					target.exec(t, "CREATE TABLE "+key+" v varchar(8)) ENGINE="+engine+" CHARACTER SET utf8mb4")
				}
				c := with(t, config(source, target), prep(settings.DoNothing))
				c.SegmentBytes, c.RefuseRows = 16<<10, false
				report, err := run(context.Background(), c)
				require.NoError(t, err)
				for _, counts := range report.Tables {
					require.NoError(t, counts.Err)
					require.Equal(t, int64(2), counts.Rejected, counts.Source)
					require.Equal(t, []string{"2998 2998"}, target.column(t, "SELECT CONCAT(COUNT(*), ' ', COUNT(DISTINCT id)) FROM "+counts.Target.Name))
				}
				_, err = run(context.Background(), c)
				require.ErrorIs(t, err, task.ErrHoldsRows, "rows of others are never mixed with those that cannot be taken back")
				require.ErrorContains(t, err, "no transactions")
			})
		}
	}
}

// TestStorageEnginesAreKept moves tables of other storage engines with their rows.
func TestStorageEnginesAreKept(t *testing.T) {
	source, target := newEnd(t, "mariadb"), newEnd(t, "mariadb")
	for _, engine := range []string{"MyISAM", "Aria", "MEMORY", "InnoDB"} {
		source.exec(t, "CREATE TABLE t_"+engine+" (id int NOT NULL, v varchar(20)) ENGINE="+engine, "INSERT INTO t_"+engine+" SELECT seq, 'v' FROM seq_1_to_3000")
	}
	c := config(source, target)
	c.SegmentBytes = 16 << 10
	report, err := run(context.Background(), c)
	require.NoError(t, err)
	require.True(t, report.Complete())
	for _, counts := range report.Tables {
		require.Equal(t, []string{"3000 4501500"}, target.column(t, "SELECT CONCAT(COUNT(*), ' ', SUM(id)) FROM "+counts.Target.Name), counts.Target.Name)
		require.Equal(t, []string{"t_" + target.column(t, "SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '"+counts.Target.Name+"'")[0]}, []string{counts.Target.Name})
	}
}
