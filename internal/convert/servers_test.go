package convert

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql"
	"github.com/whimbreldb/whimbrel/internal/connector/postgres"
	"github.com/whimbreldb/whimbrel/internal/connector/sqlite"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// What convert spells, the dialects write and the servers take, to the last default and check.
func TestServersTakeWhatIsConverted(t *testing.T) {
	sources := map[string]func() *catalog.Catalog{"postgresql": postgresShop, "mysql": mysqlShop, "sqlite": sqliteShop}
	targets := map[string]struct {
		engine *connector.Engine
		to     Target
		schema string
		url    func(t *testing.T) string
	}{
		"postgresql": {postgres.Engine(), toPostgres, "store", func(t *testing.T) string { return servertest.PostgreSQL(t, servertest.PostgreSQL15).URL }},
		"mariadb":    {mysql.Engine(), toMariaDB, "", func(t *testing.T) string { return servertest.MariaDB(t).URL }},
		"sqlite":     {sqlite.Engine(), toSQLite, "main", func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "shop.db") }},
	}
	for from, source := range sources {
		for to, target := range targets {
			catalogue := source()
			if catalogue.Family == target.to.Family && catalogue.Family != pg {
				continue // the samples of these hold no real statements
			}
			t.Run(from+" to "+to, func(t *testing.T) {
				opened, err := target.engine.OpenTarget(t.Context(), connector.Config{URL: target.url(t)})
				require.NoError(t, err)
				defer func() { require.NoError(t, opened.Close()) }()
				schema := target.schema
				if schema == "" {
					schema = opened.DefaultSchema()
				}
				r, err := Convert(Input{Source: catalogue, Plan: planFor(catalogue, schema), To: target.to, Options: everything})
				require.NoError(t, err)
				exec := func(ss []catalog.Statement) {
					for _, s := range ss {
						require.NoError(t, opened.Exec(t.Context(), []catalog.Statement{s}), s.SQL)
					}
				}
				dialect := target.engine.Dialect
				for _, s := range r.Schemas {
					if s.Name != opened.DefaultSchema() {
						exec(dialect.CreateSchema(s))
					}
				}
				objects := func(stage catalog.Stage) {
					for _, o := range r.Objects {
						for _, sql := range o.DDL {
							if o.Stage == stage {
								exec([]catalog.Statement{{SQL: sql}})
							}
						}
					}
				}
				objects(catalog.BeforeTables)
				for _, s := range r.Sequences {
					exec(dialect.CreateSequence(s))
				}
				var scripts []catalog.Script
				for _, table := range r.Tables {
					if !table.Folded {
						scripts = append(scripts, dialect.Script(table.Target, false))
					}
				}
				for _, s := range scripts {
					exec(s.Create)
				}
				for _, s := range scripts {
					exec(s.Keys)
					exec(s.Indexes)
				}
				for _, s := range scripts {
					exec(s.Attach)
				}
				for _, s := range scripts {
					exec(s.Finish)
				}
				for _, v := range r.Views {
					exec(dialect.CreateView(v))
				}
				objects(catalog.AtEnd)
			})
		}
	}
}
