package wire

import (
	"encoding/binary"
	"fmt"
)

// First bytes of replies.
const (
	okReply     = 0x00
	infileReply = 0xfb
	eofReply    = 0xfe
	errReply    = 0xff
)

// Result is what the server says of a statement without rows.
type Result struct {
	Affected uint64
	Warnings uint16
	Status   uint16 // the server's status flags
	Info     string // "Records: 3  Deleted: 0  Skipped: 0  Warnings: 0"
}

// ServerError is an error the server sent.
type ServerError struct {
	Code    uint16
	State   string
	Message string
}

// Error spells the error as the command line client does.
func (e *ServerError) Error() string { return fmt.Sprintf("%d (%s): %s", e.Code, e.State, e.Message) }

func parseOK(b []byte) (Result, error) {
	var r Result
	var err error
	if r.Affected, b, err = integer(b[1:]); err != nil {
		return r, err
	}
	if _, b, err = integer(b); err != nil {
		return r, err
	}
	if len(b) < 4 {
		return r, ErrMalformed
	}
	r.Status = binary.LittleEndian.Uint16(b)
	r.Warnings = binary.LittleEndian.Uint16(b[2:])
	b = b[4:]
	// MySQL sends the text to the end of the packet, MariaDB with its length before it.
	if len(b) > 0 && int(b[0]) == len(b)-1 {
		b = b[1:]
	}
	r.Info = string(b)
	return r, nil
}

func parseError(b []byte) error {
	if len(b) < 3 {
		return ErrMalformed
	}
	e := &ServerError{Code: binary.LittleEndian.Uint16(b[1:]), State: "HY000"}
	b = b[3:]
	if len(b) >= 6 && b[0] == '#' {
		e.State, b = string(b[1:6]), b[6:]
	}
	e.Message = string(b)
	return e
}

// isEOF tells the end of a run of packets from a row that begins with a value of more than 16 MB.
func isEOF(b []byte) bool { return len(b) > 0 && len(b) < 9 && b[0] == eofReply }
