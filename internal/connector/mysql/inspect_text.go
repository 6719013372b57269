package mysql

import (
	"cmp"
	"slices"
	"strings"
)

// skipQuoted returns the index behind the quoted text that begins at s[at] with ', " or `. A doubled quote stands
// for itself, and so does what follows a backslash, except between backticks.
func skipQuoted(s string, at int) int {
	q := s[at]
	for n := at + 1; n < len(s); n++ {
		switch {
		case s[n] == '\\' && q != '`':
			n++
		case s[n] == q:
			if n+1 < len(s) && s[n+1] == q {
				n++
				continue
			}
			return n + 1
		}
	}
	return len(s)
}

func isQuote(c byte) bool { return c == '\'' || c == '"' || c == '`' }

// splitList cuts what stands between the parenthesis at s[open] and its partner at the commas that are inside no
// other parenthesis. end is the index of the partner, -1 when there is none.
func splitList(s string, open int) (items []string, end int) {
	depth, from := 0, open+1
	for n := open; n < len(s); n++ {
		switch c := s[n]; {
		case isQuote(c):
			n = skipQuoted(s, n) - 1
		case c == '(':
			depth++
		case c == ')':
			depth--
			if depth == 0 {
				return append(items, strings.TrimSpace(s[from:n])), n
			}
		case c == ',' && depth == 1:
			items = append(items, strings.TrimSpace(s[from:n]))
			from = n + 1
		}
	}
	return nil, -1
}

// unquoted returns the identifier quoted at the start of s, and what follows it.
func unquoted(s string) (name, rest string, ok bool) {
	if s == "" || (s[0] != '`' && s[0] != '"') {
		return "", s, false
	}
	end := skipQuoted(s, 0)
	if end < 2 {
		return "", s, false
	}
	q := s[:1]
	return strings.ReplaceAll(s[1:end-1], q+q, q), s[end:], true
}

// identifierChains finds the backticked names of a text, those joined by dots together: `a`.`b`.`c`.
func identifierChains(s string) [][]string {
	var chains [][]string
	joined := false
	for n := 0; n < len(s); n++ {
		switch c := s[n]; {
		case c == '`':
			name, rest, ok := unquoted(s[n:])
			if !ok {
				return chains
			}
			if joined {
				chains[len(chains)-1] = append(chains[len(chains)-1], name)
			} else {
				chains = append(chains, []string{name})
			}
			n = len(s) - len(rest) - 1
			joined = strings.HasPrefix(rest, ".`")
			if joined {
				n++
			}
		case isQuote(c):
			n = skipQuoted(s, n) - 1
		}
	}
	return chains
}

func sortBy[T any, K cmp.Ordered](list []T, key func(T) K) {
	slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}
