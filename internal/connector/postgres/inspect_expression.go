package postgres

import "strings"

// bare takes the outer pair of parentheses off an expression, if it has one.
func bare(e string) string {
	if !strings.HasPrefix(e, "(") || !strings.HasSuffix(e, ")") {
		return e
	}
	depth := 0
	var quoted byte
	for i := 0; i < len(e); i++ {
		switch c := e[i]; {
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '\'' || c == '"':
			quoted = c
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 && i < len(e)-1 {
				return e
			}
		}
	}
	return e[1 : len(e)-1]
}
