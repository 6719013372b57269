package validate

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// Adopt takes up failures that another task has found in a table of the target, by the texts of their keys, so that Resync mends them.
// gone are those whose row neither side holds any more; strange are those whose row cannot be asked for, with the reason. Those of a table
// that is not watched are somebody else's.
//
// It is for a watch that compares nothing by itself, and Forget follows.
func (w *Watch) Adopt(ctx context.Context, target catalog.Name, failures []Failure) (gone, strange []Failure, err error) {
	w.busy.Lock()
	defer w.busy.Unlock()
	all := func(why string) []Failure {
		out := slices.Clone(failures)
		for i := range out {
			out[i].Resynced = &Resynced{Why: why}
		}
		return out
	}
	x := w.byTarget(target)
	if x == nil {
		return nil, nil, nil
	}
	if x.pair == nil {
		switch err := w.learn(ctx, x, x.table); {
		case err == nil:
		case fatal(err), ctx.Err() != nil: // nothing is known of the rows
			return nil, nil, err
		default:
			return nil, all(err.Error()), nil
		}
	}
	if len(x.pair.keys) == 0 {
		return nil, all("the table has no key"), nil
	}
	a := &adoption{w: w, x: x}
	for _, f := range failures {
		k, ok := x.pair.literals(f.Key, w.SourceFamily, w.TargetFamily)
		if !ok {
			f.Resynced = &Resynced{Why: "its key cannot be asked for by itself"}
			strange = append(strange, f)
			continue
		}
		f.keyed = k
		a.open = append(a.open, f)
	}
	// One side after the other: where a file is read, it may not be written.
	if err := a.ask(ctx, true); err != nil {
		return nil, nil, err
	}
	if err := a.ask(ctx, false); err != nil {
		return nil, nil, err
	}
	return a.open, strange, nil
}

func (w *Watch) byTarget(name catalog.Name) *watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.tables {
		if x.table.Target.Name == name && !x.left {
			return x
		}
	}
	return nil
}

// adoption looks for the rows of keys.
type adoption struct {
	w    *Watch
	x    *watched
	open []Failure // those whose row has not been found
}

// ask looks on one side, key by key, so that a row that comes back is known to be the key's.
func (a *adoption) ask(ctx context.Context, ofSource bool) error {
	if len(a.open) == 0 {
		return nil
	}
	source, target := a.x.pair.Config.Source, a.x.pair.Config.Target
	open := a.w.OpenTarget
	if ofSource {
		open = a.w.OpenSource
	}
	s, release, err := open(ctx, 1)
	if err != nil {
		return err
	}
	defer release()
	if ofSource {
		source = s
	} else {
		target = s
	}
	p, err := a.w.pairOf(a.x.known, source, target, false)
	if err != nil {
		return err
	}
	side := p.target
	if ofSource {
		side = p.source
	}
	var left []Failure
	for _, f := range a.open {
		found := false
		look := *side
		look.where = slices.Concat(side.where, p.keyPredicates([]*keyed{f.keyed}, side))
		if err := look.scan(ctx, part{}, func(r *row) error {
			if p.isOf(side, r, f.Key) {
				f.id, found = r.id, true
			}
			return nil
		}); err != nil {
			return err
		}
		if !found {
			left = append(left, f)
			continue
		}
		a.w.mu.Lock()
		a.x.failed[f.id] = f
		a.w.mu.Unlock()
	}
	a.open = left
	return nil
}

// isOf reports whether a row has a key: a collation may have let others through.
func (p *pair) isOf(s *side, r *row, key []string) bool {
	for i, c := range p.keys {
		v := &r.batch.Columns[c]
		if v.Layout == change.Text && strings.TrimRight(s.showWhole(v, r.at), " ") != strings.TrimRight(key[i], " ") {
			return false
		}
	}
	return true
}

// Forget drops what Adopt has taken up.
func (w *Watch) Forget() {
	w.busy.Lock()
	defer w.busy.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.tables {
		x.known, x.pair, x.given, x.bounded = nil, nil, "", false
		x.pending, x.failed, x.mended = map[[16]byte]*pendingRow{}, map[[16]byte]Failure{}, nil
		clear(x.stood)
	}
	w.over = false
}

// literals are the predicates for a key that a failure shows as texts; false when none is sure to find it.
func (p *pair) literals(key []string, source, target catalog.Family) (*keyed, bool) {
	if len(key) != len(p.keys) {
		return nil, false
	}
	k := &keyed{}
	for i, c := range p.keys {
		if !p.plan.Columns[c].Untouched() {
			return nil, false
		}
		here, ok := textLiteral(source, p.columns[c].source, p.source.layouts[c], key[i])
		there, ok2 := textLiteral(target, p.columns[c].target, p.target.layouts[c], key[i])
		if !ok || !ok2 {
			return nil, false
		}
		k.source, k.target = append(k.source, here), append(k.target, there)
	}
	return k, p.sameKey()
}

// textLiteral is literal for a value as show writes it.
func textLiteral(f catalog.Family, of *catalog.Column, l change.Layout, text string) (literal string, ok bool) {
	switch {
	case isFloat(l), len(text) > shown && strings.HasSuffix(text, "…"): // the latter is the beginning alone
		return "", false
	case l == change.Native:
		return text, of.Type.Kind.IsInteger() || of.Type.Kind.IsText()
	case l == change.Bool:
		switch text {
		case "true":
			return "1", true
		case "false":
			return "0", true
		}
		return text, text == "0" || text == "1"
	case l == change.Bytes && f == catalog.PostgreSQL:
		return text, strings.HasPrefix(text, `\x`)
	case l == change.Bytes:
		digits, ok := strings.CutPrefix(text, `\x`)
		return "0x" + digits, ok && f == catalog.MySQL
	case isMoment(l), l == change.Date, l == change.Time, l == change.Decimal:
		return text, f != catalog.SQLite
	}
	return text, true
}
