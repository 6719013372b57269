package progress

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain is a text without control characters that a terminal would obey: names and messages of a database are whoever's who may make a
// table there. They are written as \x1b; the ends of lines and tabs stay.
func Plain(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t' }) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		piece := text[i : i+size]
		switch {
		case r == '\n', r == '\t', r == '\r' && strings.HasPrefix(text[i+1:], "\n"):
			b.WriteString(piece)
		case unicode.IsControl(r), r == utf8.RuneError && size == 1:
			quoted := strconv.QuoteToASCII(piece)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteString(piece)
		}
		i += size
	}
	return b.String()
}

// PlainWriter writes what it is given as Plain has it.
func PlainWriter(to io.Writer) io.Writer { return plainWriter{to} }

type plainWriter struct{ to io.Writer }

// Write takes whole characters.
func (w plainWriter) Write(text []byte) (int, error) {
	if _, err := io.WriteString(w.to, Plain(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}
