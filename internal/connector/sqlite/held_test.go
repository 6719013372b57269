package sqlite

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// A migration that nobody follows lets the log grow: those who follow another, or begin one, are told.
func TestAForgottenMigrationIsTold(t *testing.T) {
	c := capture(t, "CREATE TABLE item (id INTEGER PRIMARY KEY, n INT)")
	c.start()
	other := c.request
	other.Run = "forgotten"
	_, err := c.source.Start(context.Background(), other, connector.StartPoint{})
	require.NoError(t, err)
	position, err := c.source.End(context.Background())
	require.NoError(t, err)
	st := c.stream(position)
	c.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100001) INSERT INTO item SELECT i, i FROM n")
	require.Empty(t, st.Status().Warning)
	c.changes(st)
	end, err := c.source.End(context.Background())
	require.NoError(t, err)
	st.Acknowledge(end)
	require.Eventually(t, func() bool { return strings.Contains(st.Status().Warning, "forgotten") }, 20*time.Second, 10*time.Millisecond)
	require.Contains(t, st.Status().Warning, "whimbrel release")
	found, err := c.source.Obstacles(context.Background(), c.request)
	require.NoError(t, err)
	told := false
	for _, o := range found {
		told = told || strings.Contains(o.What, "forgotten") && !o.Fatal
	}
	require.True(t, told, "%+v", found)
	require.NoError(t, c.source.Release(context.Background(), other))
	st.Acknowledge(end)
	require.Eventually(t, func() bool {
		c.exec("UPDATE item SET n = n + 1 WHERE id = 1")
		c.changes(st)
		last, err := c.source.End(context.Background())
		require.NoError(t, err)
		st.Acknowledge(last)
		return st.Status().Warning == ""
	}, 20*time.Second, 50*time.Millisecond)
}
