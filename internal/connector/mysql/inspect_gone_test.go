package mysql

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// meanwhile is a connection on which something happens before the first question for a table's text.
type meanwhile struct {
	*sql.Conn
	happens func()
}

func (m *meanwhile) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if strings.HasPrefix(query, "SHOW CREATE TABLE") && m.happens != nil {
		m.happens()
		m.happens = nil
	}
	return m.Conn.QueryRowContext(ctx, query, args...)
}

// TestInspectATableThatGoes: one that is dropped between the list of tables and its own text is not there, and the others are.
func TestInspectATableThatGoes(t *testing.T) {
	d := servertest.PrivateMariaDB(t)
	db := open(t, d.Server)
	run(t, db, "CREATE TABLE "+quoteIdent(d.Name)+".gone (id int PRIMARY KEY)")
	run(t, db, "CREATE TABLE "+quoteIdent(d.Name)+".stays (id int PRIMARY KEY)")
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	q := &meanwhile{conn, func() { run(t, db, "DROP TABLE "+quoteIdent(d.Name)+".gone") }}
	c, err := inspect(t.Context(), q, connector.InspectOptions{Objects: true})
	require.NoError(t, err)
	require.Nil(t, c.Table(catalog.Name{Schema: d.Name, Name: "gone"}))
	require.NotNil(t, c.Table(catalog.Name{Schema: d.Name, Name: "stays"}))
}
