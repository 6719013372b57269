package edge

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
)

// Connections bounds the connections of all listeners that share it: in all, and of one source (an address, or an IPv6 network of 64 bits).
// When there are as many as may be, the oldest that has not brought a good signature yet makes room, first among the newcomer's own. So
// strangers push out each other, and never a client that is known; one whose connections are all known is refused more of them.
type Connections struct {
	most, share int

	mu struct {
		sync.Mutex
		held    int
		sources map[netip.Prefix]*caller
		unknown list.List // of *connection, the oldest first
	}
}

// A caller is a source that has connections.
type caller struct {
	held    int
	unknown list.List // of *connection, the oldest first
}

// The defaults of NewConnections.
const (
	MostConnections = 4096
	ShareOfAddress  = 512
)

// NewConnections makes a bound; zero values are the defaults.
func NewConnections(most, share int) *Connections {
	if most <= 0 {
		most = MostConnections
	}
	if share <= 0 {
		share = ShareOfAddress
	}
	c := &Connections{most: most, share: min(share, most)}
	c.mu.sources = map[netip.Prefix]*caller{}
	return c
}

// Held is how many there are.
func (c *Connections) Held() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.held
}

// A connection counts until it is closed.
type connection struct {
	net.Conn
	all    *Connections
	source netip.Prefix

	unknown, ofSource *list.Element // its places among those that are not known; nil when it is, or is closed
	closed            bool
}

// admit counts a connection that has come; nil if there is no room for it. What goes for it is closed when it is counted out: closing may take
// its time.
func (c *Connections) admit(raw net.Conn) *connection {
	made := &connection{Conn: raw, all: c, source: sourceOf(address(raw.RemoteAddr().String()))}
	gone, ok := c.enter(made)
	if gone != nil {
		_ = gone.Conn.Close() // it is nobody's yet
	}
	if !ok {
		return nil
	}
	return made
}

func (c *Connections) enter(made *connection) (gone *connection, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := c.mu.sources[made.source]
	if from == nil {
		from = &caller{}
	}
	var full *list.List
	switch {
	case from.held >= c.share:
		full = &from.unknown
	case c.mu.held >= c.most:
		full = &c.mu.unknown
	}
	if full != nil {
		oldest := full.Front()
		if oldest == nil {
			return nil, false
		}
		gone = oldest.Value.(*connection)
		c.leave(gone)
	}
	c.mu.sources[made.source] = from // also when what made room was its last
	from.held++
	c.mu.held++
	made.unknown, made.ofSource = c.mu.unknown.PushBack(made), from.unknown.PushBack(made)
	return gone, true
}

// leave counts a connection out, once.
func (c *Connections) leave(gone *connection) {
	if gone.closed {
		return
	}
	gone.closed = true
	c.known(gone)
	c.mu.held--
	from := c.mu.sources[gone.source]
	if from.held--; from.held == 0 {
		delete(c.mu.sources, gone.source)
	}
}

// known takes a connection off those that make room.
func (c *Connections) known(one *connection) {
	if one.unknown == nil {
		return
	}
	c.mu.unknown.Remove(one.unknown)
	c.mu.sources[one.source].unknown.Remove(one.ofSource)
	one.unknown, one.ofSource = nil, nil
}

// Close closes the connection and counts it out.
func (c *connection) Close() error {
	c.all.mu.Lock()
	c.all.leave(c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

// A gate is a listener that lets in as many as may be.
type gate struct {
	net.Listener
	connections *Connections
}

// Accept waits for the next connection that there is room for; others are closed.
func (g *gate) Accept() (net.Conn, error) {
	for {
		raw, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if made := g.connections.admit(raw); made != nil {
			return made, nil
		}
		_ = raw.Close() // who sent it sees that
	}
}

type connectionKey struct{}

// withConnection lets a request find its connection.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	return context.WithValue(ctx, connectionKey{}, c)
}

// vouch marks the connection of a request that was signed well.
func vouch(ctx context.Context) {
	if c, ok := ctx.Value(connectionKey{}).(*connection); ok {
		c.all.mu.Lock()
		defer c.all.mu.Unlock()
		c.all.known(c)
	}
}
