package task

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// Replayed is what became of rows that were left out.
type Replayed struct {
	validate.Repaired
	// Equal are keys whose rows were the same on both sides already, or on neither.
	Equal []string
	// Left are the rows that still differ, with what is known of them.
	Left []validate.Failure
}

// Replay makes rows of a target's table what the source's are: those of the given keys (change.KeyText), or all that
// differ. It compares the whole table, and afterwards once more, until nothing more can be mended.
func (t *Task) Replay(ctx context.Context, table catalog.Name, keys []string) (*Replayed, error) {
	if target, ok := t.target.(connector.Exclusive); ok && t.RunName != "" {
		release, err := target.Claim(ctx, t.RunName)
		if err != nil {
			return nil, fmt.Errorf("target: %w", err)
		}
		defer release()
	}
	p, err := t.planValidation(ctx)
	if err != nil {
		return nil, err
	}
	var pair []*TablePlan
	for _, tp := range p.Tables {
		if tp.Target.Name == table {
			pair = append(pair, tp)
		}
	}
	if len(pair) == 0 {
		return nil, fmt.Errorf("no table of the mapping goes to %s", table)
	}
	out := &Replayed{}
	v := &Validation{Started: time.Now(), Repaired: map[catalog.Name]validate.Repaired{}}
	for v.Rounds < maxRounds {
		v.Rounds++
		results, err := t.compareNamed(ctx, pair, keys)
		if err != nil {
			return nil, err
		}
		again, err := t.repair(ctx, v, results, time.Time{})
		if err != nil {
			return nil, err
		}
		out.Left = nil
		for _, r := range results {
			out.Left = append(out.Left, r.Failures...)
			if v.Rounds == 1 {
				out.Equal = append(out.Equal, r.Same...)
			}
		}
		if len(again) == 0 {
			break
		}
	}
	for _, done := range v.Repaired {
		out.Removed, out.Written, out.Refused = out.Removed+done.Removed, out.Written+done.Written, append(out.Refused, done.Refused...)
	}
	return out, nil
}

// compareNamed compares tables and keeps of what differs the rows of the keys, or all.
func (t *Task) compareNamed(ctx context.Context, pair []*TablePlan, keys []string) ([]*validate.Result, error) {
	results, err := t.compare(ctx, pair, &validate.Stats{}, true, keys...)
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		switch {
		case len(keys) > 0 && len(r.Key) == 0 && r.Method != "":
			return nil, fmt.Errorf("table %s has no key to find rows by: replay it without keys, which copies all rows that differ", r.Target)
		case r.State == validate.TableError:
			return nil, fmt.Errorf("table %s cannot be compared: %s", r.Target, r.Reason)
		case len(keys) > 0 && r.Given != "":
			return nil, fmt.Errorf("table %s differs too much to look for single rows (%s): replay it without keys", r.Target, r.Given)
		}
	}
	return results, nil
}
