package main

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestNoPasswordIsLeftBehind: a migration that leaves out a row, goes on with what comes later and fails in between has its URL's password neither
// in what it prints nor in anything it writes to the target.
func TestNoPasswordIsLeftBehind(t *testing.T) {
	d := servertest.PostgreSQL(t, servertest.PostgreSQL18)
	target, err := url.Parse(d.URL)
	require.NoError(t, err)
	secret, known := target.User.Password()
	if !known || secret == "" {
		secret = "s3cretOfTheTarget"
		target.User = url.UserPassword(target.User.Username(), secret) // a server that asks for none takes any
	}
	source := "sqlite:" + sqliteFile(t, "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO item VALUES (1, 'a'), (2, 'b' || char(0) || 'c')")
	db := servertest.OpenDB(t, "pgx", d.URL)

	r := invoke(t, "migrate", source, target.String(), "--json")
	require.NotContains(t, r.all, secret)
	require.Contains(t, contents(t, db), "row with key id=2", "the row was left out")
	require.NotContains(t, contents(t, db), secret)

	r = invoke(t, "migrate", source, target.String(), "--table-mappings", "/nodir/m.json")
	require.NotEqual(t, exitOK, r.code)
	require.NotContains(t, r.all, secret)
}

// contents is every row of every table of a PostgreSQL database as text.
func contents(t *testing.T, db *sql.DB) string {
	t.Helper()
	var tables []string
	for _, name := range column(t, db, `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`) {
		tables = append(tables, column(t, db, "SELECT whole::text FROM "+name+" whole")...)
	}
	return strings.Join(tables, "\n")
}

func column(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var one string
		require.NoError(t, rows.Scan(&one))
		all = append(all, one)
	}
	require.NoError(t, rows.Err())
	return all
}
