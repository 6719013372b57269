package task

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// DefaultSegmentBytes is what a segment should hold: at usual speeds it is loaded in a second or two, so little is lost when
// a run is interrupted and the last segments end close together.
const DefaultSegmentBytes = 64 << 20

// Segmented is a table with the segments that are still to be loaded.
type Segmented struct {
	*TablePlan
	Segments []connector.Segment
	Note     note
	// TakenUp says that the segments are those that an earlier run has left, which the journal holds already.
	TakenUp bool
	// There says that the table has been made already, together with others.
	There bool
	// IndexesLeft are the statements of Script.Indexes that have not been run with it then.
	IndexesLeft []catalog.Statement
}

func (t *Task) segmentBytes() int64 {
	if t.SegmentBytes > 0 {
		return t.SegmentBytes
	}
	return DefaultSegmentBytes
}

// split cuts every table under the snapshot, or takes up the segments of an earlier run.
func (t *Task) split(ctx context.Context, snapshot connector.Snapshot, p *Plan) ([]*Segmented, error) {
	out := make([]*Segmented, len(p.Tables))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(2, runtime.NumCPU()))
	for i, tp := range p.Tables {
		g.Go(rescue.Func(func() error {
			s, err := t.splitTable(ctx, snapshot, tp)
			if err != nil {
				return fmt.Errorf("split table %s: %w", tp.Plan.Source.Name, err)
			}
			out[i] = s
			return nil
		}))
	}
	return out, g.Wait()
}

func (t *Task) splitTable(ctx context.Context, snapshot connector.Snapshot, tp *TablePlan) (*Segmented, error) {
	s := &Segmented{TablePlan: tp, Note: note{Made: tp.Made, Others: !tp.Fresh, Prepare: tp.Preparation, Shape: t.shape(tp.Plan)}}
	if t.follows() {
		s.Note.Position = snapshot.Position()
	}
	if tp.begun() {
		trusted, err := s.takeUp(ctx, snapshot)
		if err != nil || trusted {
			return s, err
		}
		if err := t.restart(s); err != nil {
			return nil, err
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
	if len(left) > 0 && n.Position != "" && n.Position != snapshot.Position() {
		return false, nil // all of a table must be of one moment, from which its changes go on
	}
	if len(left) > 0 {
		unmoved, err := snapshot.Unmoved(ctx, s.Plan.Source, n.Witness)
		if err != nil {
			return false, fmt.Errorf("check whether rows have moved: %w", err)
		}
		if !unmoved {
			return false, nil
		}
	}
	s.Note, s.Segments, s.TakenUp = n, left, true
	return true, nil
}

// restart empties the table and loads it again, because the segments of the earlier run cannot be trusted. The note
// says so before the table is emptied: whatever a crash leaves behind is emptied again.
func (t *Task) restart(s *Segmented) error {
	if !s.Fresh {
		return &connector.Error{
			Class:  connector.Invalid,
			Err:    errors.New("rows have moved in the source since the earlier run, and the target table holds rows of others beside those loaded"),
			Remedy: "take the rows loaded out of the target table, drop the target's table awsdms_load_progress and " + t.again(),
		}
	}
	t.log(tasklog.TablesManager).Info("rows have moved in the source since the earlier run, loading the table again", "table", s.Plan.Source.Name.String())
	s.Note.Prepare = truncateFirst
	s.Prepare = t.emptying(s.TablePlan)
	return nil
}

func (t *Task) cut(ctx context.Context, snapshot connector.Snapshot, tp *TablePlan) ([]connector.Segment, error) {
	source := tp.Plan.Source
	whole := []connector.Segment{{Number: 1, Of: 1, Rows: source.Rows, Bytes: source.Bytes}}
	switch {
	case tp.Plan.Parted():
		return nil, nil // its partitions are tables of their own
	case t.like() && source.Elsewhere != "":
		return nil, nil // given to it, they would be there twice
	case !t.transactional(tp):
		return whole, nil
	case tp.Plan.View != nil:
		return whole, nil
	case source.PartitionBy == "" && tp.Plan.Parallel == nil && source.Bytes >= 0 && source.Bytes <= t.segmentBytes():
		return whole, nil
	}
	return snapshot.Split(ctx, source, connector.SplitOptions{SegmentBytes: t.evenBytes(source.Bytes), Parallel: tp.Plan.Parallel})
}

// evenBytes is the size of the segments of a table of so many bytes: as segmentBytes says, but such that the workers, who take
// them in turn, come to an end together, rather than one of them having the last segment to itself.
func (t *Task) evenBytes(table int64) int64 {
	size, workers := t.segmentBytes(), int64(max(t.Settings.FullLoadSettings.MaxFullLoadSubTasks, 1))
	segments := (max(table, 1) + size - 1) / size
	even := (segments + workers - 1) / workers * workers
	if segments < 2 || even > 2*segments {
		return size
	}
	return (table + even - 1) / even
}

// needsTableFirst reports whether the table must exist before its load begins, rather than being made within it.
func (s *Segmented) needsTableFirst(p *Plan) bool {
	alone := len(s.Segments) == 1 && s.Segments[0].Of == 1
	return !alone || s.Needed || len(needs(s.Target)) > 0 || s.Plan.Parted() || hasStage(p, catalog.AfterTables)
}

func hasStage(p *Plan, stage catalog.Stage) bool {
	return slices.ContainsFunc(p.Schema.Objects, func(o catalog.Object) bool { return o.Stage == stage })
}
