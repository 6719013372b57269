package servertest

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { Main(m) }

func TestPostgreSQLComesBackAfterKill(t *testing.T) {
	for _, v := range PostgreSQLVersions() {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			db := PrivatePostgreSQL(t, v)
			count := func(sql string) (n int) {
				c, err := pgx.Connect(t.Context(), db.URL)
				require.NoError(t, err)
				defer func() { _ = c.Close(context.Background()) }()
				require.NoError(t, c.QueryRow(t.Context(), sql).Scan(&n))
				return n
			}
			require.Equal(t, 3, count("SELECT 3"))
			db.Server.Kill()
			require.NoError(t, db.Server.Start())
			require.Equal(t, 1, count("SELECT 1"))
		})
	}
}

func TestMariaDBComesBackAfterKill(t *testing.T) {
	db := PrivateMariaDB(t)
	ping := func() error {
		c, err := sql.Open("mysql", fmt.Sprintf("whimbrel:secret@tcp(127.0.0.1:%d)/%s", db.Server.Port(), db.Name))
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		return c.PingContext(t.Context())
	}
	require.NoError(t, ping())
	db.Server.Kill()
	require.Error(t, ping())
	require.NoError(t, db.Server.Start())
	require.NoError(t, ping())
}

// TestMySQLComesBackAfterKill also has two servers at a time, which are different ones for replication.
func TestMySQLComesBackAfterKill(t *testing.T) {
	db, other := PrivateMySQL(t), PrivateMySQL(t)
	uuid := func(d *Database) (id string) {
		c := OpenDB(t, "mysql", fmt.Sprintf("whimbrel:secret@tcp(127.0.0.1:%d)/%s", d.Server.Port(), d.Name))
		require.NoError(t, c.QueryRowContext(t.Context(), "SELECT @@server_uuid").Scan(&id))
		return id
	}
	before := uuid(db)
	require.NotEqual(t, before, uuid(other))
	db.Server.Kill()
	require.NoError(t, db.Server.Start())
	require.Equal(t, before, uuid(db))
}
