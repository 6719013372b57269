package mapping

import (
	"errors"
	"fmt"
	"strings"
)

// Pattern matches names: % is any run of characters, also none, _ any one, [ab] and [a-d] one of a set, so that [_]
// and [%] are the characters themselves. Matching minds case.
type Pattern struct {
	text  string
	parts []part
}

type partKind uint8

const (
	literalRune partKind = iota
	anyRune
	anyRun
	runeSet
)

// part matches one character, or a run of them.
type part struct {
	kind partKind
	char rune
	set  []runeRange
}

type runeRange struct{ low, high rune }

// CompilePattern reads a pattern.
func CompilePattern(text string) (Pattern, error) {
	p := Pattern{text: text}
	if text == "" {
		return p, errors.New("is empty; want a name or a pattern, % for all")
	}
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		switch runes[i] {
		case '%':
			if n := len(p.parts); n == 0 || p.parts[n-1].kind != anyRun {
				p.parts = append(p.parts, part{kind: anyRun})
			}
		case '_':
			p.parts = append(p.parts, part{kind: anyRune})
		case '[':
			set, length, err := parseSet(runes[i:])
			if err != nil {
				return p, fmt.Errorf("is %q: %w", text, err)
			}
			p.parts = append(p.parts, set)
			i += length - 1
		default:
			p.parts = append(p.parts, part{kind: literalRune, char: runes[i]})
		}
	}
	return p, nil
}

// parseSet reads the set that begins the runes and returns how many it takes.
func parseSet(runes []rune) (part, int, error) {
	p := part{kind: runeSet}
	for i := 1; i < len(runes); i++ {
		low := runes[i]
		switch {
		case low == ']' && i > 1:
			return p, i + 1, nil
		case low == ']':
			return p, 0, errors.New("the set [] is empty; put characters between the brackets")
		case i+2 < len(runes) && runes[i+1] == '-' && runes[i+2] != ']':
			high := runes[i+2]
			if high < low {
				return p, 0, fmt.Errorf("the range %c-%c runs backwards", low, high)
			}
			p.set = append(p.set, runeRange{low, high})
			i += 2
		default:
			p.set = append(p.set, runeRange{low, low})
		}
	}
	return p, 0, errors.New("a [ is not closed; write [[] for the character itself")
}

// Literal returns the pattern that matches just this name.
func Literal(name string) string {
	return strings.NewReplacer("%", "[%]", "_", "[_]", "[", "[[]").Replace(name)
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Exact returns the name a pattern spells where the grammar wants an exact name: there _ stands for itself, and so
// does a set of one. It reports false when the pattern has wildcards.
func (p Pattern) Exact() (string, bool) {
	var b strings.Builder
	for _, q := range p.parts {
		switch {
		case q.kind == literalRune:
			b.WriteRune(q.char)
		case q.kind == anyRune:
			b.WriteByte('_')
		case q.kind == runeSet && len(q.set) == 1 && q.set[0].low == q.set[0].high:
			b.WriteRune(q.set[0].low)
		default:
			return "", false
		}
	}
	return b.String(), true
}

// Everything reports whether the pattern is % alone.
func (p Pattern) Everything() bool { return len(p.parts) == 1 && p.parts[0].kind == anyRun }

// Match reports whether the whole name fits the pattern.
func (p Pattern) Match(name string) bool {
	runes := []rune(name)
	// star is where the last % was met, and rest the place in the name from which the parts after it are being
	// tried; a mismatch moves rest on by one. A later % makes earlier ones settled, so this never explodes.
	at, i, star, rest := 0, 0, -1, 0
	for i < len(runes) {
		switch {
		case at < len(p.parts) && p.parts[at].kind == anyRun:
			star, rest = at, i
			at++
		case at < len(p.parts) && p.parts[at].matches(runes[i]):
			at++
			i++
		case star >= 0:
			rest++
			at, i = star+1, rest
		default:
			return false
		}
	}
	for at < len(p.parts) && p.parts[at].kind == anyRun {
		at++
	}
	return at == len(p.parts)
}

func (q part) matches(r rune) bool {
	switch q.kind {
	case literalRune:
		return q.char == r
	case anyRune:
		return true
	case runeSet:
		for _, s := range q.set {
			if s.low <= r && r <= s.high {
				return true
			}
		}
	}
	return false
}
