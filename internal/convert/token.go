package convert

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

type tokenKind uint8

const (
	spaceToken  tokenKind = iota // blanks and comments
	wordToken                    // an unquoted name or a keyword
	quotedToken                  // a quoted name
	stringToken                  // a character string, dollar-quoted ones too
	bitsToken                    // b'101' or x'ff', value being what is between the quotes
	numberToken
	symbolToken
)

// token is one piece of SQL: as written, and for names and strings what it means.
type token struct {
	kind  tokenKind
	text  string
	value string
}

// is reports whether the token is a symbol, or an unquoted word in any case.
func (t token) is(text string) bool {
	return t.kind == symbolToken && t.text == text || t.kind == wordToken && strings.EqualFold(t.text, text)
}

// isName reports whether the token can be an identifier.
func (t token) isName() bool { return t.kind == wordToken || t.kind == quotedToken }

// tokenize cuts SQL text into tokens as the family reads it. The texts joined are the input.
func tokenize(f catalog.Family, sql string) ([]token, error) {
	s := scanner{family: f, rest: sql}
	var tokens []token
	for s.rest != "" {
		t, n := s.next()
		if n <= 0 {
			return nil, fmt.Errorf("read SQL: a quote or a comment is not closed near %.20q", s.rest)
		}
		t.text = s.rest[:n]
		if t.kind == wordToken {
			t.value = s.fold(t.text)
		}
		tokens = append(tokens, t)
		s.rest = s.rest[n:]
	}
	return tokens, nil
}

// significant leaves out blanks and comments.
func significant(tokens []token) []token {
	var kept []token
	for _, t := range tokens {
		if t.kind != spaceToken {
			kept = append(kept, t)
		}
	}
	return kept
}

type scanner struct {
	family catalog.Family
	rest   string
}

// fold returns what an unquoted name means: PostgreSQL reads it in lower case, the others keep it and compare in any case.
func (s *scanner) fold(word string) string {
	if s.family == catalog.PostgreSQL {
		return strings.ToLower(word)
	}
	return word
}

// next returns the first token and its length; 0 means that it does not end.
func (s *scanner) next() (token, int) {
	c := s.rest[0]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
		return token{kind: spaceToken}, len(s.rest) - len(strings.TrimLeft(s.rest, " \t\n\r\f"))
	case strings.HasPrefix(s.rest, "--"), c == '#' && s.family == catalog.MySQL:
		if end := strings.IndexByte(s.rest, '\n'); end >= 0 {
			return token{kind: spaceToken}, end
		}
		return token{kind: spaceToken}, len(s.rest)
	case strings.HasPrefix(s.rest, "/*"):
		return token{kind: spaceToken}, s.comment()
	case c == '\'':
		return s.quoted(stringToken, 0, '\'', s.family == catalog.MySQL)
	case c == '"' && s.family == catalog.MySQL:
		return s.quoted(stringToken, 0, '"', true)
	case c == '"', c == '`' && s.family != catalog.PostgreSQL:
		return s.quoted(quotedToken, 0, c, false)
	case c == '[' && s.family == catalog.SQLite:
		end := strings.IndexByte(s.rest, ']')
		if end < 0 {
			return token{}, 0
		}
		return token{kind: quotedToken, value: s.rest[1:end]}, end + 1
	case c == '$' && s.family == catalog.PostgreSQL:
		return s.dollar()
	case c >= '0' && c <= '9', c == '.' && len(s.rest) > 1 && s.rest[1] >= '0' && s.rest[1] <= '9':
		return token{kind: numberToken}, s.number()
	case isWordStart(c):
		return s.word()
	}
	return token{kind: symbolToken}, s.symbol()
}

// comment returns the length of a /* comment */; PostgreSQL's nest.
func (s *scanner) comment() int {
	depth := 1
	for i := 2; i+1 < len(s.rest); i++ {
		switch {
		case s.rest[i] == '*' && s.rest[i+1] == '/':
			if depth--; depth == 0 {
				return i + 2
			}
			i++
		case s.family == catalog.PostgreSQL && s.rest[i] == '/' && s.rest[i+1] == '*':
			depth++
			i++
		}
	}
	return 0
}

// quoted reads a quoted token whose opening quote is at index at.
func (s *scanner) quoted(kind tokenKind, at int, quote byte, backslash bool) (token, int) {
	var value strings.Builder
	for i := at + 1; i < len(s.rest); i++ {
		c := s.rest[i]
		switch {
		case c == '\\' && backslash && i+1 < len(s.rest):
			i++
			value.WriteString(unescape(s.rest[i]))
		case c == quote && i+1 < len(s.rest) && s.rest[i+1] == quote:
			i++
			value.WriteByte(quote)
		case c == quote:
			return token{kind: kind, value: value.String()}, i + 1
		default:
			value.WriteByte(c)
		}
	}
	return token{}, 0
}

func unescape(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	case 'b':
		return "\b"
	case '0':
		return "\x00"
	case 'Z':
		return "\x1a"
	}
	return string(rune(c))
}

func (s *scanner) dollar() (token, int) {
	end := strings.IndexByte(s.rest[1:], '$') + 1
	if end <= 0 || strings.ContainsFunc(s.rest[1:end], func(r rune) bool { return r < 128 && !isWordPart(byte(r)) }) {
		return token{kind: symbolToken}, 1
	}
	tag := s.rest[:end+1]
	closing := strings.Index(s.rest[end+1:], tag)
	if closing < 0 {
		return token{}, 0
	}
	return token{kind: stringToken, value: s.rest[end+1 : end+1+closing]}, end + 1 + closing + len(tag)
}

func (s *scanner) number() int {
	i := 0
	for i < len(s.rest) {
		c := s.rest[i]
		exponent := i > 0 && (c == '+' || c == '-') && (s.rest[i-1] == 'e' || s.rest[i-1] == 'E') && !strings.HasPrefix(s.rest, "0x")
		if !isWordPart(c) && c != '.' && !exponent {
			break
		}
		i++
	}
	return i
}

// word reads a word, or a string with a prefix: E'…', B'…', X'…', N'…'.
func (s *scanner) word() (token, int) {
	if len(s.rest) > 1 && s.rest[1] == '\'' {
		switch s.rest[0] {
		case 'e', 'E':
			return s.quoted(stringToken, 1, '\'', true)
		case 'n', 'N':
			return s.quoted(stringToken, 1, '\'', s.family == catalog.MySQL)
		case 'b', 'B', 'x', 'X':
			return s.quoted(bitsToken, 1, '\'', false)
		}
	}
	i := 1
	for i < len(s.rest) && isWordPart(s.rest[i]) {
		i++
	}
	return token{kind: wordToken}, i
}

var longSymbols = [...]string{"->>", "::", "<=", ">=", "<>", "!=", "||", "->", "==", ":="}

func (s *scanner) symbol() int {
	for _, l := range longSymbols {
		if strings.HasPrefix(s.rest, l) {
			return len(l)
		}
	}
	return 1
}

func isWordStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func isWordPart(c byte) bool { return isWordStart(c) || c == '$' || c >= '0' && c <= '9' }

// quoteName quotes an identifier for a family.
func quoteName(f catalog.Family, name string) string {
	q := `"`
	if f == catalog.MySQL {
		q = "`"
	}
	return q + strings.ReplaceAll(name, q, q+q) + q
}

// quoteString writes a character string as a literal of a family.
func quoteString(f catalog.Family, value string) string {
	if f == catalog.MySQL {
		value = strings.ReplaceAll(value, `\`, `\\`)
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}
