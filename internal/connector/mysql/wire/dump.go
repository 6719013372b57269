package wire

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"time"
)

// ErrQuiet says that nothing has come in the time allowed.
var ErrQuiet = errors.New("nothing to read")

// Commands of replication.
const (
	comRegister = 0x15
	comDump     = 0x12
	comDumpGTID = 0x1e
)

// Flags of a dump.
const (
	dumpNonBlocking = 1
	dumpByGTID      = 4
)

// Dump says which events of the binary log are wanted.
type Dump struct {
	Server uint32 // the number under which the server knows this client
	File   string
	Offset uint64
	// GTIDs is MySQL's encoded set of transactions that are not wanted; nil for a dump by file and offset.
	GTIDs []byte
	// Ends asks for an end, io.EOF, instead of waiting for more.
	Ends bool
}

// Register announces the client, so that SHOW REPLICAS lists it.
func (c *Conn) Register(server uint32, name string) error {
	c.in.seq = 0
	b := append(c.out[:0], 0, 0, 0, 0, comRegister)
	b = binary.LittleEndian.AppendUint32(b, server)
	name = name[:min(len(name), 60)]
	b = append(append(b, byte(len(name))), name...)
	b = append(b, 0, 0)                         // user, password
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) // port, rank, source
	c.out = b
	if err := c.sent(); err != nil {
		return err
	}
	_, err := c.result()
	return err
}

// StartDump asks for events; Event reads them.
func (c *Conn) StartDump(d Dump) error {
	c.in.seq = 0
	flags := uint16(0)
	if d.Ends {
		flags = dumpNonBlocking
	}
	b := append(c.out[:0], 0, 0, 0, 0)
	if d.GTIDs != nil {
		b = binary.LittleEndian.AppendUint16(append(b, comDumpGTID), flags|dumpByGTID)
		b = binary.LittleEndian.AppendUint32(b, d.Server)
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(d.File))), d.File...)
		b = binary.LittleEndian.AppendUint64(b, d.Offset)
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(d.GTIDs))), d.GTIDs...)
	} else {
		b = binary.LittleEndian.AppendUint32(append(b, comDump), uint32(d.Offset))
		b = binary.LittleEndian.AppendUint16(b, flags)
		b = append(binary.LittleEndian.AppendUint32(b, d.Server), d.File...)
	}
	c.out = b
	return c.sent()
}

// stall is how long the rest of an event may take to come.
const stall = time.Minute

// Event waits for the next event, which is valid until the next call. It returns ErrQuiet when none has begun to come
// in time, and io.EOF at the end of a dump that ends.
func (c *Conn) Event(wait time.Duration) ([]byte, error) {
	if !c.Ready() {
		if err := c.deadline(wait); err != nil {
			return nil, err
		}
		if err := c.in.fill(4); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) && !c.broken.Load() {
				return nil, ErrQuiet
			}
			return nil, err
		}
		if err := c.deadline(stall); err != nil {
			return nil, err
		}
	}
	b, err := c.in.next()
	switch {
	case err != nil:
		return nil, err
	case len(b) > 0 && b[0] == okReply:
		return b[1:], nil
	case isEOF(b):
		return nil, io.EOF
	case len(b) > 0 && b[0] == errReply:
		return nil, parseError(b)
	}
	return nil, ErrMalformed
}

// Ready reports whether the beginning of the next event is at hand without asking the network.
func (c *Conn) Ready() bool { return c.in.w-c.in.r >= 4 }

func (c *Conn) deadline(wait time.Duration) error {
	if err := c.net.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return err
	}
	if c.broken.Load() { // after the deadline was set, which may have undone Break's
		return os.ErrDeadlineExceeded
	}
	return nil
}
