package mysql

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// source reads from a server.
type source struct {
	host    *host
	options streamOptions
	torn    torn
}

var (
	_ connector.Source = (*source)(nil)
	_ connector.Locker = (*source)(nil)
)

// sourceMode is the sql_mode of questions to a source: SHOW CREATE must quote with backticks and leave nothing out.
const sourceMode = ""

func openSource(ctx context.Context, c connector.Config) (connector.Source, error) {
	o, ends, err := sourceOptions(c.Settings)
	if err != nil {
		return nil, err
	}
	s, err := connect(ctx, c, sourceMode, ends)
	if err != nil {
		return nil, mayNotEnter(err, "SELECT")
	}
	return &source{host: s, options: o}, nil
}

// Identity names the database.
func (s *source) Identity() string { return s.host.cfg.identity() }

// Close ends the control connections; snapshots end by themselves.
func (s *source) Close() error { return s.host.close() }

// Inspect describes what the user can see.
func (s *source) Inspect(ctx context.Context, o connector.InspectOptions) (*catalog.Catalog, error) {
	c, err := inspect(ctx, s.host.control, o)
	return c, classify(ctx, err)
}

// Snapshot opens one view of the database for any number of readers.
func (s *source) Snapshot(ctx context.Context, readers int) (connector.Snapshot, error) {
	return s.SnapshotOf(ctx, readers, nil)
}

// SnapshotOf opens one view of the tables, which may be locked for an instant.
func (s *source) SnapshotOf(ctx context.Context, readers int, tables []catalog.Name) (connector.Snapshot, error) {
	if n := s.host.cfg.connections; n > 0 {
		readers = min(readers, n)
	}
	snap, err := openSnapshot(ctx, s.host, readers, tables, false)
	if err != nil {
		return nil, err
	}
	return snap, nil
}
