package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/demo"
)

// TestDemoShopProves moves the sample shop both ways and compares the checksums, which are computed without this package.
func TestDemoShopProves(t *testing.T) {
	from := filepath.Join(t.TempDir(), "shop.db")
	require.NoError(t, demo.MakeShop(t.Context(), from, demo.Options{Orders: 5000}))
	want, err := demo.Checksum(t.Context(), "sqlite:"+from)
	require.NoError(t, err)
	for _, native := range []bool{true, false} {
		to := filepath.Join(t.TempDir(), "copy.db")
		target := openTestTarget(t, to)
		m := &carrier{native: native, segment: 300_000}
		require.NoError(t, m.carry(t.Context(), openTestSource(t, from), target), "%v native=%v", m.rejected, native)
		require.NoError(t, target.Close())
		require.Empty(t, m.rejected)
		got, err := demo.Checksum(t.Context(), "sqlite:"+to)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}
