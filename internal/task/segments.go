package task

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// segmentBytes is what a segment should hold: at usual speeds it is loaded in a second or two, so little is lost when
// a run is interrupted and the last segments end close together.
const segmentBytes = 64 << 20

// Segmented is a table with the segments that are still to be loaded.
type Segmented struct {
	*TablePlan
	Segments []connector.Segment
	Note     note
	// Restart says that segments of an earlier run cannot be trusted, so the table must be emptied and loaded again.
	Restart bool
}

// split cuts every table under the snapshot, or takes up the segments of an earlier run.
func (t *Task) split(ctx context.Context, snapshot connector.Snapshot, p *Plan) ([]*Segmented, error) {
	out := make([]*Segmented, len(p.Tables))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(2, runtime.NumCPU()))
	for i, tp := range p.Tables {
		g.Go(func() error {
			s, err := t.splitTable(ctx, snapshot, tp)
			if err != nil {
				return fmt.Errorf("split table %s: %w", tp.Plan.Source.Name, err)
			}
			out[i] = s
			return nil
		})
	}
	return out, g.Wait()
}

func (t *Task) splitTable(ctx context.Context, snapshot connector.Snapshot, tp *TablePlan) (*Segmented, error) {
	s := &Segmented{TablePlan: tp, Note: note{Made: tp.Made}}
	if len(tp.Loaded) > 0 {
		trusted, err := s.takeUp(ctx, snapshot)
		if err != nil || trusted {
			return s, err
		}
	}
	var err error
	if s.Segments, err = t.cut(ctx, snapshot, tp); err != nil {
		return nil, err
	}
	if len(s.Segments) > 1 {
		if s.Note.Witness, err = snapshot.Witness(ctx, tp.Plan.Source); err != nil {
			return nil, fmt.Errorf("remember how the table was cut: %w", err)
		}
	}
	return s, nil
}

// takeUp keeps what an earlier run has loaded when its segments still hold the same rows.
func (s *Segmented) takeUp(ctx context.Context, snapshot connector.Snapshot) (bool, error) {
	var left []connector.Segment
	for _, l := range s.Loaded {
		if !l.Done {
			left = append(left, l.Segment)
		}
	}
	n, err := readNote(s.Loaded[0].Witness)
	if err != nil {
		return false, err
	}
	if len(left) > 0 && len(left) < len(s.Loaded) {
		unmoved, err := snapshot.Unmoved(ctx, s.Plan.Source, n.Witness)
		if err != nil {
			return false, fmt.Errorf("check whether rows have moved: %w", err)
		}
		if !unmoved {
			s.Restart = true
			return false, nil
		}
	}
	if len(left) == len(s.Loaded) {
		return false, nil // nothing is loaded yet, so the table may as well be cut anew
	}
	s.Note, s.Segments = n, left
	return true, nil
}

func (t *Task) cut(ctx context.Context, snapshot connector.Snapshot, tp *TablePlan) ([]connector.Segment, error) {
	source := tp.Plan.Source
	whole := []connector.Segment{{Number: 1, Of: 1, Rows: source.Rows, Bytes: source.Bytes}}
	switch {
	case t.like() && source.PartitionBy != "":
		return nil, nil // its partitions are tables of their own
	case tp.Plan.View != nil:
		return whole, nil
	case source.PartitionBy == "" && tp.Plan.Parallel == nil && source.Bytes >= 0 && source.Bytes <= segmentBytes:
		return whole, nil
	}
	return snapshot.Split(ctx, source, connector.SplitOptions{SegmentBytes: segmentBytes, Parallel: tp.Plan.Parallel})
}

// needsTableFirst reports whether the table must exist before its load begins, rather than being made within it.
func (s *Segmented) needsTableFirst(p *Plan) bool {
	return len(s.Segments) != 1 || s.Segments[0].Of != 1 || s.Plan.Source.PartitionOf != nil || len(s.Plan.Source.Inherits) > 0 ||
		s.Plan.Source.PartitionBy != "" || s.Needed || hasStage(p, catalog.AfterTables)
}

func hasStage(p *Plan, stage catalog.Stage) bool {
	for _, o := range p.Schema.Objects {
		if o.Stage == stage {
			return true
		}
	}
	return false
}
