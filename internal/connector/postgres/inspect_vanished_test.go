package postgres

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestInspectWhileTablesGo: the server fails to describe a constraint that goes meanwhile, whatever the snapshot is.
func TestInspectWhileTablesGo(t *testing.T) {
	db := servertest.PostgreSQL(t, servertest.PostgreSQL18)
	s, err := openSource(t.Context(), connector.Config{URL: db.URL})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for n := range 3 {
		c := connect(t, db)
		writers.Go(func() {
			for ctx.Err() == nil {
				sql := fmt.Sprintf("CREATE TABLE t%d (id int PRIMARY KEY, a int UNIQUE, b int UNIQUE, c int GENERATED ALWAYS AS (a + 1) STORED); INSERT INTO t%[1]d VALUES (1); DROP TABLE t%[1]d", n)
				if _, err := c.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
					return
				}
			}
		})
	}
	for range 60 {
		if _, err = s.Inspect(t.Context(), connector.InspectOptions{}); err != nil {
			break
		}
	}
	cancel()
	writers.Wait()
	require.NoError(t, err)
}
