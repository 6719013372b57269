package postgres

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

func connect(t testing.TB, db *servertest.Database) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), db.URL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func versionName(v servertest.PostgreSQLVersion) string { return fmt.Sprintf("PostgreSQL %d", v) }

func run(t testing.TB, c *pgx.Conn, sql string) {
	t.Helper()
	_, err := c.PgConn().Exec(t.Context(), sql).ReadAll()
	require.NoError(t, err)
}

func runFile(t testing.TB, c *pgx.Conn, name string) {
	t.Helper()
	sql, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	run(t, c, string(sql))
}

func inspectAll(t testing.TB, c *pgx.Conn) *catalog.Catalog {
	t.Helper()
	tx, err := c.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.Background())) }()
	found, err := inspect(t.Context(), tx, connector.InspectOptions{Objects: true})
	require.NoError(t, err)
	return found
}

// write runs what makes the catalog in another database, in the order a migration does.
func write(t testing.TB, c *pgx.Conn, from *catalog.Catalog, keysFirst bool) {
	t.Helper()
	w := &writer{t: t, c: c, from: from}
	for _, s := range ddlSettings {
		run(t, c, s)
	}
	for _, s := range from.Schemas {
		w.run(Dialect{}.CreateSchema(s))
	}
	w.objects(catalog.BeforeTables)
	for _, s := range from.Schemas {
		for _, q := range s.Sequences {
			w.run(Dialect{}.CreateSequence(q))
		}
	}
	tables := tablesInOrder(from)
	scripts := make([]catalog.Script, len(tables))
	for i, table := range tables {
		scripts[i] = Dialect{}.Script(table, keysFirst)
		w.run(scripts[i].Create)
	}
	w.objects(catalog.AfterTables)
	for _, part := range []func(catalog.Script) []catalog.Statement{
		func(s catalog.Script) []catalog.Statement { return s.Keys },
		func(s catalog.Script) []catalog.Statement { return s.Indexes },
	} {
		for _, s := range scripts {
			w.run(part(s))
		}
	}
	w.objects(catalog.AfterLoad)
	for _, v := range viewsInOrder(from) {
		w.run(Dialect{}.CreateView(v))
	}
	for _, s := range scripts {
		w.run(s.Attach)
	}
	w.objects(catalog.AtEnd)
	for _, s := range scripts {
		w.run(s.Finish)
	}
}

type writer struct {
	t    testing.TB
	c    *pgx.Conn
	from *catalog.Catalog
}

// run checks what statements say they make: it must not exist before and must exist after.
func (w *writer) run(ss []catalog.Statement) {
	w.t.Helper()
	for _, s := range ss {
		found, err := exists(w.t.Context(), w.c, s.Makes)
		require.NoError(w.t, err)
		if s.Makes.Kind != catalog.SchemaRef {
			require.False(w.t, found, "%v exists before %s", s.Makes, s.SQL)
		}
		_, err = w.c.Exec(w.t.Context(), s.SQL, pgx.QueryExecModeSimpleProtocol)
		require.NoError(w.t, err, s.SQL)
		if s.Makes.Kind != catalog.NoRef {
			found, err = exists(w.t.Context(), w.c, s.Makes)
			require.NoError(w.t, err)
			require.True(w.t, found, "%v does not exist after %s", s.Makes, s.SQL)
		}
	}
}

