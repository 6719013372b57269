package assess_test

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// end is a fresh database.
type end struct {
	engine, name, url string
	db                *sql.DB
}

func newEnd(t *testing.T, engine string) *end {
	t.Helper()
	switch engine {
	case "postgres":
		return postgresEnd(t, servertest.PostgreSQL(t, servertest.PostgreSQL15))
	case "mariadb":
		return mariadbEnd(t, servertest.MariaDB(t))
	case "mysql":
		return mariadbEnd(t, servertest.MySQL(t))
	}
	path := filepath.Join(t.TempDir(), "data.db")
	return &end{engine, "main", "sqlite:" + path, servertest.OpenDB(t, "sqlite", path)}
}

func postgresEnd(t *testing.T, d *servertest.Database) *end {
	return &end{"postgres", d.Name, d.URL, servertest.OpenDB(t, "pgx", d.URL)}
}

func mariadbEnd(t *testing.T, d *servertest.Database) *end {
	u, err := url.Parse(d.URL)
	require.NoError(t, err)
	return &end{"mariadb", d.Name, d.URL, servertest.OpenDB(t, "mysql", "whimbrel:secret@tcp("+u.Host+")/"+d.Name+"?multiStatements=true")}
}

// as is the URL under another user, who has no rights but those that the statements give.
func (e *end) as(user string) string {
	u, err := url.Parse(e.url)
	if err != nil {
		panic(err)
	}
	u.User = url.UserPassword(user, "secret")
	return u.String()
}

// state is how both ends stand, and what is to be done with them. {source} and {target} stand for the names of the
// databases, {user} for a user of the test's own, who then connects.
type state struct {
	source, target         []string
	settings, mappings     string
	sourceUser, targetUser bool
	plugin                 string // PluginName of the source
	keepsPartitioned       string // skipTableSuspensionForPartitionDdl of the source
	long                   time.Duration
}

// pairOf is where a state is brought about; the ends may be on servers of their own.
type pairOf struct {
	source, target func(*testing.T) *end
	kind           task.Type
}

func (p pairOf) examine(t *testing.T, s state) (*task.Examination, *strings.Replacer) {
	t.Helper()
	source, target := p.source(t), p.target(t)
	user := "u" + source.name + target.name
	words := strings.NewReplacer("{source}", source.name, "{target}", target.name, "{user}", user)
	for e, wanted := range map[*end]bool{source: s.sourceUser, target: s.targetUser} {
		switch {
		case !wanted:
		case e.engine == "postgres":
			servertest.Exec(t, e.db, "CREATE ROLE "+user+" LOGIN REPLICATION PASSWORD 'secret'")
			t.Cleanup(func() { _, _ = e.db.Exec("DROP OWNED BY " + user); _, _ = e.db.Exec("DROP ROLE " + user) })
		default:
			servertest.Exec(t, e.db, "CREATE USER "+user+"@'127.0.0.1' IDENTIFIED BY 'secret'")
			t.Cleanup(func() { _, _ = e.db.Exec("DROP USER " + user + "@'127.0.0.1'") })
		}
	}
	for e, statements := range map[*end][]string{source: s.source, target: s.target} {
		for _, one := range statements {
			servertest.Exec(t, e.db, words.Replace(one))
		}
	}
	c := task.Config{
		Engines: all.Engines(), Type: p.kind, Name: "assess", Source: connector.Config{URL: source.url}, Target: connector.Config{URL: target.url},
		Settings: settings.MigrateDefaults(), Stats: &fullload.Stats{}, ChangeStats: &cdc.Stats{},
	}
	if s.plugin != "" {
		c.Source.Settings = map[string]string{"PluginName": s.plugin}
	}
	if s.keepsPartitioned != "" {
		c.Source.Settings = map[string]string{"SkipTableSuspensionForPartitionDdl": s.keepsPartitioned}
	}
	if s.sourceUser {
		c.Source.URL = source.as(user)
	}
	if s.targetUser {
		c.Target.URL = target.as(user)
	}
	var err error
	if s.settings != "" {
		c.Settings, err = settings.ParseOver(settings.MigrateDefaults(), []byte(s.settings))
		require.NoError(t, err)
	}
	if s.mappings != "" {
		c.Mappings, err = mapping.Parse([]byte(words.Replace(s.mappings)))
		require.NoError(t, err)
	}
	opened, err := task.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = opened.Close() })
	found, err := opened.Examine(t.Context())
	require.NoError(t, err)
	return found, words
}

// check is one assessment with a state that fails it and one that passes it.
type check struct {
	pairOf
	name      string
	bad, good state
	status    assess.Status
	objects   []string // of the findings, {source} and {target} as in a state
	mend      string   // part of the first mend
	// spoiled is where the bad state is brought about, where that takes a server of its own.
	spoiled *pairOf
}

func (c *check) result(t *testing.T, p pairOf, s state) (assess.Result, []string, []string) {
	t.Helper()
	found, words := p.examine(t, s)
	r, err := assess.Run(t.Context(), found, assess.Options{Selection: assess.Selection{Only: []string{c.name}}, LongTransaction: s.long})
	require.NoError(t, err)
	require.Len(t, r.Results, 1)
	var objects, wanted []string
	for _, f := range r.Results[0].Findings {
		objects = append(objects, f.Object)
		require.NotEmpty(t, f.Reason)
	}
	for _, o := range c.objects {
		wanted = append(wanted, words.Replace(o))
	}
	return r.Results[0], objects, wanted
}

func run(t *testing.T, checks []check) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			at := c.pairOf
			if c.spoiled != nil {
				at = *c.spoiled
			}
			r, objects, wanted := c.result(t, at, c.bad)
			require.Equal(t, c.status, r.Status, "%+v", r)
			if c.objects != nil {
				slices.Sort(objects)
				slices.Sort(wanted)
				require.Equal(t, wanted, objects)
			}
			if c.mend != "" {
				require.Contains(t, r.Findings[0].Mend, c.mend)
			}
			r, _, _ = c.result(t, c.pairOf, c.good)
			require.Equal(t, assess.Passed, r.Status, "%+v", r)
			require.Empty(t, r.Findings)
		})
	}
}

func the(e *end) func(*testing.T) *end { return func(*testing.T) *end { return e } }

func fresh(engine string) func(*testing.T) *end {
	return func(t *testing.T) *end { return newEnd(t, engine) }
}

func pair(source, target string, kind task.Type) pairOf {
	return pairOf{fresh(source), fresh(target), kind}
}
