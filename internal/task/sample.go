package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// Sample is how fast rows of the source were read by one reader. Nothing is written, so that the target's speed is not in it.
type Sample struct {
	Table catalog.Name // the largest
	Rows  int64        // read of it
	Took  time.Duration
	// Alone is how long one reader would take for all tables, AtOnce how long the task's readers would if none held another
	// back; both by the source's estimates of sizes.
	Alone, AtOnce time.Duration
	Readers       int
}

var errSampled = errors.New("the sample is large enough")

// Sample reads from the largest table for at most so long. It answers nil where the source estimates no sizes.
func (t *Task) Sample(ctx context.Context, x *Examination, longest time.Duration) (_ *Sample, err error) {
	var of *mapping.TablePlan
	total := int64(0)
	for _, p := range x.Mapping.Tables {
		if p.View != nil || p.Source.Rows <= 0 || p.Source.Bytes <= 0 {
			continue
		}
		total += p.Source.Bytes
		if of == nil || p.Source.Bytes > of.Source.Bytes {
			of = p
		}
	}
	if of == nil {
		return nil, nil
	}
	snapshot, err := t.source.Snapshot(ctx, 1)
	if err != nil {
		return nil, fmt.Errorf("take a snapshot of the source: %w", err)
	}
	defer func() { err = errors.Join(err, snapshot.Close()) }()
	s := &Sample{Table: of.Source.Name, Readers: max(t.Settings.FullLoadSettings.MaxFullLoadSubTasks, 1)}
	r := connector.ReadRequest{
		Table: of.Source, Where: of.Where, Segment: connector.Segment{Number: 1, Of: 1, Rows: -1, Bytes: -1},
		Pool: change.NewPool(2, 0), Reject: func(change.Reject) error { return nil },
	}
	for _, c := range transform.ReadColumns(of) {
		r.Columns = append(r.Columns, connector.ReadColumn{Column: c, Layout: snapshot.Layout(c)})
	}
	began := time.Now()
	r.Emit = func(b *change.Batch) error {
		s.Rows += int64(b.Rows())
		r.Pool.Put(b)
		if time.Since(began) > longest {
			return errSampled
		}
		return nil
	}
	if err := snapshot.Read(ctx, r); err != nil && !errors.Is(err, errSampled) {
		return nil, fmt.Errorf("read a sample of %s: %w", of.Source.Name, err)
	}
	s.Took = time.Since(began)
	if s.Rows == 0 {
		return nil, nil
	}
	read := float64(of.Source.Bytes) / float64(max(of.Source.Rows, s.Rows)) * float64(s.Rows)
	s.Alone = time.Duration(float64(s.Took) * float64(total) / read)
	s.AtOnce = s.Alone / time.Duration(s.Readers)
	return s, nil
}
