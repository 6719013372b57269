package task_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// elsewhereEnd is a database on a server of its own that knows FEDERATED tables.
func elsewhereEnd(t *testing.T) (*end, *servertest.Database) {
	t.Helper()
	d := servertest.PrivateMariaDB(t)
	e := mariadbEnd(t, d)
	if _, err := e.db.ExecContext(t.Context(), "INSTALL SONAME 'ha_federatedx'"); err != nil {
		t.Skipf("this MariaDB has no FEDERATED tables: %v", err)
	}
	return e, d
}

// TestRowsOfAnotherServer: the rows of a FEDERATED table are those of a table elsewhere, to which a load into its copy would write them once more.
// Into another engine they go, for there the table is one like others.
func TestRowsOfAnotherServer(t *testing.T) {
	t.Parallel()
	source, d := elsewhereEnd(t)
	source.exec(t, "CREATE TABLE near (id int PRIMARY KEY, v varchar(20))", "INSERT INTO near VALUES (1, 'a'), (2, 'b')",
		"CREATE TABLE kept (id int, v varchar(20), KEY (id))", "INSERT INTO kept VALUES (1, 'a'), (2, 'b')",
		fmt.Sprintf("CREATE TABLE far (id int, v varchar(20), KEY (id)) ENGINE=FEDERATED CONNECTION='mysql://whimbrel:secret@127.0.0.1:%d/%s/kept'", d.Server.Port(), d.Name))
	const rows = "SELECT concat(id, v) FROM far ORDER BY id"
	require.Equal(t, []string{"1a", "2b"}, source.column(t, rows))

	like, _ := elsewhereEnd(t)
	unlike := newEnd(t, "sqlite")
	report := migrate(t, source, like)
	require.Empty(t, report.Failed)
	require.True(t, report.Complete())
	require.True(t, told(report.Notes, "far goes along without rows"), "%v", report.Notes)
	require.Equal(t, []string{"1a", "2b"}, source.column(t, "SELECT concat(id, v) FROM kept ORDER BY id"), "nothing was written back to where the rows are")
	require.Equal(t, []string{"FEDERATED"}, like.column(t, "SELECT engine FROM information_schema.tables WHERE table_schema = database() AND table_name = 'far'"))
	require.Equal(t, []string{"1a", "2b"}, like.column(t, rows), "the target's table asks the same server")

	report = migrate(t, source, unlike)
	require.Empty(t, report.Failed)
	require.Equal(t, []string{"1a", "2b"}, unlike.column(t, "SELECT id || v FROM far ORDER BY id"))
}

func told(notes []convert.Note, text string) bool {
	for _, n := range notes {
		if strings.Contains(n.Text, text) {
			return true
		}
	}
	return false
}
