package insight

import (
	"fmt"
	"strings"
)

type kind uint8

const (
	end kind = iota
	word
	number
	text
	regex
	sign
)

type token struct {
	kind kind
	text string
	at   int // its place, from 1
}

// An Error says what is wrong with a query, and where.
type Error struct {
	At      int // the place in the query, from 1
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("%s at character %d", e.Message, e.At) }

func wrong(at int, form string, args ...any) error { return &Error{at, fmt.Sprintf(form, args...)} }

var signs = []string{"!=", "<=", ">=", "=~", "==", "=", "<", ">", "|", ",", "(", ")", "[", "]", "+", "-", "*", "/", "%", "^"}

func lex(source string) ([]token, error) {
	var out []token
	for i := 0; i < len(source); {
		c := source[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '#':
			if n := strings.IndexByte(source[i:], '\n'); n >= 0 {
				i += n
			} else {
				i = len(source)
			}
		case c == '"' || c == '\'' || c == '`':
			inner, n, ok := closed(source[i:], c)
			if !ok {
				return nil, wrong(i+1, "a text that never ends")
			}
			k := text
			if c == '`' {
				k = word
			}
			out = append(out, token{k, inner, i + 1})
			i += n
		case c == '/' && regexMayBegin(out):
			inner, n, ok := closed(source[i:], '/')
			if !ok {
				return nil, wrong(i+1, "a regular expression that never ends")
			}
			out = append(out, token{regex, inner, i + 1})
			i += n
		case c >= '0' && c <= '9':
			n := 1
			for i+n < len(source) && (wordByte(source[i+n]) || source[i+n] == '.') {
				n++
			}
			out = append(out, token{number, source[i : i+n], i + 1})
			i += n
		case wordByte(c) || c == '@':
			n := 1
			for i+n < len(source) && (wordByte(source[i+n]) || source[i+n] == '.' || source[i+n] == ':') {
				n++
			}
			out = append(out, token{word, source[i : i+n], i + 1})
			i += n
		default:
			s := signAt(source[i:])
			if s == "" {
				return nil, wrong(i+1, "%q does not belong into a query", []rune(source[i:])[0])
			}
			out = append(out, token{sign, s, i + 1})
			i += len(s)
		}
	}
	return append(out, token{end, "", len(source) + 1}), nil
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80
}

func signAt(s string) string {
	for _, x := range signs {
		if strings.HasPrefix(s, x) {
			return x
		}
	}
	return ""
}

// regexMayBegin tells a regular expression from a division: it stands behind like, =~ or parse's field.
func regexMayBegin(before []token) bool {
	if len(before) == 0 {
		return false
	}
	last := before[len(before)-1]
	if last.kind == sign {
		return last.text == "=~"
	}
	if last.kind != word {
		return false
	}
	if strings.EqualFold(last.text, "like") || strings.EqualFold(last.text, "parse") {
		return true
	}
	return len(before) > 1 && before[len(before)-2].kind == word && strings.EqualFold(before[len(before)-2].text, "parse")
}

// closed takes a text between two equal signs; a backslash keeps the sign from closing it.
func closed(source string, quote byte) (inner string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(source); i++ {
		switch c := source[i]; {
		case c == quote:
			return b.String(), i + 1, true
		case c == '\\' && i+1 < len(source) && source[i+1] == quote:
			i++
			b.WriteByte(quote)
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, false
}
