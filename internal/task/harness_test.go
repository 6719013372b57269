package task_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// end is a database of a test, empty at first.
type end struct {
	engine string
	family catalog.Family
	url    string
	db     *sql.DB
	// settings are those of the endpoint, as a target; plugin is what a source's log is read through, "" for the one of the settings.
	settings map[string]string
	plugin   string
}

// engines are the ends that pairs are made of.
var engines = []string{"postgresql-15", "postgresql-18", "mariadb", "sqlite"}

func newEnd(t testing.TB, engine string) *end {
	t.Helper()
	switch engine {
	case "test_decoding":
		e := newEnd(t, "postgresql-15")
		e.plugin = engine
		return e
	case "pglogical":
		e := postgresEnd(t, servertest.Pglogical(t))
		e.plugin = engine
		e.exec(t, "CREATE EXTENSION pglogical")
		return e
	case "postgresql-15":
		return postgresEnd(t, servertest.PostgreSQL(t, servertest.PostgreSQL15))
	case "postgresql-18":
		return postgresEnd(t, servertest.PostgreSQL(t, servertest.PostgreSQL18))
	case "mariadb":
		return mariadbEnd(t, servertest.MariaDB(t))
	case "mysql":
		return mariadbEnd(t, servertest.MySQL(t))
	default:
		path := filepath.Join(t.TempDir(), "data.db")
		return &end{engine: engine, family: catalog.SQLite, url: "sqlite:" + path, db: servertest.OpenDB(t, "sqlite", path+"?_pragma=busy_timeout(10000)")}
	}
}

func postgresEnd(t testing.TB, d *servertest.Database) *end {
	return &end{engine: "postgres", family: catalog.PostgreSQL, url: d.URL, db: servertest.OpenDB(t, "pgx", d.URL+"&default_query_exec_mode=simple_protocol")}
}

func mariadbEnd(t testing.TB, d *servertest.Database) *end {
	u, err := url.Parse(d.URL)
	require.NoError(t, err)
	dsn := fmt.Sprintf("whimbrel:secret@tcp(%s)/%s?time_zone=%%27%%2B00:00%%27&sql_mode=%%27%%27", u.Host, d.Name)
	return &end{engine: "mariadb", family: catalog.MySQL, url: d.URL, db: servertest.OpenDB(t, "mysql", dsn)}
}

func (e *end) exec(t testing.TB, statements ...string) {
	t.Helper()
	servertest.Exec(t, e.db, statements...)
}

// column reads the first column of a query as texts.
func (e *end) column(t require.TestingT, query string) []string {
	out, err := servertest.Column(e.db, query, "NULL")
	require.NoError(t, err)
	return out
}

// quote quotes an identifier.
func (e *end) quote(name string) string {
	if e.family == catalog.MySQL {
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// config is a migration with the command line's defaults.
func config(source, target *end) task.Config {
	s := settings.MigrateDefaults()
	s.FullLoadSettings.MaxFullLoadSubTasks = 3
	c := task.Config{
		Engines: all.Engines(), Name: "test", Settings: s, RefuseRows: true, Stats: &fullload.Stats{}, Log: slog.New(slog.DiscardHandler),
		Source: connector.Config{URL: source.url}, Target: connector.Config{URL: target.url, Settings: target.settings},
	}
	if source.plugin != "" {
		c.Source.Settings = map[string]string{"PluginName": source.plugin}
	}
	return c
}

// run plans and runs a migration.
func run(ctx context.Context, c task.Config) (*task.Report, error) {
	m, err := task.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { _ = m.Close() }()
	plan, err := m.Plan(ctx)
	if err != nil {
		return nil, err
	}
	return m.Run(ctx, plan)
}

// migrate moves everything and requires that the run came to its end.
func migrate(t testing.TB, source, target *end) *task.Report {
	t.Helper()
	report, err := run(context.Background(), config(source, target))
	require.NoError(t, err)
	for _, table := range report.Tables {
		require.NoError(t, table.Err, table.Source)
	}
	return report
}
