package mysql

import "encoding/binary"

// Fields of LOAD DATA end with a tab and lines with a line feed; these two and the backslash are written after a
// backslash. No other byte means anything to the server, not even inside a character of several bytes.
const loadFormat = ` FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n'`

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// appendEscaped writes bytes as part of a field. It looks at eight bytes at a time for one that needs a backslash.
func appendEscaped(dst, p []byte) []byte {
	clean := 0 // p[clean:i] needs nothing and is not written yet
	i := 0
	for i+8 <= len(p) {
		w := binary.LittleEndian.Uint64(p[i:])
		if !mayNeedEscape(w) {
			i += 8
			continue
		}
		dst, clean = appendEscapedBytes(dst, p, clean, i, i+8)
		i += 8
	}
	dst, clean = appendEscapedBytes(dst, p, clean, i, len(p))
	return append(dst, p[clean:]...)
}

// mayNeedEscape reports whether a byte of the word is a backslash or below 11, which the tab and the line feed are.
func mayNeedEscape(w uint64) bool {
	x := w ^ '\\'*ones
	return ((x-ones)&^x|(w-11*ones)&^w)&highs != 0
}

// appendEscapedBytes looks at p[i:end] byte by byte and returns the new start of what is not written.
func appendEscapedBytes(dst, p []byte, clean, i, end int) ([]byte, int) {
	for ; i < end; i++ {
		c := p[i]
		if c != '\t' && c != '\n' && c != '\\' {
			continue
		}
		dst = append(dst, p[clean:i]...)
		switch c {
		case '\t':
			c = 't'
		case '\n':
			c = 'n'
		}
		dst = append(dst, '\\', c)
		clean = i + 1
	}
	return dst, clean
}
