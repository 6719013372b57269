package policy

import (
	"strings"
	"unicode/utf8"
)

// partKind is the kind of one part of a template.
type partKind uint8

const (
	literal  partKind = iota
	star              // any text, also none
	question          // one character
	variable          // the value of a condition key
)

// part is a piece of a template.
type part struct {
	kind       partKind
	text       string // a literal's text, a variable's key in lower case
	fallback   string // of a variable
	hasDefault bool
}

// template is a text with wildcards and policy variables, ready to be matched.
type template struct {
	parts     []part
	variables int
}

// maxVariables is how many variables one text may hold: they are resolved into an array on the stack.
const maxVariables = 16

// maxParts bounds the parts of a template with variables, for the same reason.
const maxParts = 32

// syntax says what has a meaning in a text.
type syntax struct{ wildcards, variables bool }

// compile takes a text apart. The error says what is wrong with a variable.
func (s syntax) compile(text string) (template, error) {
	var t template
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			t.parts = append(t.parts, part{kind: literal, text: plain.String()})
			plain.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '*' && s.wildcards:
			flush()
			if n := len(t.parts); n == 0 || t.parts[n-1].kind != star {
				t.parts = append(t.parts, part{kind: star})
			}
		case c == '?' && s.wildcards:
			flush()
			t.parts = append(t.parts, part{kind: question})
		case c == '$' && s.variables && strings.HasPrefix(text[i:], "${"):
			end, p, err := readVariable(text[i:])
			if err != nil {
				return t, err
			}
			i += end - 1
			if p.kind == literal {
				plain.WriteString(p.text)
				continue
			}
			flush()
			t.parts = append(t.parts, p)
			t.variables++
		default:
			plain.WriteByte(c)
		}
	}
	flush()
	if t.variables > maxVariables || t.variables > 0 && len(t.parts) > maxParts {
		return t, problemf("holds too many policy variables; at most %d in one value", maxVariables)
	}
	return t, nil
}

// readVariable reads ${key}, ${key, 'default'} or one of the escapes ${*}, ${?} and ${$} at the start of the text, and
// returns its length.
func readVariable(text string) (int, part, error) {
	end := strings.IndexByte(text, '}')
	if end < 0 {
		return 0, part{}, problemf("has a policy variable without its closing brace")
	}
	inner := text[2:end]
	switch inner {
	case "*", "?", "$":
		return end + 1, part{kind: literal, text: inner}, nil
	}
	key, fallback, hasDefault := strings.Cut(inner, ",")
	p := part{kind: variable, text: strings.ToLower(strings.TrimSpace(key)), hasDefault: hasDefault}
	if hasDefault {
		fallback = strings.TrimSpace(fallback)
		if len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
			return 0, part{}, problemf("has a policy variable whose default is not in single quotes: %q; want ${key, 'default'}", text[:end+1])
		}
		p.fallback = fallback[1 : len(fallback)-1]
	}
	if !validKey(p.text) {
		return 0, part{}, problemf("has a policy variable %q whose key is no condition key, such as aws:username", text[:end+1])
	}
	return end + 1, p, nil
}

// any reports that every text matches.
func (t *template) any() bool { return len(t.parts) == 1 && t.parts[0].kind == star }

// match compares a text with the template. A variable without a value and without a default matches nothing.
func (t *template) match(s string, keys *Context) bool {
	if t.variables == 0 {
		return glob(t.parts, s, false)
	}
	var resolved [maxParts]part
	parts, ok := t.resolve(resolved[:0], keys)
	return ok && glob(parts, s, false)
}

// resolve appends the parts with variables replaced by what they stand for, which is literal text.
func (t *template) resolve(into []part, keys *Context) ([]part, bool) {
	for i := range t.parts {
		p := &t.parts[i]
		if p.kind != variable {
			into = append(into, *p)
			continue
		}
		value, ok := keys.single(p.text)
		if !ok {
			if !p.hasDefault {
				return nil, false
			}
			value = p.fallback
		}
		into = append(into, part{kind: literal, text: value})
	}
	return into, true
}

// unresolved reports that a variable has neither a value nor a default.
func (t *template) unresolved(keys *Context) bool {
	if t.variables == 0 {
		return false
	}
	for i := range t.parts {
		if p := &t.parts[i]; p.kind == variable && !p.hasDefault {
			if _, ok := keys.single(p.text); !ok {
				return true
			}
		}
	}
	return false
}

// expand spells the text with its variables replaced; wildcards are none of a text that is expanded.
func (t *template) expand(keys *Context) (string, bool) {
	if len(t.parts) == 0 {
		return "", true
	}
	if len(t.parts) == 1 && t.parts[0].kind == literal {
		return t.parts[0].text, true
	}
	var resolved [maxParts]part
	parts, ok := t.resolve(resolved[:0], keys)
	if !ok {
		return "", false
	}
	var b strings.Builder
	for i := range parts {
		b.WriteString(parts[i].text)
	}
	return b.String(), true
}

// glob matches a text against literals, stars and question marks. With fold, literals are in lower case and ASCII
// letters of the text count as lower case.
func glob(parts []part, s string, fold bool) bool {
	p, i := 0, 0
	again, from := -1, 0 // the last star seen, and where the text after it was tried
	for p < len(parts) || i < len(s) {
		if p < len(parts) {
			part := &parts[p]
			switch {
			case part.kind == star:
				if p++; p == len(parts) {
					return true
				}
				again, from = p, i
				continue
			case part.kind == question && i < len(s):
				i += runeLen(s[i:])
				p++
				continue
			case part.kind == literal && hasPrefix(s[i:], part.text, fold):
				i += len(part.text)
				p++
				continue
			}
		}
		if again < 0 || from >= len(s) {
			return false
		}
		from += runeLen(s[from:])
		if next := &parts[again]; next.kind == literal && !fold {
			skip := strings.Index(s[from:], next.text)
			if skip < 0 {
				return false
			}
			from += skip
		}
		p, i = again, from
	}
	return true
}

func runeLen(s string) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func hasPrefix(s, prefix string, fold bool) bool {
	if !fold {
		return strings.HasPrefix(s, prefix)
	}
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}
