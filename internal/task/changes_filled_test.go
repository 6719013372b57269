package task_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// TestValuesThatNoChangeTells: a column is added, and the rows that are there get values that differ from row to row: the table is given
// up. A moment is told of; a constant is the same on both sides.
func TestValuesThatNoChangeTells(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-15", "postgresql-18"}, {"postgresql-18", "mariadb"}, {"mariadb", "mariadb"}, {"mariadb", "postgresql-15"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			own := map[catalog.Family][]string{
				catalog.PostgreSQL: {"n serial", "n int GENERATED ALWAYS AS IDENTITY", "n uuid DEFAULT gen_random_uuid()", "n float8 DEFAULT random()"},
				catalog.MySQL:      {"n int AUTO_INCREMENT UNIQUE", "n varchar(40) DEFAULT uuid()", "n double DEFAULT rand()", "n bigint DEFAULT uuid_short()"},
			}[source.family]
			tables := []string{"own0", "own1", "own2", "own3", "moment", "constant"}
			for _, name := range tables {
				source.exec(t, "CREATE TABLE "+name+" (id int NOT NULL PRIMARY KEY)", "INSERT INTO "+name+" VALUES (1), (2)")
			}
			load(t, source, target)
			for i, column := range append(own, "n timestamp DEFAULT current_timestamp", "n varchar(20) DEFAULT 'random()'") {
				source.exec(t, "ALTER TABLE "+tables[i]+" ADD COLUMN "+column, "INSERT INTO "+tables[i]+" (id) VALUES (3)")
			}
			var told bytes.Buffer
			report := catchUp(t, source, target, func(c *taskConfig) { c.Log = slog.New(slog.NewTextHandler(&told, nil)) })
			for i, name := range tables {
				counts := changesOf(t, report, name)
				if i < len(own) {
					require.Contains(t, counts.Suspended, "load the table anew", name)
					continue
				}
				require.Empty(t, counts.Suspended)
				require.Zero(t, counts.Failed)
			}
			require.Contains(t, told.String(), "are the target's own")
			require.NotContains(t, told.String(), "column=n default='random()'")
			require.Equal(t, source.text(t, "constant", "n"), target.text(t, target.table(t, source, "constant"), "n"))
		})
	}
}
