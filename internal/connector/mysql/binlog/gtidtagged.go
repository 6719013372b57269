package binlog

import (
	"encoding/binary"
	"math/bits"
)

// The numbers of the fields of a tagged GTID event that matter here. They come in this order; some may be left out.
const (
	taggedFlags = iota
	taggedSource
	taggedNumber
	taggedTag
	taggedLastCommitted
	taggedSequence
	taggedCommit
)

// ParseTaggedGTID reads the GTID event of MySQL 8.3 and later for a GTID with a tag, which is in a format of its own (MySQL source code
// documentation, "mysql::serialization"): each field has its number before it, and numbers take as many bytes as they need.
func ParseTaggedGTID(body []byte) (MyGTID, error) {
	var g MyGTID
	r := serial{body}
	r.unsigned() // version
	r.unsigned() // size
	r.unsigned() // the last field that must be known
	seen := 0
	for len(r.rest) > 0 && seen <= taggedCommit {
		field := r.unsigned()
		switch field {
		case taggedFlags:
			r.unsigned()
		case taggedSource:
			for i := range g.Source {
				g.Source[i] = byte(r.unsigned())
			}
		case taggedNumber:
			g.Number = r.signed()
		case taggedTag:
			g.Tag = string(r.take(int(min(r.unsigned(), 1<<10))))
		case taggedLastCommitted, taggedSequence:
			r.signed()
		case taggedCommit:
			g.Commit = r.unsigned()
		default:
			seen = taggedCommit + 1
			continue
		}
		seen = int(field)
	}
	if r.rest == nil || g.Number <= 0 || g.Tag == "" {
		return MyGTID{}, ErrMalformed
	}
	return g, nil
}

// serial reads numbers of as many bytes as they need; after the first that is not there, rest is nil.
type serial struct{ rest []byte }

func (s *serial) take(n int) []byte {
	if s.rest == nil || n < 0 || n > len(s.rest) {
		s.rest = nil
		return nil
	}
	p := s.rest[:n:n]
	s.rest = s.rest[n:]
	return p
}

// unsigned reads a number: as many ones as end the first byte, so many bytes follow it.
func (s *serial) unsigned() uint64 {
	if len(s.rest) == 0 {
		s.rest = nil
		return 0
	}
	more := bits.TrailingZeros8(^s.rest[0])
	p := s.take(1 + more)
	if p == nil {
		return 0
	}
	if more == 8 {
		return binary.LittleEndian.Uint64(p[1:])
	}
	var word [8]byte
	copy(word[:], p)
	return binary.LittleEndian.Uint64(word[:]) >> (more + 1)
}

// signed reads a number whose lowest bit says whether it is negative.
func (s *serial) signed() int64 {
	n := s.unsigned()
	if n&1 != 0 {
		return -1 - int64(n>>1)
	}
	return int64(n >> 1)
}
