package validate

import (
	"slices"
	"strings"
)

// isNamed reports whether a row is of one of the keys that are looked for.
func (s *search) isNamed(from *side, r *row) bool {
	var key []string
	for _, i := range s.keys {
		key = append(key, from.show(&r.batch.Columns[i], r.at))
	}
	return slices.ContainsFunc(s.Keys, func(text string) bool { return namesKey(text, s.keyNames(), key) })
}

func (p *pair) keyNames() (out []string) {
	for _, i := range p.keys {
		out = append(out, p.columns[i].name)
	}
	return out
}

// named leaves of failures those of the keys that are looked for, and answers the keys that have none: their rows are the same
// on both sides, or on neither.
func (s *search) named(all []Failure) (kept []Failure, same []string) {
	names := s.keyNames()
	is := func(text string, f *Failure) bool {
		return namesKey(text, names, f.Key) || f.Why != "" && slices.Equal(f.Key, []string{text})
	}
	for _, text := range s.Keys {
		if !slices.ContainsFunc(all, func(f Failure) bool { return is(text, &f) }) {
			same = append(same, text)
		}
	}
	for _, f := range all {
		if slices.ContainsFunc(s.Keys, func(text string) bool { return is(text, &f) }) {
			kept = append(kept, f)
		}
	}
	return kept, same
}

// namesKey reports whether a text says of the columns of a key that they have these values. The names may be the source's:
// then their order tells.
func namesKey(text string, names, values []string) bool {
	if len(names) == 0 || len(names) != len(values) {
		return false
	}
	for i := range names {
		name, rest, ok := strings.Cut(text, "=")
		if !ok || name == "" || strings.Contains(name, ", ") {
			return false
		}
		value := rest
		if i < len(names)-1 { // a value may hold a comma: it ends where the next column begins
			at := nextColumn(rest, names[i+1])
			if at < 0 {
				return false
			}
			value, text = rest[:at], rest[at+2:]
		}
		if !shownAs(value, values[i]) {
			return false
		}
	}
	return true
}

func nextColumn(text, name string) int {
	if at := strings.Index(text, ", "+name+"="); at >= 0 {
		return at
	}
	return strings.Index(text, ", ")
}

// shownAs reports whether a value, of which a message may show the beginning alone, is this one.
func shownAs(short, value string) bool {
	if beginning, cut := strings.CutSuffix(short, "…"); cut {
		return strings.HasPrefix(value, beginning)
	}
	return short == value || short == "null" && value == "NULL" || `\x`+short == value
}
