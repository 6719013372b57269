package pattern

import (
	"fmt"
	"strings"
)

// field is one part of a pattern for messages of words between spaces.
type field struct {
	any  bool           // …: any number of fields
	alts [][]comparison // one of them must hold, whole; none: anything fits
}

func parseFields(source string) (func([]byte) bool, error) {
	if !strings.HasSuffix(source, "]") || len(source) < 2 {
		return nil, fmt.Errorf("the pattern begins with [ and does not end with ]")
	}
	var all []field
	ellipses := 0
	for _, part := range splitFields(source[1 : len(source)-1]) {
		f, err := parseField(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if f.any {
			ellipses++
		}
		all = append(all, f)
	}
	if ellipses > 1 {
		return nil, fmt.Errorf("the pattern has more than one ... in it")
	}
	return func(message []byte) bool { return fit(all, words(string(message))) }, nil
}

// splitFields cuts at commas that stand in no quotes and no regular expression.
func splitFields(source string) (parts []string) {
	start := 0
	var open byte
	for i := range len(source) {
		c := source[i]
		switch {
		case open != 0:
			if c == open {
				open = 0
			}
		case c == '"' || c == '%':
			open = c
		case c == ',':
			parts = append(parts, source[start:i])
			start = i + 1
		}
	}
	return append(parts, source[start:])
}

func parseField(source string) (f field, err error) {
	if source == "..." {
		return field{any: true}, nil
	}
	n := strings.IndexFunc(source, func(r rune) bool { return !wordRune(r) && r != '-' && r < 0x80 })
	if n < 0 {
		n = len(source)
	}
	name, rest := source[:n], strings.TrimSpace(source[n:])
	if name == "" {
		if rest == "" {
			return f, nil // a field without a name
		}
		return f, fmt.Errorf("the field %q begins with no name", cutShort(source))
	}
	if rest == "" {
		return f, nil
	}
	f.alts = [][]comparison{nil}
	for {
		c, behind, err := takeComparison(rest, " \t)&|")
		if err != nil {
			return f, fmt.Errorf("the field %s: %w", name, err)
		}
		last := len(f.alts) - 1
		f.alts[last] = append(f.alts[last], c)
		rest = strings.TrimSpace(behind)
		switch {
		case rest == "":
			return f, nil
		case strings.HasPrefix(rest, "||"):
			f.alts = append(f.alts, nil)
		case !strings.HasPrefix(rest, "&&"):
			return f, fmt.Errorf("the field %s: %q is one too many", name, cutShort(rest))
		}
		rest = strings.TrimSpace(rest[2:])
		if after, ok := strings.CutPrefix(rest, name); ok {
			rest = strings.TrimSpace(after)
		}
	}
}

func (f *field) fits(word string) bool {
	if len(f.alts) == 0 {
		return true
	}
	for _, all := range f.alts {
		holds := true
		for i := range all {
			holds = holds && all[i].text(word)
		}
		if holds {
			return true
		}
	}
	return false
}

// fit compares fields with words, one by one; what ... stands for takes the words that are left over.
func fit(fields []field, words []string) bool {
	spare := len(words) - len(fields)
	at := 0
	for i := range fields {
		if fields[i].any {
			if at += spare + 1; spare+1 < 0 {
				return false
			}
			continue
		}
		if at >= len(words) || !fields[i].fits(words[at]) {
			return false
		}
		at++
	}
	return at == len(words)
}

// words cuts a message at its spaces; what stands in quotes or square brackets is one word, without them.
func words(message string) (out []string) {
	for i := 0; i < len(message); {
		var closing byte
		switch message[i] {
		case ' ', '\t', '\n', '\r':
			i++
			continue
		case '"':
			closing = '"'
		case '[':
			closing = ']'
		}
		if closing != 0 {
			if n := strings.IndexByte(message[i+1:], closing); n >= 0 {
				out = append(out, message[i+1:i+1+n])
				i += n + 2
				continue
			}
		}
		n := strings.IndexAny(message[i:], " \t\n\r")
		if n < 0 {
			n = len(message) - i
		}
		out = append(out, message[i:i+n])
		i += n
	}
	return out
}
