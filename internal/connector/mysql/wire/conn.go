package wire

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"
)

// Options say how to connect.
type Options struct {
	Network, Address         string // "tcp" or "unix"
	User, Password, Database string
	TLS                      *tls.Config // nil for none
	Timeout                  time.Duration
	// Dial opens the connection; nil does so without more ado.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Changes asks for what a session needs that applies changes: several statements in one command, found rows instead
	// of changed ones as the count of an UPDATE, and MariaDB's bulk execution where the server has it.
	Changes bool
}

// Conn is one session. It serves one statement at a time.
type Conn struct {
	net     net.Conn
	in      packets
	out     []byte // the packet being built, its header in front
	rows    []byte // the buffer of LOAD DATA LOCAL, kept for the next
	id      uint32
	version string
	// starts are the packet numbers with which the replies begin that are still to be read, in their order.
	starts []uint8
	broken atomic.Bool
}

// Dial connects and logs in.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	var raw net.Conn
	door := &doorman{sealed: o.TLS != nil}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		open := o.Dial
		if open == nil {
			open = (&net.Dialer{Timeout: o.Timeout}).DialContext
		}
		c, err := open(ctx, network, address)
		raw = c
		if err != nil {
			return nil, err
		}
		if o.Changes {
			c = &greeter{Conn: c}
		}
		door.Conn = c
		return door, nil
	}
	// go-mysql looks at the context while dialling only.
	stop := func() bool { return true }
	guard := func(*client.Conn) error {
		stop = context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
		return raw.SetDeadline(time.Now().Add(o.Timeout))
	}
	c, err := o.login(ctx, dial, guard)
	if err != nil && raw != nil {
		_ = raw.Close() // go-mysql does, unless it has panicked
	}
	if door.refused != nil {
		err = door.refused
	}
	if !stop() && err == nil {
		_ = c.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", o.Address, err)
	}
	if err := raw.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", o.Address, err)
	}
	nc := c.Conn.Conn
	if d, ok := nc.(*doorman); ok {
		nc = d.Conn
	}
	if g, ok := nc.(*greeter); ok {
		nc = g.Conn
	}
	return adopt(nc, c.GetConnectionID(), c.GetServerVersion()), nil
}

// login is go-mysql's, which takes packets apart without looking at their length: what a server sends must not end the process.
func (o Options) login(ctx context.Context, dial client.Dialer, guard client.Option) (c *client.Conn, err error) {
	defer func() {
		if v := recover(); v != nil {
			c, err = nil, fmt.Errorf("%w while logging in: %v", ErrMalformed, v)
		}
	}()
	return client.ConnectWithDialer(ctx, o.Network, o.Address, o.User, o.Password, o.Database, dial, guard, o.negotiate)
}

// negotiate sets what the handshake asks for.
func (o Options) negotiate(c *client.Conn) error {
	c.UnsetCapability(mysql.CLIENT_DEPRECATE_EOF)
	c.UnsetCapability(mysql.CLIENT_QUERY_ATTRIBUTES)
	if o.TLS != nil {
		c.SetTLSConfig(o.TLS)
	}
	if err := c.SetCollation("utf8mb4_general_ci"); err != nil {
		return err
	}
	if o.Changes {
		for _, capability := range []uint32{mysql.CLIENT_FOUND_ROWS, mysql.CLIENT_MULTI_STATEMENTS, mysql.CLIENT_MULTI_RESULTS} {
			if err := c.SetCapability(capability); err != nil {
				return err
			}
		}
	}
	return c.SetCapability(mysql.CLIENT_LOCAL_FILES)
}

// adopt takes over a socket that is logged in and idle.
func adopt(nc net.Conn, id uint32, version string) *Conn {
	return &Conn{net: nc, in: newPackets(nc, readBuffer), id: id, version: version}
}

// ID is the server's number of the session, for KILL.
func (c *Conn) ID() uint32 { return c.id }

// Version is the server's version as its greeting gives it.
func (c *Conn) Version() string { return c.version }

// Close ends the session without a word, which the server takes as a rollback.
func (c *Conn) Close() error { return c.net.Close() }

// Break makes every read and write on the session fail from now on.
func (c *Conn) Break() {
	c.broken.Store(true)
	_ = c.net.SetDeadline(time.Unix(1, 0))
}

// query is COM_QUERY.
const query = 0x03

// send starts a statement.
func (c *Conn) send(sql string) error {
	c.in.seq = 0
	c.out = append(append(c.out[:0], 0, 0, 0, 0, query), sql...)
	return c.sent()
}

// sent sends what send has built. A buffer that a large statement has blown up is let go.
func (c *Conn) sent() error {
	err := c.writePayload(c.out)
	if cap(c.out) > readBuffer*4 {
		c.out = nil
	}
	return err
}

// ExecBytes is Exec for a statement held as bytes.
func (c *Conn) ExecBytes(sql []byte) (Result, error) {
	c.in.seq = 0
	c.out = append(append(c.out[:0], 0, 0, 0, 0, query), sql...)
	if err := c.sent(); err != nil {
		return Result{}, err
	}
	return c.result()
}

// writePayload sends a payload that has four free bytes in front, in as many packets as it takes.
func (c *Conn) writePayload(b []byte) error {
	for {
		n := min(len(b)-4, maxPayload)
		b[0], b[1], b[2], b[3] = byte(n), byte(n>>8), byte(n>>16), c.in.seq
		c.in.seq++
		if _, err := c.net.Write(b[:4+n]); err != nil {
			return err
		}
		if n < maxPayload {
			return nil
		}
		b = b[n:]
	}
}

// Exec runs a statement. Rows it returns are read and dropped.
func (c *Conn) Exec(sql string) (Result, error) {
	if err := c.send(sql); err != nil {
		return Result{}, err
	}
	return c.result()
}

// ask sends a statement and returns the first packet of the reply, which is no error.
func (c *Conn) ask(sql string) ([]byte, error) {
	if err := c.send(sql); err != nil {
		return nil, err
	}
	b, err := c.in.next()
	switch {
	case err != nil:
		return nil, err
	case len(b) == 0:
		return nil, ErrMalformed
	case b[0] == errReply:
		return nil, parseError(b)
	}
	return b, nil
}

// result reads the reply to a statement without rows.
func (c *Conn) result() (Result, error) {
	b, err := c.in.next()
	switch {
	case err != nil:
		return Result{}, err
	case len(b) == 0 || b[0] == infileReply:
		return Result{}, ErrMalformed
	case b[0] == okReply:
		return parseOK(b)
	case b[0] == errReply:
		return Result{}, parseError(b)
	}
	rows, err := c.columns(b)
	if err != nil {
		return Result{}, err
	}
	return Result{}, rows.Drain()
}
