package edge

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARoomAndItsShares(t *testing.T) {
	r := newRoom[string](10, 6)
	require.True(t, r.take("a", 6))
	require.False(t, r.take("a", 1), "more than its share")
	require.True(t, r.take("b", 4))
	require.False(t, r.take("c", 1), "more than there is")
	r.give("a", 6)
	r.give("b", 4)
	require.True(t, r.take("c", 6))
	r.give("c", 6)
	require.Empty(t, r.mu.holders)
	require.Zero(t, r.mu.held)
}
