package postgres

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// typeParts is what a type's binary form is made of, as far as it names types by the identifiers of one server: arrays
// name their element's type, composite types those of their fields. A value of another server is made ours by putting
// our identifiers in their places.
type typeParts struct {
	oid    uint32 // as declared: of the domain, not of what it is made of
	kind   byte   // 'a': array, 'c': composite, 'r': range, 'm': multirange, 'i': an identifier itself; 0: none of these
	of     *typeParts
	fields []*typeParts
}

const typePartsSQL = `SELECT t.typtype, t.typbasetype, CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END, t.typrelid,
 coalesce((SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid), (SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE r.rngmultitypid = t.oid), 0),
 t.typname LIKE 'reg%%' AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace FROM pg_catalog.pg_type t WHERE t.oid = %d`

const typeFieldsSQL = `SELECT atttypid FROM pg_catalog.pg_attribute WHERE attrelid = %d AND attnum > 0 AND NOT attisdropped ORDER BY attnum`

// maxTypeDepth ends the look at a type that contains itself.
const maxTypeDepth = 16

func readTypeParts(ctx context.Context, w *wire, oid uint32, depth int) (*typeParts, error) {
	t := &typeParts{oid: oid}
	if depth > maxTypeDepth {
		return t, nil
	}
	var typtype byte
	var base, element, relation, sub uint32
	if err := w.query(ctx, fmt.Sprintf(typePartsSQL, oid), func(v [][]byte) error {
		typtype, base, element, relation, sub = v[0][0], number(v[1]), number(v[2]), number(v[3]), number(v[4])
		if v[5][0] == 't' {
			t.kind = 'i'
		}
		return nil
	}); err != nil {
		return nil, err
	}
	within := func(oid uint32) (*typeParts, error) { return readTypeParts(ctx, w, oid, depth+1) }
	var err error
	switch {
	case typtype == 'd':
		inner, err := within(base)
		if err != nil {
			return nil, err
		}
		inner.oid = oid
		return inner, nil
	case typtype == 'c':
		t.kind = 'c'
		var ids []uint32
		if err := w.query(ctx, fmt.Sprintf(typeFieldsSQL, relation), func(v [][]byte) error {
			ids = append(ids, number(v[0]))
			return nil
		}); err != nil {
			return nil, err
		}
		for _, id := range ids {
			f, err := within(id)
			if err != nil {
				return nil, err
			}
			t.fields = append(t.fields, f)
		}
	case element != 0:
		t.kind = 'a'
		t.of, err = within(element)
	case typtype == 'r', typtype == 'm':
		t.kind = typtype
		t.of, err = within(sub)
	}
	return t, err
}

// adopt puts our identifiers into a value; the reason says why it could not.
func (t *typeParts) adopt(p []byte) (reason string) {
	m := &message{p: p}
	switch t.kind {
	case 'i':
		return "holds an object identifier of the source, which means nothing here"
	case 'a':
		reason = t.adoptArray(m)
	case 'c':
		reason = t.adoptFields(m)
	case 'r':
		const empty, noLower, noUpper = 0x01, 0x08 | 0x20, 0x10 | 0x40
		flags := m.byte()
		if flags&(empty|noLower) == 0 {
			reason = t.of.adoptNext(m)
		}
		if reason == "" && flags&(empty|noUpper) == 0 {
			reason = t.of.adoptNext(m)
		}
	case 'm':
		for range m.uint32() {
			if reason = t.of.adoptNext(m); reason != "" || m.bad {
				break
			}
		}
	}
	if m.bad {
		return "is not in the binary form of its type"
	}
	return reason
}

// adoptNext reads a value with its length, -1 for null.
func (t *typeParts) adoptNext(m *message) string {
	size := int(int32(m.uint32()))
	if size == -1 {
		return ""
	}
	p := m.take(size)
	if m.bad {
		return ""
	}
	return t.adopt(p)
}

func (t *typeParts) adoptArray(m *message) string {
	dimensions := int(m.uint32())
	m.uint32() // whether there are nulls
	if p := m.take(4); p != nil {
		binary.BigEndian.PutUint32(p, t.of.oid)
	}
	if dimensions > 6 { // MAXDIM
		m.bad = true
	}
	m.take(8 * min(dimensions, 6))
	if t.of.kind == 0 {
		m.p = nil
		return ""
	}
	for len(m.p) > 0 && !m.bad {
		if reason := t.of.adoptNext(m); reason != "" {
			return reason
		}
	}
	return ""
}

func (t *typeParts) adoptFields(m *message) string {
	if int(m.uint32()) != len(t.fields) {
		return fmt.Sprintf("does not have the %d fields of the type here", len(t.fields))
	}
	for _, f := range t.fields {
		if p := m.take(4); p != nil {
			binary.BigEndian.PutUint32(p, f.oid)
		}
		if reason := f.adoptNext(m); reason != "" || m.bad {
			return reason
		}
	}
	return ""
}

// encodeAdopted is the encoder of Native values whose binary form names types.
func (t *typeParts) encodeAdopted(e *rows, v *change.Vector, i int) string {
	at := len(e.buf)
	e.buf = append(e.buf, v.Value(i)...)
	return t.adopt(e.buf[at:])
}
