package cdc

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNothingMoreIsReadWhileTooMuchIsHandedOver(t *testing.T) {
	h := newHanded(100)
	h.add(60)
	h.add(40)
	require.NoError(t, h.await(t.Context()), "as much as may be")
	h.add(1)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, h.await(over), context.Canceled)
	waited := make(chan error)
	go func() { waited <- h.await(t.Context()) }()
	h.done(60)
	require.NoError(t, <-waited)
}
