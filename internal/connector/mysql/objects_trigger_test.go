package mysql

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestRunDDLLeavesTheSessionAsItWas(t *testing.T) {
	server := servertest.MariaDB(t)
	db, s := open(t, server.Server), quoteIdent(server.Name)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	run(t, conn, "CREATE TABLE "+s+".t (a int)", "USE mysql")
	require.NoError(t, runDDL(t.Context(), conn, "CREATE TRIGGER "+s+".`g` BEFORE INSERT ON "+s+".`t` FOR EACH ROW SET NEW.a = 1"))
	var database, text string
	require.NoError(t, conn.QueryRowContext(t.Context(), "SELECT DATABASE()").Scan(&database))
	require.Equal(t, "mysql", database)
	var ignored any
	require.NoError(t, conn.QueryRowContext(t.Context(), "SHOW CREATE TRIGGER "+s+".g").
		Scan(&ignored, &ignored, &text, &ignored, &ignored, &ignored, &ignored))
	require.Contains(t, text, "TRIGGER `g` BEFORE INSERT ON `t`")

	require.Error(t, runDDL(t.Context(), conn, "CREATE TRIGGER "+s+".`g` BEFORE INSERT ON "+s+".`t` FOR EACH ROW SET NEW.a = 1"))
	require.ErrorIs(t, conn.PingContext(t.Context()), sql.ErrConnDone, "a session that may be changed is not used again")
}
