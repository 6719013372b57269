package wire

import "errors"

// ErrLocalInfileRefused says that a LOAD DATA LOCAL statement did not ask for its file.
var ErrLocalInfileRefused = errors.New("the server did not ask for the rows of LOAD DATA LOCAL")

// infilePacket is how much is sent at once.
const infilePacket = 256 << 10

// Infile is a running LOAD DATA LOCAL. Append to Buffer, call Flush when it is worth it, and Finish.
type Infile struct {
	c *Conn
	// Buffer holds the rows not sent yet, after four bytes that belong to the packet header.
	Buffer []byte
	sent   int64
}

// LoadData starts a LOAD DATA LOCAL INFILE statement; the name in it does not matter.
func (c *Conn) LoadData(sql string) (*Infile, error) {
	b, err := c.ask(sql)
	if err != nil {
		return nil, err
	}
	if b[0] != infileReply {
		return nil, ErrLocalInfileRefused
	}
	if c.rows == nil {
		c.rows = make([]byte, 4, infilePacket+infilePacket/4)
	}
	return &Infile{c: c, Buffer: c.rows[:4]}, nil
}

// Due reports whether the buffer is worth sending.
func (f *Infile) Due() bool { return len(f.Buffer) >= infilePacket }

// Sent is the number of bytes sent so far.
func (f *Infile) Sent() int64 { return f.sent }

// Flush sends the buffer, in packets of a size that every server takes: one of more than its max_allowed_packet ends the session.
func (f *Infile) Flush() error {
	rows := f.Buffer
	for len(rows) > 4 {
		n := min(len(rows)-4, 2*infilePacket)
		b := rows[:4+n]
		b[0], b[1], b[2], b[3] = byte(n), byte(n>>8), byte(n>>16), f.c.in.seq
		f.c.in.seq++
		if _, err := f.c.net.Write(b); err != nil {
			return err
		}
		f.sent += int64(n)
		rows = rows[n:] // begins with four bytes that have been sent: the room of the next header
	}
	f.Buffer = f.Buffer[:4]
	return nil
}

// Finish sends what is left and reads the server's verdict. The OK of a LOCAL load says little: the caller looks at
// the counts and the warnings.
func (f *Infile) Finish() (Result, error) {
	if err := f.Flush(); err != nil {
		return Result{}, err
	}
	if cap(f.Buffer) <= 4*infilePacket {
		f.c.rows = f.Buffer
	}
	if err := f.c.writePayload(f.Buffer[:4]); err != nil {
		return Result{}, err
	}
	return f.c.result()
}
