package connector

import (
	"context"
	"net"
	"sync/atomic"
	"syscall"
)

// Traffic counts the bytes that connections send and receive, as they go over the network: within TLS, if there is any. It
// is safe to read at any time. A nil one counts nothing.
type Traffic struct{ Sent, Received atomic.Int64 }

// Through has the connections counted that a dial opens.
func (t *Traffic) Through(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	if t == nil {
		return dial
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countedConn{c, t}, nil
	}
}

// countedConn is a connection whose bytes are counted.
type countedConn struct {
	net.Conn
	traffic *Traffic
}

// drivers look at the socket before they use a connection again, to find out whether the server has closed it
var _ syscall.Conn = (*countedConn)(nil)

// Read implements net.Conn.
func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.traffic.Received.Add(int64(n))
	return n, err
}

// Write implements net.Conn.
func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.traffic.Sent.Add(int64(n))
	return n, err
}

// SyscallConn implements syscall.Conn.
func (c *countedConn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, syscall.EINVAL
}
