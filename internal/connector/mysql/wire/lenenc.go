package wire

import "encoding/binary"

// nullCell is the first byte of a NULL in a text row.
const nullCell = 0xfb

// Cell cuts the first value off a text row. ok is false when the row is malformed.
func Cell(row []byte) (cell, rest []byte, null, ok bool) {
	if len(row) == 0 {
		return nil, nil, false, false
	}
	n := int(row[0])
	if n < nullCell {
		if len(row) <= n {
			return nil, nil, false, false
		}
		return row[1 : 1+n : 1+n], row[1+n:], false, true
	}
	if n == nullCell {
		return nil, row[1:], true, true
	}
	return longCell(row)
}

func longCell(row []byte) (cell, rest []byte, null, ok bool) {
	width := lenencWidth(row[0])
	if width == 0 || len(row) < 1+width {
		return nil, nil, false, false
	}
	n := lenencValue(row[1 : 1+width])
	row = row[1+width:]
	if n > uint64(len(row)) {
		return nil, nil, false, false
	}
	return row[:n:n], row[n:], false, true
}

// lenencWidth is the number of bytes after the first byte of a length-encoded integer; 0 for a byte that starts none.
func lenencWidth(first byte) int {
	switch first {
	case 0xfc:
		return 2
	case 0xfd:
		return 3
	case 0xfe:
		return 8
	}
	return 0
}

func lenencValue(b []byte) uint64 {
	var full [8]byte
	copy(full[:], b)
	return binary.LittleEndian.Uint64(full[:])
}

// integer cuts a length-encoded integer off b.
func integer(b []byte) (uint64, []byte, error) {
	if len(b) == 0 {
		return 0, nil, ErrMalformed
	}
	if b[0] < nullCell {
		return uint64(b[0]), b[1:], nil
	}
	width := lenencWidth(b[0])
	if width == 0 || len(b) < 1+width {
		return 0, nil, ErrMalformed
	}
	return lenencValue(b[1 : 1+width]), b[1+width:], nil
}
