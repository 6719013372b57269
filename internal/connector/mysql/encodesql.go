package mysql

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// appendSQL writes value i as an expression of an INSERT.
func (e *cellEncoder) appendSQL(dst []byte, v *change.Vector, i int) ([]byte, error) {
	if v.IsNull(i) {
		return append(dst, "NULL"...), nil
	}
	switch {
	case e.put == putData && e.kind == spatialKind && e.layout == change.Text:
		return append(dst, fmt.Sprintf(geometryFromText, appendQuoted(nil, v.Value(i)))...), nil
	case e.put == putData:
		if e.kind == binaryKind || e.kind == bitKind || e.kind == spatialKind || e.layout == change.Bytes && e.kind != textKind {
			dst = append(dst, "_binary"...)
		}
		return appendQuoted(dst, v.Value(i)), nil
	case e.isBinaryPut() && e.put != putScaled:
		dst = append(dst, "_binary"...)
	}
	value, err := e.appendValue(nil, v, i)
	if err != nil {
		return dst, err
	}
	return appendQuoted(dst, value), nil
}

// appendQuoted writes bytes as a string literal.
func appendQuoted(dst, p []byte) []byte {
	dst = append(dst, '\'')
	start := 0
	for i, c := range p {
		var escape byte
		switch c {
		case '\'', '\\':
			escape = c
		case 0:
			escape = '0'
		default:
			continue
		}
		dst = append(append(dst, p[start:i]...), '\\', escape)
		start = i + 1
	}
	return append(append(dst, p[start:]...), '\'')
}
