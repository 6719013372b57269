package store

import (
	"context"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

func TestStoreThatIsNotReachedIsAdvisedOn(t *testing.T) {
	for _, cause := range []error{context.DeadlineExceeded, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}, &net.DNSError{Name: "store.example"}} {
		err := wrap("list bucket lake", cause)
		require.ErrorIs(t, err, cause)
		require.ErrorContains(t, err, "check that the store runs at the address in endpoint=")
		require.Equal(t, connector.Lost, connector.ClassOf(err))
	}
}
