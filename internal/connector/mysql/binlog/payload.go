package binlog

import "encoding/binary"

// PayloadEvents are the events of a compressed transaction.
type PayloadEvents struct {
	Bytes      []byte
	Compressed bool // by zstd; else they are as they were
}

// Fields of a transaction payload event.
const (
	payloadEnd         = 0
	payloadSize        = 1
	payloadCompression = 2
	compressionNone    = 255
)

// Payload reads MySQL's transaction payload event: fields of type, length and value, then the events.
func Payload(body []byte) (PayloadEvents, error) {
	p := PayloadEvents{Compressed: true}
	size := uint64(0)
	for {
		kind, b, ok := lenenc(body)
		if !ok {
			return p, ErrMalformed
		}
		if kind == payloadEnd {
			body = b
			break
		}
		n, b, ok := lenenc(b)
		if !ok || n > uint64(len(b)) {
			return p, ErrMalformed
		}
		value, _, ok := lenenc(b[:n])
		if !ok {
			return p, ErrMalformed
		}
		switch kind {
		case payloadSize:
			size = value
		case payloadCompression:
			p.Compressed = value != compressionNone
		}
		body = b[n:]
	}
	if size > uint64(len(body)) {
		return p, ErrMalformed
	}
	p.Bytes = body
	if size > 0 {
		p.Bytes = body[:size]
	}
	return p, nil
}

// EventSize reads the size of an event from its header.
func EventSize(header []byte) (int, error) {
	if len(header) < HeaderLength {
		return 0, ErrMalformed
	}
	n := binary.LittleEndian.Uint32(header[9:])
	if n < HeaderLength || n > maxDecompressed {
		return 0, ErrMalformed
	}
	return int(n), nil
}
