package demo

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestShop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "the shop? 100%.db")
	start := time.Now()
	require.NoError(t, MakeShop(t.Context(), path, Options{}))
	t.Logf("made in %v", time.Since(start))
	start = time.Now()
	proofs, err := Checksum(t.Context(), "sqlite:"+escape(path))
	require.NoError(t, err)
	t.Logf("proved in %v", time.Since(start))
	total := int64(0)
	for table, p := range proofs {
		t.Log(table, p)
		require.Positive(t, p.Rows)
		require.Len(t, p.Sum, 64)
		total += p.Rows
	}
	require.Len(t, proofs, 8)
	require.InDelta(t, 300_000, total, 30_000)

	db, err := sql.Open("sqlite", fileURI(path, ""))
	require.NoError(t, err)
	defer db.Close()
	var violations, views, nulls int
	require.NoError(t, db.QueryRow("SELECT count(*) FROM pragma_foreign_key_check").Scan(&violations))
	require.Zero(t, violations)
	bodies, err := db.Query("SELECT note FROM customers WHERE note IS NOT NULL UNION ALL SELECT body FROM reviews WHERE body IS NOT NULL")
	require.NoError(t, err)
	defer bodies.Close()
	for bodies.Next() {
		var body string
		require.NoError(t, bodies.Scan(&body))
		require.True(t, utf8.ValidString(body), "%q", body)
	}
	require.NoError(t, bodies.Err())
	require.NoError(t, db.QueryRow("SELECT count(*) FROM best_sellers WHERE revenue > 0").Scan(&views))
	require.Positive(t, views)
	require.NoError(t, db.QueryRow("SELECT count(*) FROM orders WHERE shipped_at IS NULL").Scan(&nulls))
	require.Positive(t, nulls)
}

func escape(path string) string { return fileURI(path, "")[len("file:"):] }

func TestShopIsTheSameEachTime(t *testing.T) {
	dir := t.TempDir()
	make := func(name string, o Options) map[string]Proof {
		path := filepath.Join(dir, name)
		require.NoError(t, MakeShop(t.Context(), path, o))
		proofs, err := Checksum(t.Context(), "sqlite:"+path)
		require.NoError(t, err)
		return proofs
	}
	first := make("a.db", Options{Orders: 200})
	require.Equal(t, first, make("b.db", Options{Orders: 200}))
	other := make("c.db", Options{Orders: 200, Seed: 1})
	require.Equal(t, first["orders"].Rows, other["orders"].Rows)
	require.NotEqual(t, first["orders"].Sum, other["orders"].Sum)
	require.ErrorContains(t, MakeShop(t.Context(), filepath.Join(dir, "a.db"), Options{}), "exists already")
}

func TestChecksumSeesEveryChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	sum := func(script string) string {
		_, err := db.Exec("DROP TABLE IF EXISTS t; CREATE TABLE t (a, b DATETIME); " + script)
		require.NoError(t, err)
		proofs, err := Checksum(t.Context(), "sqlite:"+path)
		require.NoError(t, err)
		return proofs["t"].Sum
	}
	base := sum("INSERT INTO t VALUES (1, '2024-01-01'), ('x', 2)")
	require.Equal(t, base, sum("INSERT INTO t VALUES ('x', 2), (1, '2024-01-01')"))
	for _, changed := range []string{
		"INSERT INTO t VALUES (1, '2024-01-01'), ('x', 3)",
		"INSERT INTO t VALUES ('1', '2024-01-01'), ('x', 2)",
		"INSERT INTO t VALUES (1.0, '2024-01-01'), ('x', 2)",
		"INSERT INTO t VALUES (1, '2024-01-01'), (x'78', 2)",
		"INSERT INTO t VALUES (1, '2024-01-01 00:00:00'), ('x', 2)",
		"INSERT INTO t VALUES (1, '2024-01-01'), (NULL, 2)",
		"INSERT INTO t VALUES (1, '2024-01-01'), ('x', 2), ('x', 2)",
	} {
		require.NotEqual(t, base, sum(changed), changed)
	}
}

func TestShopEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	path := filepath.Join(t.TempDir(), "t.db")
	require.ErrorIs(t, MakeShop(ctx, path, Options{}), context.DeadlineExceeded)
	_, err := os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestChecksumWantsSQLite(t *testing.T) {
	_, err := Checksum(t.Context(), "postgres://localhost/shop")
	require.ErrorContains(t, err, "SQLite databases only")
}
