package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// open opens a pool in the session that this package's DDL expects.
func open(t testing.TB, s servertest.Server) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", fmt.Sprintf("whimbrel:secret@tcp(127.0.0.1:%d)/?charset=utf8mb4&time_zone=%%27%%2B00:00%%27", s.Port()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// apply runs a file of statements that end with ";;" on a line of their own.
func apply(t testing.TB, db *sql.DB, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	for _, stmt := range strings.Split(string(text), "\n;;\n") {
		_, err := conn.ExecContext(t.Context(), stmt)
		require.NoError(t, err, stmt)
	}
}

// write creates what a catalog describes, in the order a migration does.
func write(ctx context.Context, db *sql.DB, d Dialect, c *catalog.Catalog) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	// The connection is in another database afterwards, and does not go back into the pool.
	defer func() { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) }()
	for _, s := range statements(d, c) {
		if err := runDDL(ctx, conn, s.SQL); err != nil {
			return fmt.Errorf("%s: %w", s.SQL, err)
		}
		if s.Makes.Kind == catalog.NoRef {
			continue
		}
		made, err := exists(ctx, conn, s.Makes)
		if err != nil {
			return err
		}
		if !made {
			return fmt.Errorf("%s: %v does not exist afterwards", s.SQL, s.Makes)
		}
	}
	return nil
}

func statements(d Dialect, c *catalog.Catalog) []catalog.Statement {
	var out, keys, indexes, attach, finish []catalog.Statement
	var views []*catalog.View
	objects := func(stage catalog.Stage) (found []catalog.Statement) {
		for _, s := range c.Schemas {
			for _, o := range s.Objects {
				for _, ddl := range o.DDL {
					if o.Stage == stage {
						found = append(found, catalog.Statement{SQL: ddl})
					}
				}
			}
		}
		return found
	}
	for _, s := range c.Schemas {
		out = append(out, d.CreateSchema(s)...)
	}
	out = append(out, objects(catalog.BeforeTables)...)
	for _, s := range c.Schemas {
		for _, q := range s.Sequences {
			out = append(out, d.CreateSequence(q)...)
		}
	}
	for _, s := range c.Schemas {
		for _, t := range s.Tables {
			script := d.Script(t, false)
			out = append(out, script.Create...)
			keys, indexes = append(keys, script.Keys...), append(indexes, script.Indexes...)
			attach, finish = append(attach, script.Attach...), append(finish, script.Finish...)
		}
		views = append(views, s.Views...)
	}
	out = append(append(append(append(out, objects(catalog.AfterTables)...), keys...), indexes...), objects(catalog.AfterLoad)...)
	for _, v := range inOrder(views) {
		out = append(out, d.CreateView(v)...)
	}
	return append(append(append(out, attach...), objects(catalog.AtEnd)...), finish...)
}

// inOrder puts views after the views they need.
func inOrder(views []*catalog.View) []*catalog.View {
	i := &inspector{catalog: &catalog.Catalog{Schemas: []*catalog.Schema{{Views: views}}}, views: map[catalog.Name]*catalog.View{}}
	for _, v := range views {
		i.views[v.Name] = v
	}
	return i.creationOrder()
}

// withoutEstimates clears what two servers with the same objects may tell differently: also who made them, which is told of to be done
// by hand.
func withoutEstimates(c *catalog.Catalog) *catalog.Catalog {
	for _, s := range c.Schemas {
		for _, t := range s.Tables {
			t.Rows, t.Bytes = 0, 0
		}
		s.Objects = slices.DeleteFunc(s.Objects, func(o catalog.Object) bool { return o.ByHand != "" })
	}
	return c
}

func TestEverythingArrivesOnASecondServer(t *testing.T) {
	for _, file := range []string{"rich.sql", "harsh.sql"} {
		for _, indexesFirst := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s indexes first %v", file, indexesFirst), func(t *testing.T) {
				t.Parallel()
				checkArrives(t, file, indexesFirst)
			})
		}
	}
}

func checkArrives(t *testing.T, file string, indexesFirst bool) {
	source, target := servertest.PrivateMariaDB(t), servertest.PrivateMariaDB(t)
	from, to := open(t, source.Server), open(t, target.Server)
	drop := func(db *sql.DB, name string) {
		_, err := db.ExecContext(t.Context(), "DROP DATABASE "+quoteIdent(name))
		require.NoError(t, err)
	}
	drop(from, source.Name)
	drop(to, target.Name)
	apply(t, from, "testdata/"+file)
	from = open(t, source.Server)
	all := connector.InspectOptions{Objects: true}
	want, err := inspect(t.Context(), from, all)
	require.NoError(t, err)
	d := Dialect{Flavour: MariaDB, Version: 101119, IndexesFirst: indexesFirst}
	require.NoError(t, write(t.Context(), to, d, want))
	got, err := inspect(t.Context(), to, all)
	require.NoError(t, err)
	require.Equal(t, withoutEstimates(want), withoutEstimates(got))
	require.Empty(t, difference(dump(t, source.Server, want), dump(t, target.Server, want)))
}

// dump is what mariadb-dump says of the catalog's databases, but for what a migration changes: definers, and double
// quotes in the head of a trigger.
func dump(t *testing.T, s servertest.Server, c *catalog.Catalog) string {
	t.Helper()
	args := []string{
		"--no-defaults", "-h127.0.0.1", fmt.Sprintf("-P%d", s.Port()), "-uwhimbrel", "-psecret", "--protocol=tcp", "--no-data",
		"--routines", "--events", "--triggers", "--skip-dump-date", "--ignore-table=shop.awsdms_history", "--databases",
	}
	for _, s := range c.Schemas {
		args = append(args, s.Name)
	}
	cmd := exec.CommandContext(t.Context(), "mariadb-dump", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	return strings.NewReplacer("`nobody`@`nowhere`", "`whimbrel`@`127.0.0.1`",
		`"cust ins" BEFORE INSERT ON "customer"`, "`cust ins` BEFORE INSERT ON `customer`", `TRIGGER "ora trg"`, "TRIGGER `ora trg`").Replace(string(out))
}

// difference lists the lines that only one of two dumps has.
func difference(a, b string) (lines []string) {
	count := make(map[string]int)
	for _, l := range strings.Split(a, "\n") {
		count[l]++
	}
	for _, l := range strings.Split(b, "\n") {
		count[l]--
	}
	for l, n := range count {
		if n != 0 {
			lines = append(lines, fmt.Sprintf("%+d %s", n, l))
		}
	}
	return lines
}
