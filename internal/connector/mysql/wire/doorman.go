package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
)

// ErrClearPassword says that the server wants the password as it is, over a connection that is not encrypted. MySQL's own clients
// do not send it so either, unless they are told to: whoever listens, or has taken the server's place, would have it.
var ErrClearPassword = errors.New("the server asks for the password in clear text (mysql_clear_password) over a connection without TLS")

// longestGreeting bounds a packet of the login. What is longer is no MySQL: the beginning of another protocol, read as a length.
const longestGreeting = 64 << 10

// clearPassword begins the request to log in by the password itself (Protocol::AuthSwitchRequest).
var clearPassword = []byte("\xfemysql_clear_password\x00")

// doorman reads what a server sends until the client is logged in, a packet at a time, before go-mysql sees it.
type doorman struct {
	net.Conn
	packet  []byte // what is still to be handed out
	sealed  bool   // after the greeting there is TLS, in which no packets can be seen
	through bool   // nothing more is looked at
	refused error  // why it let nothing more in: go-mysql keeps the text of it alone
}

// Read implements net.Conn.
func (d *doorman) Read(b []byte) (int, error) {
	if len(d.packet) == 0 {
		if d.through {
			return d.Conn.Read(b)
		}
		if err := d.next(); err != nil {
			return 0, err
		}
		d.through = d.sealed
	}
	n := copy(b, d.packet)
	d.packet = d.packet[n:]
	return n, nil
}

func (d *doorman) next() error {
	var head [4]byte
	if _, err := io.ReadFull(d.Conn, head[:]); err != nil {
		return err
	}
	n := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	if n > longestGreeting {
		d.refused = fmt.Errorf("%w: it does not speak MySQL's protocol at this port", ErrMalformed)
		return d.refused
	}
	d.packet = append(make([]byte, 0, len(head)+n), head[:]...)[:len(head)+n]
	if _, err := io.ReadFull(d.Conn, d.packet[len(head):]); err != nil {
		d.packet = nil
		return err
	}
	if bytes.HasPrefix(d.packet[len(head):], clearPassword) {
		d.refused = ErrClearPassword
		return d.refused
	}
	return nil
}
