package connector

import (
	"context"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTrafficIsWhatWentOverTheNetwork, both ways, of all connections together; without a counter a dial stays what it is.
func TestTrafficIsWhatWentOverTheNetwork(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.CopyN(c, c, 1000)
				_ = c.Close()
			}()
		}
	}()
	var traffic Traffic
	dial := traffic.Through(new(net.Dialer).DialContext)
	for range 2 {
		c, err := dial(t.Context(), "tcp", l.Addr().String())
		require.NoError(t, err)
		_, err = c.Write(make([]byte, 1000))
		require.NoError(t, err)
		back, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Len(t, back, 1000)
		raw, err := c.(syscall.Conn).SyscallConn()
		require.NoError(t, err)
		require.NotNil(t, raw)
		require.NoError(t, c.Close())
	}
	require.EqualValues(t, 2000, traffic.Sent.Load())
	require.EqualValues(t, 2000, traffic.Received.Load())
	_, err = dial(t.Context(), "tcp", "127.0.0.1:0")
	require.Error(t, err)
	var none *Traffic
	c, err := none.Through(func(context.Context, string, string) (net.Conn, error) { return &net.TCPConn{}, nil })(t.Context(), "tcp", "")
	require.NoError(t, err)
	require.IsType(t, &net.TCPConn{}, c)
}
