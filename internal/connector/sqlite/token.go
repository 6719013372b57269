package sqlite

import "strings"

// token is one lexical element of SQL as SQLite cuts it ("SQL As Understood By SQLite"), comments and space left out.
type token struct {
	kind tokenKind
	text string // an identifier or a string without its quotes, anything else as written
	from int    // where it begins and ends in the statement
	to   int
}

type tokenKind uint8

const (
	word   tokenKind = iota // an unquoted name or keyword
	quoted                  // "name", `name` or [name]
	str                     // 'text'
	other                   // a number, an operator, a parenthesis
)

// is reports whether the token is that keyword, in any case.
func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.text, keyword) }

// isPunct reports whether the token is that operator or parenthesis.
func (t token) isPunct(p string) bool { return t.kind == other && t.text == p }

// isName reports whether the token may name something.
func (t token) isName() bool { return t.kind != other }

// tokenize cuts a statement. Text that is not SQL yields tokens all the same: SQLite has accepted it before us.
func tokenize(sql string) []token {
	var ts []token
	for i := 0; i < len(sql); {
		c := sql[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			i++
		case strings.HasPrefix(sql[i:], "--"):
			i = after(sql, i, "\n")
		case strings.HasPrefix(sql[i:], "/*"):
			i = after(sql, i+2, "*/")
		case c == '\'' || c == '"' || c == '`' || c == '[':
			t := quotedToken(sql, i)
			ts, i = append(ts, t), t.to
		case isNameByte(c):
			end := i
			for end < len(sql) && isNameByte(sql[end]) {
				end++
			}
			kind := word
			if c >= '0' && c <= '9' {
				kind = other
			}
			ts, i = append(ts, token{kind, sql[i:end], i, end}), end
		default:
			ts, i = append(ts, token{other, sql[i : i+1], i, i + 1}), i+1
		}
	}
	return ts
}

func after(sql string, i int, end string) int {
	if n := strings.Index(sql[i:], end); n >= 0 {
		return i + n + len(end)
	}
	return len(sql)
}

func isNameByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// quotedToken reads what the quote at i opens. A doubled quote stands for itself, except in brackets.
func quotedToken(sql string, i int) token {
	open, end := sql[i], sql[i]
	kind := quoted
	switch open {
	case '\'':
		kind = str
	case '[':
		end = ']'
	}
	var b strings.Builder
	j := i + 1
	for ; j < len(sql); j++ {
		if sql[j] == end {
			if open == '[' || j+1 >= len(sql) || sql[j+1] != end {
				return token{kind, b.String(), i, j + 1}
			}
			j++
		}
		b.WriteByte(sql[j])
	}
	return token{kind, b.String(), i, j}
}
