package mysql

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// printable writes literals that are no valid UTF-8, the defaults of binary columns, in hexadecimal: the servers
// print them raw, and would not take them back in a statement.
func printable(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	from := 0
	for n := 0; n < len(text); n++ {
		if !isQuote(text[n]) {
			continue
		}
		end := skipQuoted(text, n)
		if lit := text[n:end]; lit[0] == '\'' && !utf8.ValidString(lit) {
			b.WriteString(text[from:n])
			b.WriteString("0x" + hex.EncodeToString([]byte(unescapeLiteral(lit))))
			from = end
		}
		n = end - 1
	}
	b.WriteString(text[from:])
	return b.String()
}

// unescapeLiteral returns the value of a string literal of SHOW CREATE TABLE.
func unescapeLiteral(lit string) string {
	inner := lit[1 : len(lit)-1]
	out := make([]byte, 0, len(inner))
	for n := 0; n < len(inner); n++ {
		c := inner[n]
		if c == '\'' {
			n++
		} else if c == '\\' && n+1 < len(inner) {
			n++
			c = unescaped(inner[n])
		}
		out = append(out, c)
	}
	return string(out)
}

func unescaped(c byte) byte {
	switch c {
	case '0':
		return 0
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'Z':
		return 26
	}
	return c
}
