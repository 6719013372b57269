package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// manyCreates are statements that make tables of several kinds.
func manyCreates(n int) []catalog.Statement {
	out := make([]catalog.Statement, n)
	for i := range out {
		kind := []string{"(id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT)", "(k TEXT PRIMARY KEY, v, UNIQUE (v, k)) WITHOUT ROWID", "(v ANY) STRICT"}[i%3]
		out[i] = catalog.Statement{SQL: fmt.Sprintf(`CREATE TABLE "table %d" %s`, i, kind)}
	}
	return out
}

// fileWith is a database that holds more than tables.
func fileWith(t *testing.T, pragma string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.db")
	c, err := openConn(location{path: path}, lib.SQLITE_OPEN_READWRITE|lib.SQLITE_OPEN_CREATE)
	require.NoError(t, err)
	require.NoError(t, c.exec(pragma+`; CREATE TABLE was (id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX was_v ON was (v); INSERT INTO was VALUES (1, 'here');
		CREATE VIEW seen AS SELECT v FROM was; CREATE TRIGGER told AFTER DELETE ON was BEGIN UPDATE was SET v = old.v; END`))
	require.NoError(t, c.close())
	return path
}

const wholeSchema = "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY rowid"

// TestTablesMadeTogether: the schema is the one that the statements make one after the other, in a file that any SQLite reads.
func TestTablesMadeTogether(t *testing.T) {
	for _, pragma := range []string{"PRAGMA auto_vacuum=NONE", "PRAGMA auto_vacuum=FULL", "PRAGMA page_size=512"} {
		want, got := fileWith(t, pragma), fileWith(t, pragma)
		creates := manyCreates(3*togetherBatch + 7)
		for i := range 2*togetherBatch + 5 {
			creates = append(creates, catalog.Statement{SQL: fmt.Sprintf(`CREATE INDEX "index %d" ON "table %d" (v DESC)`, i, i)})
		}
		for path, do := range map[string]func(connector.Target) error{
			want: func(to connector.Target) error { return to.Exec(t.Context(), creates) },
			got:  func(to connector.Target) error { return to.(connector.Together).MakeTogether(t.Context(), creates) },
		} {
			to := openTestTarget(t, path)
			require.NoError(t, do(to))
			require.NoError(t, to.Exec(t.Context(), []catalog.Statement{{SQL: `CREATE INDEX later ON "table 0" (v)`}, {SQL: `INSERT INTO "table 300" (v) VALUES (5)`}}))
			require.NoError(t, to.Close())
		}
		require.Equal(t, rows(t, want, wholeSchema), rows(t, got, wholeSchema), pragma)
		require.Equal(t, []string{"ok"}, rows(t, got, "PRAGMA integrity_check"), pragma)
		require.Equal(t, []string{"here"}, rows(t, got, "SELECT v FROM seen"), pragma)
	}
}

// TestTablesMadeTogetherOrNone: a statement that is refused, and a context that ends, leave the file as it was and usable.
func TestTablesMadeTogetherOrNone(t *testing.T) {
	path := fileWith(t, "PRAGMA auto_vacuum=NONE")
	before := rows(t, path, wholeSchema)
	to := openTestTarget(t, path)
	creates := append(manyCreates(2*togetherBatch), catalog.Statement{SQL: "CREATE TABLE was (id)"})
	err := to.(connector.Together).MakeTogether(t.Context(), creates)
	require.ErrorContains(t, err, "already exists")
	require.Equal(t, before, rows(t, path, wholeSchema))

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	require.ErrorIs(t, to.(connector.Together).MakeTogether(ctx, manyCreates(100_000)), context.Canceled)
	require.Equal(t, before, rows(t, path, wholeSchema))

	require.Error(t, to.Exec(t.Context(), []catalog.Statement{{SQL: "DELETE FROM sqlite_schema"}}), "the schema is out of reach again")
	require.NoError(t, to.(connector.Together).MakeTogether(t.Context(), manyCreates(3)))
	require.NoError(t, to.Close())
	require.Len(t, rows(t, path, wholeSchema), len(before)+5) // and sqlite_sequence, and the index of the UNIQUE constraint
	require.Equal(t, []string{"ok"}, rows(t, path, "PRAGMA integrity_check"))
}

// TestTablesMadeTogetherAreFast: SQLite by itself takes the longer for a table the more there are.
func TestTablesMadeTogetherAreFast(t *testing.T) {
	took := func(do func(to connector.Target, ss []catalog.Statement) error) time.Duration {
		to := openTestTarget(t, filepath.Join(t.TempDir(), "t.db"))
		began := time.Now()
		require.NoError(t, do(to, manyCreates(4000)))
		defer func() { require.NoError(t, to.Close()) }()
		return time.Since(began)
	}
	alone := took(func(to connector.Target, ss []catalog.Statement) error { return to.Exec(t.Context(), ss) })
	together := took(func(to connector.Target, ss []catalog.Statement) error {
		return to.(connector.Together).MakeTogether(t.Context(), ss)
	})
	t.Logf("4000 tables: one by one %v, together %v", alone, together)
	require.Less(t, together, alone)
}
