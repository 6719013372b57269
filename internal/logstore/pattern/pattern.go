package pattern

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// A Pattern says which messages are wanted.
type Pattern struct{ match func(message []byte) bool }

// Match reports that a message is wanted.
func (p *Pattern) Match(message []byte) bool { return p.match == nil || p.match(message) }

// All is a pattern that every message fits; whoever searches with it need not look.
func (p *Pattern) All() bool { return p.match == nil }

// Parse reads a pattern. An empty one wants everything.
func Parse(source string) (*Pattern, error) {
	source = strings.TrimSpace(source)
	if !utf8.ValidString(source) {
		return nil, fmt.Errorf("the pattern is no text in UTF-8")
	}
	switch {
	case source == "":
		return &Pattern{}, nil
	case source[0] == '{':
		match, err := parseJSON(source)
		return &Pattern{match}, err
	case source[0] == '[':
		match, err := parseFields(source)
		return &Pattern{match}, err
	}
	match, err := parseTerms(source)
	return &Pattern{match}, err
}

// term is one word, phrase or regular expression.
type term struct {
	text  []byte
	regex *regexp.Regexp
}

func (t *term) in(message []byte) bool {
	if t.regex != nil {
		return t.regex.Match(message)
	}
	return bytes.Contains(message, t.text)
}

func parseTerms(source string) (func([]byte) bool, error) {
	var must, may, not []term
	for rest := source; rest != ""; rest = strings.TrimLeft(rest, " \t\n\r") {
		list := &must
		switch rest[0] {
		case '?':
			list, rest = &may, rest[1:]
		case '-':
			list, rest = &not, rest[1:]
		}
		t, behind, err := takeTerm(rest)
		if err != nil {
			return nil, err
		}
		*list, rest = append(*list, t), behind
	}
	return func(message []byte) bool {
		for i := range not {
			if not[i].in(message) {
				return false
			}
		}
		for i := range must {
			if !must[i].in(message) {
				return false
			}
		}
		if len(must) > 0 || len(may) == 0 {
			return true // words that may be there count only where none must
		}
		for i := range may {
			if may[i].in(message) {
				return true
			}
		}
		return false
	}, nil
}

// takeTerm takes one term off the beginning of a text.
func takeTerm(source string) (t term, rest string, err error) {
	switch {
	case source == "" || source[0] == ' ':
		return t, "", fmt.Errorf("a ? or - stands before no term")
	case source[0] == '"':
		phrase, rest, err := quoted(source)
		if err == nil && phrase == "" {
			err = fmt.Errorf("a phrase is empty")
		}
		return term{text: []byte(phrase)}, rest, err
	case source[0] == '%':
		inner, behind, closed := strings.Cut(source[1:], "%")
		if !closed {
			return t, "", fmt.Errorf("the regular expression %s is not closed by a %%", source)
		}
		re, err := regexp.Compile(inner)
		if err != nil {
			return t, "", fmt.Errorf("the regular expression %%%s%% is not valid: %w", inner, err)
		}
		return term{regex: re}, behind, nil
	}
	n := strings.IndexAny(source, " \t\n\r")
	if n < 0 {
		n = len(source)
	}
	word := source[:n]
	if at := strings.IndexFunc(word, func(r rune) bool { return r < 0x80 && !wordRune(r) }); at >= 0 {
		return t, "", fmt.Errorf("Invalid character(s) in term '%s': put what is more than letters, digits and underscores into double quotes", word) //nolint:staticcheck // AWS's words
	}
	return term{text: []byte(word)}, source[n:], nil
}

func wordRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
}

// quoted takes a text in double quotes off the beginning of another; \" and \\ stand for themselves.
func quoted(source string) (text, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(source); i++ {
		switch c := source[i]; {
		case c == '"':
			return b.String(), source[i+1:], nil
		case c == '\\' && i+1 < len(source) && (source[i+1] == '"' || source[i+1] == '\\'):
			i++
			b.WriteByte(source[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", fmt.Errorf("the phrase %s is not closed by a double quote", source)
}
