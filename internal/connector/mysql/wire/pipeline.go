package wire

import "encoding/binary"

// moreResults is the status flag that another reply to the same command follows.
const moreResults = 0x0008

// Commands.
const (
	comPrepare     = 0x16
	comClose       = 0x19
	comBulkExecute = 0xfa
)

// Header is how many bytes a command handed to Send leaves free in front.
const Header = 4

// Send sends a command without waiting for the reply, which Reply reads. The first Header bytes of b are free. Several
// commands may be on their way at once; the server carries them out one after another, also after an error.
func (c *Conn) Send(b []byte) error {
	c.in.seq = 0
	err := c.writePayload(b)
	c.starts = append(c.starts, c.in.seq)
	return err
}

// Statement appends the head of a COM_QUERY to b, which is to be empty.
func Statement(b []byte) []byte { return append(b, 0, 0, 0, 0, query) }

// Pending is how many replies are still to be read.
func (c *Conn) Pending() int { return len(c.starts) }

// Reply reads the reply to the oldest command on its way: the sum of all results, when it held several statements.
// The server stops at the first statement that fails; done is how many succeeded.
func (c *Conn) Reply() (sum Result, done int, err error) {
	c.in.seq, c.starts = c.starts[0], c.starts[1:]
	for {
		r, err := c.result()
		if err != nil {
			return sum, done, err
		}
		done++
		sum.Affected += r.Affected
		sum.Warnings += r.Warnings
		sum.Info = r.Info
		if r.Status&moreResults == 0 {
			return sum, done, nil
		}
	}
}

// Prepare prepares a statement that returns no rows, and returns its number.
func (c *Conn) Prepare(sql string) (uint32, error) {
	c.in.seq = 0
	c.out = append(append(c.out[:0], 0, 0, 0, 0, comPrepare), sql...)
	if err := c.sent(); err != nil {
		return 0, err
	}
	b, err := c.in.next()
	switch {
	case err != nil:
		return 0, err
	case len(b) > 0 && b[0] == errReply:
		return 0, parseError(b)
	case len(b) < 9 || b[0] != okReply:
		return 0, ErrMalformed
	}
	id := binary.LittleEndian.Uint32(b[1:])
	columns, params := binary.LittleEndian.Uint16(b[5:]), binary.LittleEndian.Uint16(b[7:])
	for _, n := range []uint16{params, columns} {
		if n == 0 {
			continue
		}
		for range int(n) + 1 { // and the end marker
			if _, err := c.in.next(); err != nil {
				return 0, err
			}
		}
	}
	return id, nil
}

// Unprepare forgets a prepared statement. The server does not reply.
func (c *Conn) Unprepare(id uint32) error {
	var b [Header + 5]byte
	b[Header] = comClose
	binary.LittleEndian.PutUint32(b[Header+1:], id)
	c.in.seq = 0
	return c.writePayload(b[:])
}

// Param is the type of a parameter of a bulk execution.
type Param uint16

// The types used, from the protocol's MYSQL_TYPE_ numbers and, in the higher byte, the unsigned flag.
const (
	ParamInt      Param = 8          // 8 bytes
	ParamUnsigned Param = 8 | 0x8000 // 8 bytes
	ParamDouble   Param = 5          // 8 bytes
	ParamDecimal  Param = 246        // text
	ParamString   Param = 254        // in the client's character set
	ParamBytes    Param = 252
)

// Indicators of a bulk execution stand before each value.
const (
	IndicatorValue   = 0
	IndicatorNull    = 1
	IndicatorDefault = 2
	IndicatorIgnore  = 3 // an UPDATE leaves the column alone
)

// sendTypes is the flag that types follow.
const sendTypes = 128

// Bulk appends the head of a bulk execution (MariaDB's COM_STMT_BULK_EXECUTE) to b, which is to be empty. The rows
// follow: for each parameter an indicator and, if it says so, the value.
func Bulk(b []byte, statement uint32, params []Param) []byte {
	b = append(b, 0, 0, 0, 0, comBulkExecute)
	b = binary.LittleEndian.AppendUint32(b, statement)
	b = binary.LittleEndian.AppendUint16(b, sendTypes)
	for _, p := range params {
		b = binary.LittleEndian.AppendUint16(b, uint16(p))
	}
	return b
}

// AppendLength appends a length-encoded integer.
func AppendLength(b []byte, n int) []byte {
	switch {
	case n < nullCell:
		return append(b, byte(n))
	case n < 1<<16:
		return append(b, 0xfc, byte(n), byte(n>>8))
	case n < 1<<24:
		return append(b, 0xfd, byte(n), byte(n>>8), byte(n>>16))
	default:
		return binary.LittleEndian.AppendUint64(append(b, 0xfe), uint64(n))
	}
}
