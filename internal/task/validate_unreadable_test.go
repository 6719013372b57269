package task_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// TestValidationOfRowsThatCannotBeRead plants values that are none of their column's type in a SQLite file, whose columns take any: such a row is told once,
// with its key and the reason, as one that differs where the other side has it. A repair overwrites the target's, and never takes a row out of the target because
// the source's cannot be read.
func TestValidationOfRowsThatCannotBeRead(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-18", "sqlite"}, {"mariadb", "sqlite"}, {"sqlite", "postgresql-15"}, {"sqlite", "mariadb"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			source.exec(t, "CREATE TABLE numbered (id int NOT NULL PRIMARY KEY, n int)", "INSERT INTO numbered VALUES (1, 10), (2, 20), (3, 30), (4, 40)",
				"CREATE TABLE named (k varchar(20) NOT NULL, i int NOT NULL, n int, PRIMARY KEY (k, i))", "INSERT INTO named VALUES ('one, two', 1, 10), ('three', 3, 30)")
			migrate(t, source, target)
			odd := target
			if source.family == catalog.SQLite {
				odd = source
			}
			odd.exec(t, "UPDATE numbered SET n = 'a text' WHERE id = 2", "INSERT INTO numbered VALUES (9, 'another')", "UPDATE named SET n = 'a third' WHERE i = 1")
			target.exec(t, "UPDATE "+qualified(source, target, "numbered")+" SET n = 41 WHERE id = 4", "DELETE FROM "+qualified(source, target, "numbered")+" WHERE id = 3")
			c := config(source, target)
			v := compareEnds(t, c, false)
			alone := "MISSING_TARGET [id=9]"
			if odd == target {
				alone = "MISSING_SOURCE [id=9]"
			}
			require.Equal(t, map[string]string{"RECORD_DIFF [2]": "a text", "MISSING_TARGET [3]": "", "RECORD_DIFF [4]": "", alone: "another"}, toldOf(t, resultOf(t, v, "numbered").Failures, "a text", "another"))
			require.EqualValues(t, 4, resultOf(t, v, "numbered").Failed)
			require.EqualValues(t, 2, resultOf(t, v, "numbered").Different)
			require.Equal(t, map[string]string{"RECORD_DIFF [one, two 1]": "a third"}, toldOf(t, resultOf(t, v, "named").Failures, "a third"))

			v = compareEnds(t, c, true)
			rows := "SELECT id FROM " + qualified(source, target, "numbered") + " ORDER BY id"
			if odd == source {
				require.Equal(t, map[string]string{"RECORD_DIFF [2]": "a text", alone: "another"}, toldOf(t, resultOf(t, v, "numbered").Failures, "a text", "another"))
				require.Equal(t, []string{"1", "2", "3", "4"}, target.column(t, rows))
				require.EqualValues(t, 1, resultOf(t, v, "named").Failed)
				return
			}
			require.Equal(t, map[string]string{alone: "another"}, toldOf(t, resultOf(t, v, "numbered").Failures, "another"))
			require.Equal(t, []string{"1", "2", "3", "4", "9"}, target.column(t, rows))
			require.True(t, resultOf(t, v, "named").Equal(), "%v", resultOf(t, v, "named").Failures)
		})
	}
}

func toldOf(t *testing.T, failures []validate.Failure, values ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, f := range failures {
		about := fmt.Sprintf("%s %v", f.Kind, f.WholeKey())
		require.NotContains(t, out, about, "told twice")
		out[about] = ""
		for _, v := range values {
			if strings.Contains(f.Why, v) {
				out[about] = v
			}
		}
		if out[about] == "" {
			require.Empty(t, f.Why)
		}
	}
	return out
}
