package binlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// ErrMalformed says that an event's bytes are not what its type asks for.
var ErrMalformed = errors.New("malformed binary log event")

// Type is the kind of an event.
type Type uint8

// The kinds that matter here.
const (
	Query              Type = 2
	Rotate             Type = 4
	FormatDescription  Type = 15
	Xid                Type = 16
	TableMapped        Type = 19
	WriteRowsV1        Type = 23
	UpdateRowsV1       Type = 24
	DeleteRowsV1       Type = 25
	Incident           Type = 26
	Heartbeat          Type = 27
	WriteRows          Type = 30
	UpdateRows         Type = 31
	DeleteRows         Type = 32
	Gtid               Type = 33 // MySQL
	AnonymousGtid      Type = 34
	PreviousGtids      Type = 35
	XaPrepare          Type = 38
	PartialUpdateRows  Type = 39
	TransactionPayload Type = 40
	HeartbeatV2        Type = 41
	GtidTagged         Type = 42

	BinlogCheckpoint     Type = 161
	MariadbGtid          Type = 162
	MariadbGtidList      Type = 163
	StartEncryption      Type = 164
	QueryCompressed      Type = 165
	WriteRowsCompressed1 Type = 166
	UpdateCompressed1    Type = 167
	DeleteCompressed1    Type = 168
	WriteRowsCompressed  Type = 169
	UpdateCompressed     Type = 170
	DeleteCompressed     Type = 171
)

// HeaderLength is the size of an event's header.
const HeaderLength = 19

// Artificial is the flag of an event that the server has made up for this connection.
const Artificial = 0x20

// Header is an event's header.
type Header struct {
	Time   uint32 // seconds since 1970
	Type   Type
	Server uint32
	Size   uint32 // with the header and the checksum
	Next   uint32 // where the next event begins, modulo 2^32; 0 when unknown
	Flags  uint16
}

// Parse cuts an event into header and body. checksum says that it ends with one, which is verified and cut off.
func Parse(event []byte, checksum bool) (Header, []byte, error) {
	var h Header
	if len(event) < HeaderLength {
		return h, nil, ErrMalformed
	}
	h = Header{
		Time: binary.LittleEndian.Uint32(event), Type: Type(event[4]), Server: binary.LittleEndian.Uint32(event[5:]),
		Size: binary.LittleEndian.Uint32(event[9:]), Next: binary.LittleEndian.Uint32(event[13:]), Flags: binary.LittleEndian.Uint16(event[17:]),
	}
	if h.Size < HeaderLength || int64(h.Size) > int64(len(event)) {
		return h, nil, ErrMalformed
	}
	event = event[:h.Size]
	if !checksum {
		return h, event[HeaderLength:], nil
	}
	end := len(event) - 4
	if end < HeaderLength {
		return h, nil, ErrMalformed
	}
	if sum := crc32.ChecksumIEEE(event[:end]); sum != binary.LittleEndian.Uint32(event[end:]) {
		return h, nil, fmt.Errorf("%w: its checksum is wrong", ErrMalformed)
	}
	return h, event[HeaderLength:end], nil
}

// EndsWithChecksum reads from a format description whether the events after it, and itself, end with a checksum.
func EndsWithChecksum(event []byte) (bool, error) {
	// Header, version 2, server 50, time 4, header length 1, one byte per event type, then algorithm and checksum.
	const fixed = HeaderLength + 2 + 50 + 4 + 1
	if len(event) < fixed+5 {
		return false, ErrMalformed
	}
	return event[len(event)-5] == 1, nil
}

// ParseRotate reads the place that follows.
func ParseRotate(body []byte) (file string, offset uint64, err error) {
	if len(body) < 9 {
		return "", 0, ErrMalformed
	}
	return string(body[8:]), binary.LittleEndian.Uint64(body), nil
}

// Rows of an event kind.
type Rows uint8

// What rows events do.
const (
	NoRows Rows = iota
	Write
	Update
	Delete
)

// RowsOf tells what an event of the type does to rows, its version, and whether its rows are compressed.
func RowsOf(t Type) (kind Rows, version int, compressed bool) {
	switch t {
	case WriteRowsV1, UpdateRowsV1, DeleteRowsV1:
		return Rows(t-WriteRowsV1) + Write, 1, false
	case WriteRows, UpdateRows, DeleteRows:
		return Rows(t-WriteRows) + Write, 2, false
	case PartialUpdateRows:
		return Update, 2, false
	case WriteRowsCompressed1, UpdateCompressed1, DeleteCompressed1:
		return Rows(t-WriteRowsCompressed1) + Write, 1, true
	case WriteRowsCompressed, UpdateCompressed, DeleteCompressed:
		return Rows(t-WriteRowsCompressed) + Write, 2, true
	}
	return NoRows, 0, false
}

// lenenc cuts a length-encoded integer off b.
func lenenc(b []byte) (uint64, []byte, bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	var width int
	switch b[0] {
	default:
		if b[0] > 0xfa {
			return 0, nil, false
		}
		return uint64(b[0]), b[1:], true
	case 0xfc:
		width = 2
	case 0xfd:
		width = 3
	case 0xfe:
		width = 8
	}
	if len(b) < 1+width {
		return 0, nil, false
	}
	var full [8]byte
	copy(full[:], b[1:1+width])
	return binary.LittleEndian.Uint64(full[:]), b[1+width:], true
}
