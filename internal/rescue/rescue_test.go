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

func TestPanicOfAGoroutineIsKept(t *testing.T) {
	var fault Fault
	require.NoError(t, fault.Err())
	fault.Guard(func() {})()
	require.NoError(t, fault.Err())
	fault.Guard(func() { panic("first") })()
	fault.Guard(func() { panic("second") })()
	require.EqualError(t, fault.Err(), "a fault in Whimbrel itself: first")
	require.NotNil(t, In(fault.Err()))

	var told []error
	Else(func() {}, func(err error) { told = append(told, err) })()
	Else(func() { panic("loud") }, func(err error) { told = append(told, err) })()
	require.Len(t, told, 1)
	require.ErrorContains(t, told[0], "loud")
}
