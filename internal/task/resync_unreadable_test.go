package task_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// unreadableRows are a source's tables by key, and one without, of whose rows 2 cannot be read as their columns say, or have no place in a target.
var unreadableRows = map[catalog.Family][]string{
	catalog.SQLite: {
		"CREATE TABLE number (id INTEGER NOT NULL PRIMARY KEY, v INTEGER)", "INSERT INTO number VALUES (1, 1), (2, 'a text'), (3, 3)",
		"CREATE TABLE moment (id INTEGER NOT NULL PRIMARY KEY, v DATETIME)", "INSERT INTO moment VALUES (1, '2020-01-01 00:00:00'), (2, 'soon'), (3, NULL)",
		"CREATE TABLE letter (id INTEGER NOT NULL PRIMARY KEY, v VARCHAR(20))", "INSERT INTO letter VALUES (1, 'a'), (2, CAST(x'ff41' AS TEXT)), (3, 'c')",
		"CREATE TABLE bag (id INTEGER, v INTEGER)", "INSERT INTO bag VALUES (1, 1), (2, 'a text'), (3, 3)",
	},
	catalog.MySQL: {
		"CREATE TABLE number (id int NOT NULL PRIMARY KEY, v varchar(9))", "INSERT INTO number VALUES (1, '1'), (2, 'a\\0b'), (3, '3')",
		"CREATE TABLE moment (id int NOT NULL PRIMARY KEY, v datetime)", "INSERT INTO moment VALUES (1, '2020-01-01 00:00:00'), (2, '0000-00-00'), (3, NULL)",
		"CREATE TABLE letter (id int NOT NULL PRIMARY KEY, v date)", "INSERT INTO letter VALUES (1, '2020-01-01'), (2, '2020-00-10'), (3, '2020-01-03')",
		"CREATE TABLE bag (id int, v datetime)", "INSERT INTO bag VALUES (1, '2020-01-01'), (2, '0000-00-00'), (3, '2020-01-03')",
	},
}

// TestResyncAmongUnreadableRows has the target hold rows of the keys that the source cannot have read, and rows of its own: a resync after a load
// removes what the source surely lacks, and takes no row away because the source's cannot be read.
func TestResyncAmongUnreadableRows(t *testing.T) {
	for _, pair := range [][2]string{{"sqlite", "postgresql-18"}, {"sqlite", "mariadb"}, {"mariadb", "postgresql-15"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			source.exec(t, unreadableRows[source.family]...)
			migrate(t, source, target)
			for _, table := range []string{"number", "moment", "letter", "bag"} {
				there := qualified(source, target, table)
				require.Equal(t, []string{"1", "3"}, target.column(t, "SELECT id FROM "+there+" ORDER BY id"), table)
				target.exec(t, "DELETE FROM "+there, "INSERT INTO "+there+" (id, v) VALUES (2, NULL), (9, NULL)")
			}
			c := validating(t, source, target, `{"ValidationSettings":{"EnableValidation":true},"ResyncSettings":{"EnableResync":true},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`)
			c.RefuseRows = false
			_, err := run(t.Context(), c)
			require.NoError(t, err)
			for _, table := range []string{"number", "moment", "letter"} {
				there := qualified(source, target, table)
				require.Equal(t, []string{"1", "2", "3"}, target.column(t, "SELECT id FROM "+there+" ORDER BY id"), table)
				rows := failureRowsOf(t, target, table)
				require.Len(t, rows, 1, table)
				require.Contains(t, rows[0], `RECORD_DIFF {"key": ["2"]}`)
			}
			bag := target.column(t, "SELECT id FROM "+qualified(source, target, "bag")+" ORDER BY id")
			require.Equal(t, []string{"1", "2", "3", "9"}, bag, "without a key, any row may be the one that cannot be read")
			requireWhys(t, c)
		})
	}
}

// requireWhys requires that every row that still differs after a repair has its reason.
func requireWhys(t *testing.T, c task.Config) {
	t.Helper()
	c.Settings.ResyncSettings = nil
	v := compareEnds(t, c, true)
	for _, r := range v.Tables {
		for _, f := range r.Failures {
			refused := slices.ContainsFunc(v.Repaired[r.Source].Refused, func(x validate.Refusal) bool { return slices.Equal(x.Key, f.Key) && x.Reason != "" })
			require.True(t, f.Why != "" || refused, "%s: %+v", r.Source, f)
		}
	}
}

// TestResyncOfUnreadableRowsWhileFollowing has a window mend rows beside one that the source cannot have read: the target's row of its key stays.
func TestResyncOfUnreadableRowsWhileFollowing(t *testing.T) {
	for _, pair := range [][2]string{{"sqlite", "postgresql-18"}, {"mariadb", "postgresql-15"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			source.exec(t, unreadableRows[source.family][2:4]...)
			c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0},`+resyncs+`}`)
			c.RefuseRows = true
			open := windows(&c)
			m := startTask(t, c)
			t.Cleanup(func() { close(open) })
			name := catalog.Name{Schema: schemaPattern(source), Name: "moment"}
			awaitFailures(t, m, &c, name, 1)
			there := target.table(t, source, "moment")
			target.patient(t, "INSERT INTO "+there+" (id, v) VALUES (2, NULL), (9, NULL)")
			target.patient(t, "DELETE FROM "+there+" WHERE id = 3")
			awaitFailures(t, m, &c, name, 3)
			began := time.Now()
			open <- struct{}{}
			r := awaitResync(t, &c, "moment", began)
			require.Equal(t, validate.ResyncDone, r.State)
			ids := target.column(t, "SELECT id FROM "+there+" ORDER BY id")
			require.Subset(t, ids, []string{"1", "2", "3"}, "nothing is removed because the source cannot be read: %+v", r)
			require.True(t, slices.ContainsFunc(failureRowsOf(t, target, "moment"), func(s string) bool { return strings.Contains(s, `"key": ["2"]`) }))
		})
	}
}
