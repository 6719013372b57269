package binlog

import "encoding/binary"

// Statement is a query event.
type Statement struct {
	Schema string // the session's default database
	SQL    []byte
	Error  uint16
	// Mode is the session's sql_mode: bits of the ModeXxx constants.
	Mode uint64
}

// Bits of the sql_mode.
const (
	ModeAnsiQuotes         = 1 << 2
	ModeNoBackslashEscapes = 1 << 20
	ModeStrictTransTables  = 1 << 21
	ModeStrictAllTables    = 1 << 22
	ModePadChar            = 1 << 31
)

// Strict reports whether the statement failed for values that did not fit, rather than change them.
func (s Statement) Strict() bool { return s.Mode&(ModeStrictTransTables|ModeStrictAllTables) != 0 }

// Padded reports whether a CHAR was read with the blanks behind it.
func (s Statement) Padded() bool { return s.Mode&ModePadChar != 0 }

// ParseQuery reads a query event.
func ParseQuery(body []byte, compressed bool) (Statement, error) {
	var s Statement
	if len(body) < 13 {
		return s, ErrMalformed
	}
	schema := int(body[8])
	s.Error = binary.LittleEndian.Uint16(body[9:])
	status := int(binary.LittleEndian.Uint16(body[11:]))
	b := body[13:]
	if len(b) < status+schema+1 {
		return s, ErrMalformed
	}
	s.Mode = modeOf(b[:status])
	b = b[status:]
	s.Schema, s.SQL = string(b[:schema]), b[schema+1:]
	if compressed {
		var err error
		s.SQL, err = Decompress(s.SQL)
		return s, err
	}
	return s, nil
}

// modeOf finds the sql_mode among the status variables, where it comes second when it is there.
func modeOf(b []byte) uint64 {
	if len(b) >= 5 && b[0] == 0 { // flags2
		b = b[5:]
	}
	if len(b) >= 9 && b[0] == 1 {
		return binary.LittleEndian.Uint64(b[1:])
	}
	return 0
}
