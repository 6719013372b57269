package validate

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// unreadable takes note of a row that cannot be compared: one of its values is not what its column says, or cannot be changed as
// the mapping asks. The load has left a source's out as well.
func (p *pair) unreadable(s *side, j change.Reject) error {
	p.lost.Lock()
	defer p.lost.Unlock()
	key := s.name + " " + j.Key + " " + j.Column
	if p.lost.seen == nil {
		p.lost.seen = map[string]bool{}
	}
	if p.lost.seen[key] {
		return nil
	}
	if len(p.lost.seen) >= openRows {
		return &stopped{errTooMany}
	}
	p.lost.seen[key] = true
	f := Failure{Kind: MissingTarget, Key: []string{j.Key}, Why: j.Error()}
	if s == p.target {
		f.Kind, f.Why = MissingSource, "the target's "+f.Why
	}
	p.lost.failures = append(p.lost.failures, f)
	return nil
}

// joined are failures and the rows that could not be read.
func (p *pair) joined(found []Failure) []Failure {
	return append(found, p.explain(found, bothUnreadable(p.lost.failures))...)
}

// explain tells rows that could not be read by what the other side has of them, to which they seem to be missing: such a failure becomes a
// row that differs, with the reason. Those that are not among the failures are left.
func (p *pair) explain(found, lost []Failure) (left []Failure) {
	if len(p.keys) == 0 || len(lost) == 0 || len(found) == 0 {
		return lost
	}
	byKey := map[string][]int{}
	for i, f := range found {
		byKey[f.WholeKey()[0]] = append(byKey[f.WholeKey()[0]], i)
	}
	for _, l := range lost {
		f := l.explained(found, byKey)
		if f == nil {
			left = append(left, l)
			continue
		}
		f.Kind, f.Why, f.inTarget = RecordDiff, l.Why, l.Kind == MissingSource
	}
	return left
}

// explained is the failure that says that a row is missing which could not be read; byKey are their places by the first value of their keys.
func (f *Failure) explained(found []Failure, byKey map[string][]int) *Failure {
	for first := range firstValues(f.Key[0]) {
		for _, i := range byKey[first] {
			if f.explains(&found[i]) {
				return &found[i]
			}
		}
	}
	return nil
}

// firstValues are what the first value of a key may be in a text such as `code="abc", id=5`: a value may hold what is between two.
func firstValues(key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		_, rest, _ := strings.Cut(key, "=")
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			if bare, err := strconv.Unquote(quoted); err == nil && !yield(bare) {
				return
			}
		}
		for at := 0; ; {
			next := strings.Index(rest[at:], ", ")
			if next < 0 {
				yield(rest)
				return
			}
			if at += next; !yield(rest[:at]) {
				return
			}
			at += len(", ")
		}
	}
}

// explains reports whether a row that could not be read is the one that a failure says is missing.
func (f *Failure) explains(missing *Failure) bool {
	opposite := MissingSource
	if f.Kind == MissingSource {
		opposite = MissingTarget
	}
	return missing.Kind == opposite && missing.Why == "" && f.Kind != RecordDiff && namesKey(f.Key[0], missing.WholeKey())
}

// bothUnreadable joins rows of one key that neither side can read.
func bothUnreadable(lost []Failure) (out []Failure) {
	at := map[string]int{}
	for _, f := range lost {
		i, seen := at[f.Key[0]]
		if !seen || out[i].Kind == f.Kind {
			at[f.Key[0]] = len(out)
			out = append(out, f)
			continue
		}
		out[i].Kind, out[i].Why = RecordDiff, out[i].Why+"; "+f.Why
	}
	return out
}

// unknownKeys reports whether the source has rows that cannot be read and whose keys cannot be told: any row that it seems to lack may be one.
func (p *pair) unknownKeys() bool {
	return slices.ContainsFunc(p.lost.failures, func(f Failure) bool {
		name, _, ok := strings.Cut(f.Key[0], "=")
		named := ok && len(p.keys) > 0
		if named {
			c := &p.columns[p.keys[0]]
			named = c.name == name || c.source != nil && c.source.Name == name
		}
		return f.Kind == MissingTarget && !named
	})
}
