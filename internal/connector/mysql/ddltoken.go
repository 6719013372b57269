package mysql

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// ddlToken is a word of a statement: a bare word or number, a quoted name (in backticks), a string (in single quotes), or a sign.
type ddlToken struct {
	text  string
	kind  tokenKind
	glued bool // nothing stands between it and the token before
}

type tokenKind uint8

const (
	bareToken tokenKind = iota
	nameToken
	stringToken
	signToken
)

// ddlTokens takes a statement apart. Comments are left out, but not what the server executes of them.
func ddlTokens(sql string, mode uint64) []ddlToken {
	var tokens []ddlToken
	glued := false
	for sql != "" {
		c := sql[0]
		if n := blank(sql); n > 0 {
			sql, glued = sql[n:], false
			continue
		}
		t := ddlToken{glued: glued}
		n := 0
		switch {
		case c == '`' || c == '"' && mode&binlog.ModeAnsiQuotes != 0:
			n = quotedLength(sql, false)
			t.kind, t.text = nameToken, quoteIdent(undouble(sql[:n]))
		case c == '\'' || c == '"':
			n = quotedLength(sql, mode&binlog.ModeNoBackslashEscapes == 0)
			t.kind, t.text = stringToken, sql[:n]
			if c == '"' {
				t.text = "'" + strings.ReplaceAll(undouble(sql[:n]), "'", "''") + "'"
			}
		case wordByte(c):
			for n < len(sql) && wordByte(sql[n]) {
				n++
			}
			t.text = sql[:n]
		default:
			n = 1
			t.kind, t.text = signToken, sql[:1]
		}
		tokens, sql, glued = append(tokens, t), sql[n:], true
	}
	return tokens
}

// blank is the length of the white space or comment that a text begins with, or of the bounds of a comment that is executed.
func blank(s string) int {
	switch {
	case strings.HasPrefix(s, "/*!"), strings.HasPrefix(s, "/*M!"):
		n := strings.IndexByte(s, '!') + 1
		return n + len(s[n:]) - len(strings.TrimLeft(s[n:], "0123456789"))
	case strings.HasPrefix(s, "/*"):
		return lengthThrough(s, "*/")
	case strings.HasPrefix(s, "*/"):
		return 2
	case s[0] == '#', strings.HasPrefix(s, "--") && (len(s) == 2 || s[2] <= ' '):
		return lengthThrough(s, "\n")
	}
	return len(s) - len(strings.TrimLeft(s, " \t\r\n\v\f"))
}

func lengthThrough(s, end string) int {
	if at := strings.Index(s, end); at >= 0 {
		return at + len(end)
	}
	return len(s)
}

// quotedLength is the length of the quoted text that s begins with.
func quotedLength(s string, escapes bool) int {
	for n := 1; n < len(s); n++ {
		switch {
		case escapes && s[n] == '\\':
			n++
		case s[n] == s[0] && n+1 < len(s) && s[n+1] == s[0]:
			n++
		case s[n] == s[0]:
			return n + 1
		}
	}
	return len(s)
}

// undouble takes the quotes off.
func undouble(s string) string {
	q := s[:1]
	return strings.ReplaceAll(strings.TrimSuffix(s[1:], q), q+q, q)
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

// joined writes tokens as SQL.
func joined(tokens []ddlToken) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 && !t.glued {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
	}
	return b.String()
}

// listed takes tokens apart at the commas that stand in no parentheses.
func listed(tokens []ddlToken) [][]ddlToken {
	var items [][]ddlToken
	depth, from := 0, 0
	for i, t := range tokens {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case t.is(",") && depth == 0:
			items, from = append(items, tokens[from:i]), i+1
		}
	}
	return append(items, tokens[from:])
}

// is reports whether a token is a word, in whatever letters, or a sign.
func (t ddlToken) is(word string) bool {
	return (t.kind == bareToken || t.kind == signToken) && strings.EqualFold(t.text, word)
}

func (t ddlToken) isOneOf(words ...string) bool {
	return slices.ContainsFunc(words, t.is)
}

// ddlReader walks along tokens.
type ddlReader struct {
	tokens []ddlToken
	at     int
}

func (r *ddlReader) done() bool { return r.at >= len(r.tokens) }

// peek is the next token; one without text at the end.
func (r *ddlReader) peek() ddlToken {
	if r.done() {
		return ddlToken{kind: signToken}
	}
	return r.tokens[r.at]
}

func (r *ddlReader) next() ddlToken {
	t := r.peek()
	r.at++
	return t
}

// take goes past words that come next, all of them or none.
func (r *ddlReader) take(words ...string) bool {
	if r.at+len(words) > len(r.tokens) {
		return false
	}
	for i, w := range words {
		if !r.tokens[r.at+i].is(w) {
			return false
		}
	}
	r.at += len(words)
	return true
}

// takeOne goes past one of several words, or none.
func (r *ddlReader) takeOne(words ...string) {
	if r.peek().isOneOf(words...) {
		r.at++
	}
}

// name reads an identifier.
func (r *ddlReader) name() (string, bool) {
	t := r.peek()
	switch t.kind {
	case nameToken:
		r.at++
		return undouble(t.text), true
	case bareToken:
		r.at++
		return t.text, true
	}
	return "", false
}

// qualified reads an identifier with or without its schema.
func (r *ddlReader) qualified() (schema, name string, ok bool) {
	if name, ok = r.name(); ok && r.take(".") {
		schema = name
		name, ok = r.name()
	}
	return schema, name, ok
}

// parenthesized reads what stands in the parentheses that come next.
func (r *ddlReader) parenthesized() ([]ddlToken, bool) {
	if !r.peek().is("(") {
		return nil, false
	}
	depth := 0
	for i := r.at; i < len(r.tokens); i++ {
		switch {
		case r.tokens[i].is("("):
			depth++
		case r.tokens[i].is(")"):
			depth--
		}
		if depth == 0 {
			inside := r.tokens[r.at+1 : i]
			r.at = i + 1
			return inside, true
		}
	}
	return nil, false
}

// rest are the tokens that are left.
func (r *ddlReader) rest() []ddlToken { return r.tokens[min(r.at, len(r.tokens)):] }
