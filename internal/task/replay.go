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
// differ. It compares the whole table, and afterwards once more.
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
	results, err := t.compareNamed(ctx, pair, keys, out)
	if err != nil {
		return nil, err
	}
	if _, err := t.repair(ctx, v, results); err != nil {
		return nil, err
	}
	for _, done := range v.Repaired {
		out.Removed, out.Written, out.Refused = out.Removed+done.Removed, out.Written+done.Written, append(out.Refused, done.Refused...)
	}
	again, err := t.compareNamed(ctx, pair, keys, &Replayed{})
	if err != nil {
		return nil, err
	}
	for _, r := range again {
		out.Left = append(out.Left, r.Failures...)
	}
	return out, nil
}

// compareNamed compares tables and keeps of what differs the rows of the keys.
func (t *Task) compareNamed(ctx context.Context, pair []*TablePlan, keys []string, out *Replayed) ([]*validate.Result, error) {
	results, err := t.compare(ctx, pair, &validate.Stats{}, true)
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		if r.State == validate.TableError {
			return nil, fmt.Errorf("table %s cannot be compared: %s", r.Target, r.Reason)
		}
		if len(keys) > 0 {
			out.Equal = append(out.Equal, r.Choose(keys)...)
		}
	}
	return results, nil
}
