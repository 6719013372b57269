package postgres

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// slowConn comes back late from the writes of the login, as on a machine that is busy: the answer is there before.
type slowConn struct {
	net.Conn
	writes int
}

func (c *slowConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if c.writes++; c.writes <= 3 {
		time.Sleep(30 * time.Millisecond) //nolint:forbidigo // the slowness that is tested
	}
	return n, err
}

// TestRepliesArriveAfterASlowLogin: pgconn begins to read in the background when a write takes longer than 15 ms.
func TestRepliesArriveAfterASlowLogin(t *testing.T) {
	for _, version := range servertest.PostgreSQLVersions() {
		cfg, err := parseConfig(servertest.PostgreSQL(t, version).URL, os.Getenv)
		require.NoError(t, err)
		var d net.Dialer
		cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := d.DialContext(ctx, network, address)
			return &slowConn{Conn: c}, err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		w, err := dial(ctx, cfg, "SELECT 1")
		require.NoError(t, err)
		w.close()
		w, err = dialReplication(ctx, cfg, nil)
		require.NoError(t, err)
		var name string
		require.NoError(t, w.query(ctx, "IDENTIFY_SYSTEM", func(v [][]byte) error { name = string(v[3]); return nil }))
		require.Equal(t, cfg.Database, name)
		w.close()
		cancel()
	}
}
