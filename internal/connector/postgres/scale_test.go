package postgres

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

const manyTables = `DO $$ BEGIN FOR i IN %d..%d LOOP
	EXECUTE format('CREATE TABLE t%%s (id bigserial PRIMARY KEY, name varchar(40) NOT NULL DEFAULT ''x'', at timestamptz DEFAULT now(), price numeric(12,2) CHECK (price > 0), parent bigint REFERENCES t1)', i);
	EXECUTE format('CREATE INDEX ON t%%s (name)', i);
	EXECUTE format('CREATE INDEX ON t%%s (lower(name)) WHERE price > 1', i);
	EXECUTE format('COMMENT ON TABLE t%%s IS ''one of many''', i);
	END LOOP; END $$`

// TestManyTables measures how the time of Inspect grows with the number of tables, which queries per table would make
// unbearable. WHIMBREL_TEST_TABLES asks for another number than 500.
func TestManyTables(t *testing.T) {
	tables := 500
	if n, err := strconv.Atoi(os.Getenv("WHIMBREL_TEST_TABLES")); err == nil {
		tables = n
	}
	for _, v := range servertest.PostgreSQLVersions() {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			c := connect(t, servertest.PostgreSQL(t, v))
			run(t, c, "CREATE TABLE t1 (id bigint PRIMARY KEY)")
			for from := 2; from <= tables; from += 500 {
				run(t, c, fmt.Sprintf(manyTables, from, min(from+499, tables)))
			}
			run(t, c, "ANALYZE")
			start := time.Now()
			found := inspectAll(t, c)
			t.Logf("PostgreSQL %d: %d tables inspected in %v", v, tables, time.Since(start).Round(time.Millisecond))
			public := found.Schema("public")
			require.Len(t, public.Tables, tables)
			require.Len(t, found.Table(catalog.Name{Schema: "public", Name: "t2"}).Indexes, 2)
			require.Less(t, locksOfInspect(t, c), 300)
		})
	}
}

// locksOfInspect counts the locks that are held when Inspect is done, before its transaction ends. The server has room
// for a few thousand, all sessions together.
func locksOfInspect(t *testing.T, c *pgx.Conn) (locks int) {
	t.Helper()
	tx, err := c.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.Background())) }()
	require.NoError(t, newInspector(tx, connector.InspectOptions{Objects: true}).everything(t.Context()))
	require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()").Scan(&locks))
	return locks
}
