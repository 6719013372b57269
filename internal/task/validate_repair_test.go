package task_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// TestRepairAmongConstraints repairs tables that refer to each other with ON DELETE CASCADE, have a column that is computed, and a trigger on
// the target that would spoil what is written: nothing else than what differs changes.
func TestRepairAmongConstraints(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		computed := map[catalog.Family]string{catalog.PostgreSQL: "int GENERATED ALWAYS AS (n * 2) STORED", catalog.MySQL: "int AS (n * 2) STORED", catalog.SQLite: "int AS (n * 2) STORED"}[source.family]
		source.exec(
			t, "CREATE TABLE parent (id int NOT NULL PRIMARY KEY, code varchar(20) UNIQUE, n int, twice "+computed+")",
			"CREATE TABLE child (id int NOT NULL PRIMARY KEY, parent int NOT NULL, note varchar(20), FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE)",
			"INSERT INTO parent (id, code, n) VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3), (4, 'four', 4)",
			"INSERT INTO child VALUES (11, 1, 'a'), (12, 2, 'b'), (13, 3, 'c'), (14, 4, 'd')",
		)
		migrate(t, source, target)
		parent, child := target.table(t, source, "parent"), target.table(t, source, "child")
		if target.family == catalog.SQLite {
			target.exec(t, "CREATE TRIGGER spoil AFTER INSERT ON child BEGIN UPDATE child SET note = 'spoiled' WHERE id = new.id; END")
		}
		target.exec(
			t, "UPDATE "+parent+" SET code = NULL WHERE id = 1", "UPDATE "+parent+" SET code = 'one' WHERE id = 2", "UPDATE "+parent+" SET code = 'two' WHERE id = 1",
			"UPDATE "+parent+" SET n = 30 WHERE id = 3", "DELETE FROM "+child+" WHERE id = 14", "DELETE FROM "+parent+" WHERE id = 4",
			"INSERT INTO "+parent+" (id, code, n) VALUES (9, 'nine', 9)", "INSERT INTO "+child+" VALUES (19, 9, 'x')",
		)
		c := config(source, target)
		v := compareEnds(t, c, false)
		require.Equal(t, tally{3, 1, 1}, tally{resultOf(t, v, "parent").Different, resultOf(t, v, "parent").MissingSource, resultOf(t, v, "parent").MissingTarget})
		v = compareEnds(t, c, true)
		for _, r := range v.Tables {
			require.Equal(t, validate.Validated, r.State, "%s: %s %v %v", r.Source, r.Reason, r.Failures, v.Repaired[r.Source])
		}
		for query, table := range map[string]string{"SELECT code FROM %s ORDER BY id": "parent", "SELECT twice FROM %s ORDER BY id": "parent", "SELECT note FROM %s ORDER BY id": "child"} {
			there := map[string]string{"parent": parent, "child": child}[table]
			require.Equal(t, source.column(t, fmt.Sprintf(query, table)), target.column(t, fmt.Sprintf(query, there)), query)
		}
	})
}
