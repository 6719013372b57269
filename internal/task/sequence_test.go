package task_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestSequencesThatMoveMeanwhile advances sequences and adds rows after the source was inspected and before the snapshot:
// the next number of the target must lie behind every row that arrives, and behind every number the source has given out
// in the snapshot.
func TestSequencesThatMoveMeanwhile(t *testing.T) {
	kinds := map[string][]string{
		"postgresql-18": {
			"CREATE SEQUENCE ticket START 5", "CREATE TABLE by_sequence (id int PRIMARY KEY DEFAULT nextval('ticket'), v int)",
			"CREATE TABLE by_serial (id serial PRIMARY KEY, v int)", "CREATE TABLE by_identity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int)",
		},
		"mariadb": {
			"CREATE SEQUENCE ticket START WITH 5 NOCACHE", "CREATE TABLE by_sequence (id int PRIMARY KEY DEFAULT nextval(ticket), v int)",
			"CREATE TABLE by_serial (id int AUTO_INCREMENT PRIMARY KEY, v int)", "CREATE TABLE by_identity (id bigint AUTO_INCREMENT PRIMARY KEY, v int)",
		},
		"sqlite": {"CREATE TABLE by_serial (id INTEGER PRIMARY KEY AUTOINCREMENT, v int)", "CREATE TABLE by_identity (id INTEGER PRIMARY KEY AUTOINCREMENT, v int)"},
	}
	for _, pair := range [][2]string{
		{"postgresql-18", "postgresql-18"}, {"mariadb", "mariadb"}, {"sqlite", "sqlite"}, {"postgresql-18", "mariadb"}, {"mariadb", "postgresql-18"}, {"sqlite", "postgresql-18"},
	} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			source.exec(t, kinds[pair[0]]...)
			tables := []string{"by_serial", "by_identity", "by_sequence"}
			if pair[0] == "sqlite" {
				tables = tables[:2]
			}
			add := func(e *end, where func(string) string) {
				for _, table := range tables {
					for range 3 {
						e.exec(t, "INSERT INTO "+where(table)+" (v) VALUES (1)")
					}
				}
			}
			add(source, func(n string) string { return n })
			m, err := task.Open(context.Background(), config(source, target))
			require.NoError(t, err)
			defer func() { require.NoError(t, m.Close()) }()
			plan, err := m.Plan(context.Background())
			require.NoError(t, err)
			for range 20 {
				add(source, func(n string) string { return n })
			}
			report, err := m.Run(context.Background(), plan)
			require.NoError(t, err)
			require.Empty(t, report.Failed)

			here := func(n string) string { return qualified(source, target, n) }
			if source.family != target.family {
				tables = tables[:2] // a default that names a sequence does not go along
			}
			add(target, here)
			for _, table := range tables {
				require.Equal(t, []string{"66"}, target.column(t, "SELECT count(DISTINCT id) FROM "+here(table)), table)
				last, err := strconv.Atoi(target.column(t, "SELECT max(id) FROM "+here(table))[0])
				require.NoError(t, err)
				require.GreaterOrEqual(t, last, 66)
			}
		})
	}
}
