package expr

import (
	"fmt"
	"strings"
)

type tokenKind uint8

const (
	endToken tokenKind = iota
	wordToken
	numberToken
	stringToken // text holds the value
	blobToken   // text holds the digits
	columnToken // text holds the name
	signToken
)

type token struct {
	kind tokenKind
	text string
	at   int
}

// lexer cuts an expression into tokens.
type lexer struct {
	src string
	at  int
}

func (l *lexer) fail(at int, format string, args ...any) error {
	return &Error{Position: at + 1, Reason: fmt.Sprintf(format, args...)}
}

func (l *lexer) next() (token, error) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	start := l.at
	if start == len(l.src) {
		return token{at: start}, nil
	}
	c := l.src[start]
	switch {
	case c == '\'' || c == '"':
		s, err := l.quoted(c)
		return token{stringToken, s, start}, err
	case (c == 'x' || c == 'X') && strings.HasPrefix(l.src[start+1:], "'"):
		l.at++
		s, err := l.quoted('\'')
		return token{blobToken, s, start}, err
	case c == '$':
		return l.column(start)
	case isDigit(c) || c == '.' && start+1 < len(l.src) && isDigit(l.src[start+1]):
		return l.number(start)
	case isNameByte(c):
		return token{wordToken, l.name(), start}, nil
	}
	return l.sign(start)
}

// skip passes white space and comments.
func (l *lexer) skip() error {
	for l.at < len(l.src) {
		rest := l.src[l.at:]
		switch {
		case isSpace(rest[0]):
			l.at++
		case strings.HasPrefix(rest, "--"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			l.at += n
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest, "*/")
			if n < 0 {
				return l.fail(l.at, "the comment has no end")
			}
			l.at += n + 2
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) quoted(quote byte) (string, error) {
	start := l.at
	var s strings.Builder
	for i := start + 1; i < len(l.src); i++ {
		if l.src[i] != quote {
			s.WriteByte(l.src[i])
			continue
		}
		if i+1 < len(l.src) && l.src[i+1] == quote {
			s.WriteByte(quote)
			i++
			continue
		}
		l.at = i + 1
		return s.String(), nil
	}
	return "", l.fail(start, "the string has no closing %c", quote)
}

// column reads $NAME, or ${any name} for names with other characters.
func (l *lexer) column(start int) (token, error) {
	l.at++
	if strings.HasPrefix(l.src[l.at:], "{") {
		n := strings.IndexByte(l.src[l.at:], '}')
		if n < 2 {
			return token{}, l.fail(start, "${ wants a column name and a closing }")
		}
		name := l.src[l.at+1 : l.at+n]
		l.at += n + 1
		return token{columnToken, name, start}, nil
	}
	name := l.name()
	if name == "" {
		return token{}, l.fail(start, "$ wants a column name after it")
	}
	return token{columnToken, name, start}, nil
}

func (l *lexer) name() string {
	start := l.at
	for l.at < len(l.src) && (isNameByte(l.src[l.at]) || isDigit(l.src[l.at]) || l.src[l.at] == '$') {
		l.at++
	}
	return l.src[start:l.at]
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func (l *lexer) number(start int) (token, error) {
	if strings.HasPrefix(l.src[start:], "0x") || strings.HasPrefix(l.src[start:], "0X") {
		l.at += 2
		l.name()
		return token{numberToken, l.src[start:l.at], start}, nil
	}
	l.digits()
	if l.at < len(l.src) && l.src[l.at] == '.' {
		l.at++
		l.digits()
	}
	if l.at < len(l.src) && l.src[l.at]|0x20 == 'e' {
		mark := l.at
		l.at++
		if l.at < len(l.src) && (l.src[l.at] == '+' || l.src[l.at] == '-') {
			l.at++
		}
		if l.at == len(l.src) || !isDigit(l.src[l.at]) {
			l.at = mark
		}
		l.digits()
	}
	if l.name() != "" {
		return token{}, l.fail(start, "%q is not a number", l.src[start:l.at])
	}
	return token{numberToken, l.src[start:l.at], start}, nil
}

func (l *lexer) digits() {
	for l.at < len(l.src) && isDigit(l.src[l.at]) {
		l.at++
	}
}

func (l *lexer) sign(start int) (token, error) {
	rest := l.src[start:]
	for _, two := range [...]string{"||", "<=", ">=", "<>", "!=", "==", "<<", ">>", "->"} {
		if strings.HasPrefix(rest, two) {
			l.at += 2
			return token{signToken, two, start}, nil
		}
	}
	if strings.IndexByte("+-*/%&|~<>=(),", rest[0]) < 0 {
		if rest[0] == ';' {
			return token{}, l.fail(start, "only one expression is allowed here, no statements")
		}
		return token{}, l.fail(start, "unexpected character %q", rest[0])
	}
	l.at++
	return token{signToken, rest[:1], start}, nil
}
