package rescue

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPanicBecomesAnErrorWithItsStack(t *testing.T) {
	err := fmt.Errorf("table a: %w", Run(func() error { panic(io.ErrNoProgress) }))
	require.EqualError(t, err, "table a: a fault in Whimbrel itself: "+io.ErrNoProgress.Error())
	require.ErrorIs(t, err, io.ErrNoProgress)
	require.Contains(t, string(In(err).Stack), "rescue_test.go")

	var none map[string]int
	require.ErrorContains(t, Func(func() error { none["a"] = 1; return nil })(), "nil map")
	require.NoError(t, Run(func() error { return nil }))
	plain := errors.New("plain")
	require.Equal(t, plain, Run(func() error { return plain }))
	require.Nil(t, In(plain))
}
