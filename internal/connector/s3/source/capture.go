package source

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Layout implements connector.Streamer.
func (s *source) Layout(c *catalog.Column) change.Layout { return change.LayoutOf(c.Type) }

// Obstacles implements connector.Streamer.
func (s *source) Obstacles(_ context.Context, r connector.StreamRequest) ([]connector.Obstacle, error) {
	var found []connector.Obstacle
	add := func(fatal bool, what, remedy string) {
		found = append(found, connector.Obstacle{Fatal: fatal, What: what, Remedy: remedy})
	}
	if !s.Parquet && s.Changes == "" {
		add(true, "no folder of files of changes is named", "set CdcPath")
	}
	if r.Loopback != (catalog.Name{}) {
		add(true, "files of changes do not tell which of them replication has made", "turn LoopbackPreventionSettings off")
	}
	if r.Aside {
		add(true, notAgain, notAgainRemedy)
	}
	for _, f := range r.Tables {
		if f.Table.PrimaryKey == nil {
			found = append(found, connector.Obstacle{About: connector.Identity, Table: f.Table.Name,
				What:   "no column of it is marked as its key: updates are rejected, since nothing says which row they change, and deletes are found by comparing all columns",
				Remedy: "mark the columns of its key with ColumnIsPk"})
		}
	}
	return found, nil
}

const (
	notAgain       = "the files of the full load tell how the tables were at the beginning, so that a table cannot be loaded anew while changes are followed"
	notAgainRemedy = "start the task anew"
)

// Capture implements connector.Streamer. The files of the full load are from before the first of changes.
func (s *source) Capture(_ context.Context, r connector.StreamRequest, _ int) (connector.Snapshot, error) {
	if r.Aside {
		return nil, invalid(notAgainRemedy, notAgain)
	}
	return s.snapshot(position{}.String()), nil
}

// Start implements connector.Streamer. Unlike a log the files say all that there is to say: without a point they are read from the
// first on.
func (s *source) Start(ctx context.Context, _ connector.StreamRequest, from connector.StartPoint) (string, error) {
	switch {
	case !from.At.IsZero():
		return s.before(ctx, func(f file) bool { return !f.modified.Before(from.At) })
	case from.Native == "":
		return position{}.String(), nil
	}
	native := strings.TrimPrefix(from.Native, "checkpoint:")
	if strings.HasPrefix(native, "{") {
		p, err := parsePosition(native)
		return p.String(), err
	}
	found := false
	at, err := s.before(ctx, func(f file) bool {
		is := f.key == native || s.Parquet && path.Base(f.key) == native
		found = found || is
		return is
	})
	if err == nil && !found {
		err = &connector.Error{Class: connector.Missing, Err: fmt.Errorf("there is no file of changes %s%s, or nothing is in it", s.Changes, native), Remedy: "name the file that is to be read first"}
	}
	return at, err
}

// before is the position before the first file for which f holds, or behind the last.
func (s *source) before(ctx context.Context, f func(file) bool) (string, error) {
	all, err := s.changes(ctx, "")
	if err != nil {
		return "", err
	}
	var p position
	for _, c := range all {
		if f(c) {
			break
		}
		p = c.end()
	}
	return p.String(), nil
}

// End implements connector.Streamer.
func (s *source) End(ctx context.Context) (string, error) {
	return s.before(ctx, func(file) bool { return false })
}

// Release implements connector.Streamer: nothing was made.
func (s *source) Release(context.Context, connector.StreamRequest) error { return nil }
