package validate

import (
	"slices"
	"strings"
)

// Choose leaves of what is to be repaired the rows of the given keys, as change.KeyText writes them (`id=5, code=abc`), and
// answers those keys that no failure has: their rows are the same on both sides, or on neither.
func (r *Result) Choose(keys []string) (equal []string) {
	chosen := map[[16]byte]bool{}
	for _, text := range keys {
		found := false
		for i := range r.Failures {
			f := &r.Failures[i]
			if namesKey(text, r.Key, f.Key) || f.Why != "" && slices.Equal(f.Key, []string{text}) {
				chosen[f.id], found = true, true
			}
		}
		if !found {
			equal = append(equal, text)
		}
	}
	kept := r.Failures[:0]
	for _, f := range r.Failures {
		if chosen[f.id] {
			kept = append(kept, f)
		}
	}
	r.Failures = kept
	if r.repair != nil {
		r.repair.fixes = slices.DeleteFunc(r.repair.fixes, func(x fix) bool { return !chosen[x.id] })
	}
	return equal
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
