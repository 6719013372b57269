package validate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// isNamed reports whether a row is of one of the keys that are looked for.
func (s *search) isNamed(from *side, r *row) bool {
	var key []string
	for _, i := range s.keys {
		key = append(key, from.showWhole(&r.batch.Columns[i], r.at))
	}
	return slices.ContainsFunc(s.Keys, func(text string) bool { return namesKey(text, key) })
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
	is := func(text string, f *Failure) bool {
		return namesKey(text, f.WholeKey()) || f.Why != "" && slices.Equal(f.Key, []string{text})
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

// checkKeys refuses keys that cannot be those of the table's rows: else they would count as the same on both sides.
func (s *search) checkKeys() error {
	for _, text := range s.Keys {
		name, _, ok := strings.Cut(text, "=")
		named := slices.ContainsFunc(s.keys, func(i int) bool {
			c := s.columns[i]
			return strings.EqualFold(name, c.name) || c.source != nil && strings.EqualFold(name, c.source.Name)
		})
		if !ok || !named {
			return fmt.Errorf("%q is no key of it: write %s=…", text, strings.Join(s.keyNames(), "=…, "))
		}
	}
	return nil
}

// namesKey reports whether a text says of the columns of a key that they have these values. The names may be the source's or
// the target's: it is their order that tells.
func namesKey(text string, values []string) bool {
	for i, value := range values {
		name, rest, ok := strings.Cut(text, "=")
		if !ok || name == "" || strings.Contains(name, ", ") {
			return false
		}
		if rest, ok = cutValue(rest, value, i == len(values)-1); !ok {
			return false
		}
		text = rest
	}
	return len(values) > 0
}

// cutValue takes a value from the beginning of a text, in one of the forms in which messages show it: whole, without the \x of
// bytes, null, or its beginning alone. Behind it there must be the next column, or the end.
func cutValue(text, value string, last bool) (rest string, ok bool) {
	forms := []string{value, strings.TrimPrefix(value, `\x`), strconv.Quote(value)} // as engines without types of their own quote it
	if value == "NULL" {
		forms = append(forms, "null")
	}
	for _, form := range forms {
		same := 0
		for same < min(len(form), len(text)) && form[same] == text[same] {
			same++
		}
		for _, end := range []string{form, form[:same] + "…"} {
			rest, ok := strings.CutPrefix(text, end)
			if !ok || end == "…" {
				continue
			}
			if last && rest == "" {
				return "", true
			}
			if next, more := strings.CutPrefix(rest, ", "); more && !last {
				return next, true
			}
		}
	}
	return "", false
}
