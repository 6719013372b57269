package formula

import (
	"fmt"
	"strconv"
	"strings"
)

type kind uint8

const (
	end kind = iota
	number
	text
	name
	operator
)

type token struct {
	kind   kind
	text   string
	number float64
	at     int // its place, from 1
}

// An Error says what is wrong with an expression, and where.
type Error struct {
	At      int // the place in the expression, from 1
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("%s at character %d", e.Message, e.At) }

func wrong(at int, form string, args ...any) error { return &Error{at, fmt.Sprintf(form, args...)} }

// operators by their length: the longer ones first.
var operators = []string{"&&", "||", ">=", "<=", "==", "!=", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",", "<", ">"}

func lex(source string) ([]token, error) {
	var out []token
	for i := 0; i < len(source); {
		c := source[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c >= '0' && c <= '9' || c == '.':
			n := numberAt(source[i:])
			v, err := strconv.ParseFloat(source[i:i+n], 64)
			if err != nil {
				return nil, wrong(i+1, "%q is no number", source[i:i+n])
			}
			out = append(out, token{number, source[i : i+n], v, i + 1})
			i += n
		case c == '\'' || c == '"':
			closing := strings.IndexByte(source[i+1:], c)
			if closing < 0 {
				return nil, wrong(i+1, "a text that never ends")
			}
			out = append(out, token{kind: text, text: source[i+1 : i+1+closing], at: i + 1})
			i += closing + 2
		case letter(c):
			n := 1
			for i+n < len(source) && (letter(source[i+n]) || source[i+n] >= '0' && source[i+n] <= '9') {
				n++
			}
			out = append(out, token{kind: name, text: source[i : i+n], at: i + 1})
			i += n
		default:
			op := operatorAt(source[i:])
			if op == "" {
				return nil, wrong(i+1, "%q does not belong into an expression", []rune(source[i:])[0])
			}
			out = append(out, token{kind: operator, text: op, at: i + 1})
			i += len(op)
		}
	}
	return append(out, token{kind: end, at: len(source) + 1}), nil
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func operatorAt(s string) string {
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return op
		}
	}
	return ""
}

// numberAt is the length of the number that a text begins with.
func numberAt(s string) int {
	n := 0
	digits := func() {
		for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.') {
			n++
		}
	}
	digits()
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		after := n + 1
		if after < len(s) && (s[after] == '+' || s[after] == '-') {
			after++
		}
		if after < len(s) && s[after] >= '0' && s[after] <= '9' {
			n = after
			digits()
		}
	}
	return n
}
