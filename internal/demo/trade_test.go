package demo

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTradeChangesTheShop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	require.NoError(t, MakeShop(t.Context(), path, Options{Orders: 200}))
	before, err := Checksum(t.Context(), "sqlite:"+path)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	done, err := Trade(ctx, path)
	require.NoError(t, err)
	require.Positive(t, done.Transactions)
	require.Equal(t, done.Transactions, done.Orders+done.Shipped+done.Prices+done.Reviews+done.Cancelled)
	after, err := Checksum(t.Context(), "sqlite:"+path)
	require.NoError(t, err)
	require.NotEqual(t, before["orders"], after["orders"])
	require.Greater(t, after["orders"].Rows, before["orders"].Rows)
}
