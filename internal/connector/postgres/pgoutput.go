package postgres

import (
	"bytes"
	"encoding/binary"
)

// message reads the parts of a message of the pgoutput plugin (PostgreSQL documentation, logical replication message
// formats). After the first part that is not there, bad is set and every other is empty.
type message struct {
	p   []byte
	bad bool
}

func (m *message) take(n int) []byte {
	if n < 0 || n > len(m.p) {
		m.bad, m.p = true, nil
		return nil
	}
	p := m.p[:n]
	m.p = m.p[n:]
	return p
}

func (m *message) byte() byte {
	if p := m.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (m *message) uint16() int {
	if p := m.take(2); p != nil {
		return int(binary.BigEndian.Uint16(p))
	}
	return 0
}

func (m *message) uint32() uint32 {
	if p := m.take(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

func (m *message) uint64() uint64 {
	if p := m.take(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}

func (m *message) string() string {
	i := bytes.IndexByte(m.p, 0)
	if i < 0 {
		m.bad, m.p = true, nil
		return ""
	}
	s := string(m.p[:i])
	m.p = m.p[i+1:]
	return s
}

// tuple is a row as it came: where each column's value lies. It is reused.
type tuple struct {
	kinds  []byte // n: null, u: unchanged and not sent, t: text, b: binary
	values [][]byte
	full   bool // an old row that tells every value
	whole  bool // an old row that tells more than its key, and is to be told whole
}

// read takes a row apart.
func (t *tuple) read(m *message) bool {
	n := m.uint16()
	t.kinds, t.values = t.kinds[:0], t.values[:0]
	for range n {
		kind := m.byte()
		var value []byte
		switch kind {
		case 'n', 'u':
		case 't', 'b':
			value = m.take(int(int32(m.uint32())))
		default:
			m.bad = true
		}
		if m.bad {
			return false
		}
		t.kinds, t.values = append(t.kinds, kind), append(t.values, value)
	}
	return !m.bad
}

// relationMessage is the structure of a table at a place in the stream.
type relationMessage struct {
	id           uint32
	schema, name string
	identity     byte // d: default, n: nothing, f: full, i: index
	columns      []relationColumn
}

type relationColumn struct {
	name     string
	oid      uint32
	modifier int
	key      bool // part of what identifies a row
}

func (m *message) relation() (relationMessage, bool) {
	r := relationMessage{id: m.uint32(), schema: m.string(), name: m.string(), identity: m.byte()}
	n := m.uint16()
	for range n {
		c := relationColumn{key: m.byte()&1 != 0, name: m.string(), oid: m.uint32(), modifier: int(int32(m.uint32()))}
		if m.bad {
			return r, false
		}
		r.columns = append(r.columns, c)
	}
	if r.schema == "" { // pgoutput's word for the namespace of the system
		r.schema = "pg_catalog"
	}
	return r, !m.bad
}
