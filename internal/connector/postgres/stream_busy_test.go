package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// TestBusyServerTellsItsPlace writes without a pause to a table that was never followed, or is followed no more: events with the
// place that was reached come all the same.
func TestBusyServerTellsItsPlace(t *testing.T) {
	bothWays(t, func(t *testing.T, p *pair) {
		p.both(`CREATE TABLE t (id int)`)
		execute(t, p.from, `CREATE TABLE other (id int)`, `ALTER TABLE t REPLICA IDENTITY FULL`)
		f := p.follow(true, "t")
		f.capture()
		f.catchUp()
		f.stream.Drop(0)
		for _, sql := range []string{`INSERT INTO other VALUES (1)`, `INSERT INTO t VALUES (1)`} {
			stop := keepWriting(t, p, sql)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			for range 2 {
				e, err := f.stream.Next(ctx)
				require.NoError(t, err, "an event while others write: %s", sql)
				require.NotEmpty(t, e.Position)
				order, err := p.streamer().Compare(e.Position, f.at)
				require.NoError(t, err)
				require.Positive(t, order, sql)
				require.Nil(t, e.Changes)
				f.at = e.Position
			}
			cancel()
			stop()
		}
	})
}

// keepWriting repeats a statement, each time in a transaction of its own, until it is stopped.
func keepWriting(t *testing.T, p *pair, sql string) (stop func()) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), p.from.URL)
	require.NoError(t, err)
	over, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-over:
				ended <- c.Close(context.Background())
				return
			default:
			}
			if _, err := c.Exec(context.Background(), sql); err != nil {
				ended <- err
				return
			}
		}
	}()
	return func() {
		close(over)
		require.NoError(t, <-ended)
	}
}