func (w *writer) objects(stage catalog.Stage) {
	w.t.Helper()
	for _, o := range objectsOf(w.from) {
		if o.Stage != stage {
			continue
		}
		for _, sql := range o.DDL {
			_, err := w.c.Exec(w.t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
			require.NoError(w.t, err, sql)
		}
	}
}

func objectsOf(c *catalog.Catalog) []catalog.Object {
	all := slices.Clone(c.Objects)
	for _, s := range c.Schemas {
		all = append(all, s.Objects...)
	}
	return all
}

// tablesInOrder lists tables so that each stands after those it needs.
func tablesInOrder(c *catalog.Catalog) []*catalog.Table {
	var ordered []*catalog.Table
	done := map[*catalog.Table]bool{}
	var visit func(*catalog.Table)
	visit = func(t *catalog.Table) {
		if t == nil || done[t] {
			return
		}
		done[t] = true
		for _, n := range t.Needs {
			visit(c.Table(n))
		}
		ordered = append(ordered, t)
	}
	for _, s := range c.Schemas {
		for _, t := range s.Tables {
			visit(t)
		}
	}
	return ordered
}

func viewsInOrder(c *catalog.Catalog) []*catalog.View {
	byName := map[catalog.Name]*catalog.View{}
	var all, ordered []*catalog.View
	for _, s := range c.Schemas {
		for _, v := range s.Views {
			byName[v.Name] = v
			all = append(all, v)
		}
	}
	done := map[*catalog.View]bool{}
	var visit func(*catalog.View)
	visit = func(v *catalog.View) {
		if v == nil || done[v] {
			return
		}
		done[v] = true
		for _, n := range v.Needs {
			visit(byName[n])
		}
		ordered = append(ordered, v)
	}
	for _, v := range all {
		visit(v)
	}
	return ordered
}

// settle removes from a catalog what may rightly differ between a source of that version and its copy.
func settle(c *catalog.Catalog, from servertest.PostgreSQLVersion) *catalog.Catalog {
	c.Version, c.Database = "", ""
	for _, s := range c.Schemas {
		for _, t := range s.Tables {
			t.Number, t.Rows, t.Bytes, t.RowsGuessed = 0, 0, 0, false
			for _, col := range t.Columns {
				if from < 18 && col.NotNullAs != inheritedNotNull {
					// The names of not-null constraints are new in version 18.
					col.NotNullAs = ""
				}
			}
		}
		for _, v := range s.Views {
			v.Rows, v.Bytes = 0, 0
		}
	}
	return c
}

// pairs are the migrations between the versions that can be tested.
var pairs = []struct {
	name     string
	from, to servertest.PostgreSQLVersion
}{
	{"15 to 15", servertest.PostgreSQL15, servertest.PostgreSQL15},
	{"15 to 18", servertest.PostgreSQL15, servertest.PostgreSQL18},
	{"18 to 18", servertest.PostgreSQL18, servertest.PostgreSQL18},
	{"18 to 15", servertest.PostgreSQL18, servertest.PostgreSQL15},
}

// TestIdentityOfAPartition carries what PostgreSQL 17 and later know no more.
func TestIdentityOfAPartition(t *testing.T) {
	source, target := connect(t, servertest.PostgreSQL(t, servertest.PostgreSQL15)), connect(t, servertest.PostgreSQL(t, servertest.PostgreSQL15))
	run(t, source, `CREATE TABLE parted (id int NOT NULL) PARTITION BY LIST (id); CREATE TABLE part PARTITION OF parted DEFAULT;
		ALTER TABLE part ALTER id ADD GENERATED BY DEFAULT AS IDENTITY (START WITH 5); INSERT INTO part DEFAULT VALUES`)
	write(t, target, inspectAll(t, source), false)
	require.Equal(t, settle(inspectAll(t, source), 15), settle(inspectAll(t, target), 15))
	require.Equal(t, census(t, source, 15), census(t, target, 15))
	var next int
	require.NoError(t, target.QueryRow(t.Context(), "SELECT nextval('public.part_id_seq')").Scan(&next))
	require.Equal(t, 6, next)
}

// TestNothingIsMissingOfAHarshSchema: kinds and forms of objects that are rare. In harsh.sql columns were dropped, after which numbers of
// columns differ, so that the census of the server's catalogs cannot be compared.
func TestNothingIsMissingOfAHarshSchema(t *testing.T) {
	for _, v := range []servertest.PostgreSQLVersion{servertest.PostgreSQL15, servertest.PostgreSQL18} {
		for _, file := range []string{"harsh.sql", "rare.sql"} {
			t.Run(fmt.Sprint(v, " ", file), func(t *testing.T) {
				t.Parallel()
				from, to := servertest.PostgreSQL(t, v), servertest.PostgreSQL(t, v)
				source, target := connect(t, from), connect(t, to)
				runFile(t, source, file)
				if file == "rare.sql" && v == servertest.PostgreSQL18 {
					runFile(t, source, "rare18.sql")
				}
				write(t, target, inspectAll(t, source), false)
				require.Equal(t, unnumbered(settle(inspectAll(t, source), v)), unnumbered(settle(inspectAll(t, target), v)))
				if file == "rare.sql" {
					require.Equal(t, census(t, source, v), census(t, target, v))
				}
				compareDumps(t, from, to)
			})
		}
	}
}

// unnumbered takes the numbers of columns out of a catalog.
func unnumbered(c *catalog.Catalog) *catalog.Catalog {
	for _, s := range c.Schemas {
		for _, t := range s.Tables {
			for _, column := range t.Columns {
				column.Number = 0
			}
		}
	}
	return c
}

func TestNothingIsMissingAfterAMigration(t *testing.T) {
	for _, p := range pairs {
		for _, keysFirst := range []bool{false, true} {
			name := p.name
			if keysFirst {
				name += " keys first"
			}
			t.Run(name, func(t *testing.T) {
				from, to := servertest.PostgreSQL(t, p.from), servertest.PostgreSQL(t, p.to)
				source, target := connect(t, from), connect(t, to)
				for _, f := range rich(min(p.from, p.to)) {
					runFile(t, source, f)
				}
				write(t, target, inspectAll(t, source), keysFirst)
				if p.from != p.to {
					// Versions spell queries differently, so the copy is compared with an original on its own server.
					from = servertest.PostgreSQL(t, p.to)
					source = connect(t, from)
					for _, f := range rich(min(p.from, p.to)) {
						runFile(t, source, f)
					}
				}
				require.Equal(t, settle(inspectAll(t, source), p.from), settle(inspectAll(t, target), p.from))
				require.Equal(t, census(t, source, p.from), census(t, target, p.from))
				compareDumps(t, from, to)
			})
		}
	}
}
