package chaos_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// The kinds of ends.
const (
	pg     = "postgresql"
	maria  = "mariadb"
	sqlite = "sqlite"
)

// end is a database of a test, empty at first.
type end struct {
	kind   string
	url    string
	db     *sql.DB
	server servertest.Server // nil for SQLite
	plugin string            // PluginName of a source
}

func newEnd(t testing.TB, kind string) *end {
	t.Helper()
	switch kind {
	case pg:
		return serverEnd(t, kind, servertest.PostgreSQL(t, servertest.PostgreSQL15))
	case maria:
		return serverEnd(t, kind, servertest.MariaDB(t))
	}
	return sqliteEnd(t, t.TempDir())
}

// privateEnd is on a server of the test's own.
func privateEnd(t testing.TB, kind string, conf ...string) *end {
	t.Helper()
	var e *end
	if kind == pg {
		e = serverEnd(t, kind, servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, conf...))
	} else {
		// What a source has committed must outlive its own crash.
		e = serverEnd(t, kind, servertest.PrivateMariaDB(t, append(conf, "innodb_flush_log_at_trx_commit=1")...))
	}
	e.db.SetMaxIdleConns(0) // none is any good after a restart
	return e
}

func sqliteEnd(t testing.TB, dir string) *end {
	path := filepath.Join(dir, "data.db")
	return &end{kind: sqlite, url: "sqlite:" + path, db: servertest.OpenDB(t, "sqlite", path+"?_pragma=busy_timeout(60000)")}
}

func serverEnd(t testing.TB, kind string, d *servertest.Database) *end {
	e := &end{kind: kind, url: d.URL, server: d.Server}
	if kind == pg {
		e.db = servertest.OpenDB(t, "pgx", d.URL)
		return e
	}
	u, err := url.Parse(d.URL)
	require.NoError(t, err)
	e.db = servertest.OpenDB(t, "mysql", fmt.Sprintf("whimbrel:secret@tcp(%s)/%s?time_zone=%%27%%2B00:00%%27", u.Host, d.Name))
	return e
}

func (e *end) exec(t testing.TB, statements ...string) {
	t.Helper()
	servertest.Exec(t, e.db, statements...)
}

// texts reads the first column of a query, sorted.
func (e *end) texts(t testing.TB, query string) []string {
	t.Helper()
	out, err := e.tryTexts(query)
	require.NoError(t, err, query)
	return out
}

func (e *end) tryTexts(query string) ([]string, error) {
	out, err := servertest.Column(e.db, query, "")
	slices.Sort(out)
	return append([]string{}, out...), err
}

// number reads one number; -1 when the query fails, as it does while a table is not there.
func (e *end) number(query string) int64 {
	var n int64
	if err := e.db.QueryRowContext(context.Background(), query).Scan(&n); err != nil {
		return -1
	}
	return n
}

// pick chooses the text for an engine.
func (e *end) pick(postgres, mariadb, lite string) string {
	return map[string]string{pg: postgres, maria: mariadb, sqlite: lite}[e.kind]
}
