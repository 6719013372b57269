package binlog

import (
	"encoding/binary"
)

// Column types of a table map.
const (
	TypeDecimal     = 0
	TypeTiny        = 1
	TypeShort       = 2
	TypeLong        = 3
	TypeFloat       = 4
	TypeDouble      = 5
	TypeNull        = 6
	TypeTimestamp   = 7
	TypeLongLong    = 8
	TypeInt24       = 9
	TypeDate        = 10
	TypeTime        = 11
	TypeDatetime    = 12
	TypeYear        = 13
	TypeNewDate     = 14
	TypeVarchar     = 15
	TypeBit         = 16
	TypeTimestamp2  = 17
	TypeDatetime2   = 18
	TypeTime2       = 19
	TypeBlobPacked  = 140 // MariaDB's compressed columns
	TypeTextPacked  = 141
	TypeVector      = 242
	TypeJSON        = 245
	TypeNewDecimal  = 246
	TypeEnum        = 247
	TypeSet         = 248
	TypeTinyBlob    = 249
	TypeMediumBlob  = 250
	TypeLongBlob    = 251
	TypeBlob        = 252
	TypeVarString   = 253
	TypeString      = 254
	TypeGeometry    = 255
	tableIDLength   = 6
	tableMapMinimum = tableIDLength + 2 + 1
)

// Column is a column of a table map.
type Column struct {
	Type uint8
	// Meta is the type's metadata: a length, the digits of a fraction, precision<<8|scale.
	Meta uint16
	// Real is the type inside a TypeString, which also stands for enumerations and sets; else Type.
	Real uint8
}

// TableMap says which table the rows events of its number belong to.
type TableMap struct {
	ID            uint64
	Schema, Table string
	Columns       []Column
	// Names are known with binlog_row_metadata=FULL alone.
	Names []string
}

// TableID reads the number of a table map or a rows event.
func TableID(body []byte) (uint64, bool) {
	if len(body) < tableIDLength {
		return 0, false
	}
	return uint64(binary.LittleEndian.Uint32(body)) | uint64(binary.LittleEndian.Uint16(body[4:]))<<32, true
}

// TableName reads the name from a table map without looking at the rest.
func TableName(body []byte) (schema, table []byte, rest []byte, err error) {
	if len(body) < tableMapMinimum {
		return nil, nil, nil, ErrMalformed
	}
	b := body[tableIDLength+2:]
	for _, name := range []*[]byte{&schema, &table} {
		if len(b) == 0 || len(b) < int(b[0])+2 {
			return nil, nil, nil, ErrMalformed
		}
		n := int(b[0])
		*name, b = b[1:1+n], b[1+n+1:]
	}
	return schema, table, b, nil
}

// ParseTableMap reads a table map.
func ParseTableMap(body []byte) (*TableMap, error) {
	id, ok := TableID(body)
	if !ok {
		return nil, ErrMalformed
	}
	schema, table, b, err := TableName(body)
	if err != nil {
		return nil, err
	}
	n, b, ok := lenenc(b)
	if !ok || n > uint64(len(b)) {
		return nil, ErrMalformed
	}
	m := &TableMap{ID: id, Schema: string(schema), Table: string(table), Columns: make([]Column, n)}
	for i := range m.Columns {
		m.Columns[i].Type = b[i]
	}
	b = b[n:]
	size, b, ok := lenenc(b)
	if !ok || size > uint64(len(b)) {
		return nil, ErrMalformed
	}
	if err := m.readMeta(b[:size]); err != nil {
		return nil, err
	}
	b = b[size:]
	nulls := int(n+7) / 8
	if len(b) < nulls {
		return nil, ErrMalformed
	}
	return m, m.readOptional(b[nulls:])
}

func (m *TableMap) readMeta(b []byte) error {
	for i := range m.Columns {
		c := &m.Columns[i]
		width := metaWidth(c.Type)
		if len(b) < width {
			return ErrMalformed
		}
		c.Real = c.Type
		switch {
		case width == 1:
			c.Meta = uint16(b[0])
		case c.Type == TypeString || c.Type == TypeNewDecimal || c.Type == TypeEnum || c.Type == TypeSet:
			c.Meta = binary.BigEndian.Uint16(b)
		case width == 2:
			c.Meta = binary.LittleEndian.Uint16(b)
		}
		if c.Type == TypeString {
			c.unfold()
		}
		b = b[width:]
	}
	return nil
}

// unfold reads what a TypeString really is. Two bits of a length beyond 255 hide in the type, inverted.
func (c *Column) unfold() {
	high, low := uint8(c.Meta>>8), c.Meta&0xff
	if high&0x30 != 0x30 {
		c.Real, c.Meta = high|0x30, low|uint16((high&0x30)^0x30)<<4
		return
	}
	c.Real, c.Meta = high, low
}

func metaWidth(t uint8) int {
	switch t {
	case TypeFloat, TypeDouble, TypeBlob, TypeTinyBlob, TypeMediumBlob, TypeLongBlob, TypeGeometry, TypeJSON, TypeVector,
		TypeTimestamp2, TypeDatetime2, TypeTime2, TypeBlobPacked:
		return 1
	case TypeVarchar, TypeBit, TypeNewDecimal, TypeEnum, TypeSet, TypeString, TypeVarString, TypeTextPacked:
		return 2
	}
	return 0
}

// columnNames is the kind of optional metadata that names the columns.
const columnNames = 4

// readOptional reads the names from the metadata that follow the map.
func (m *TableMap) readOptional(b []byte) error {
	for len(b) > 0 {
		kind := b[0]
		size, rest, ok := lenenc(b[1:])
		if !ok || size > uint64(len(rest)) {
			return ErrMalformed
		}
		value := rest[:size]
		b = rest[size:]
		if kind != columnNames {
			continue
		}
		for len(value) > 0 {
			n, rest, ok := lenenc(value)
			if !ok || n > uint64(len(rest)) {
				return ErrMalformed
			}
			m.Names = append(m.Names, string(rest[:n]))
			value = rest[n:]
		}
	}
	if m.Names != nil && len(m.Names) != len(m.Columns) {
		return ErrMalformed
	}
	return nil
}
