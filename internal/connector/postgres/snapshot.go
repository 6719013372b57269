package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/semaphore"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// snapshot is one exported snapshot. The coordinating transaction keeps it alive; readers import it.
type snapshot struct {
	src         *source
	coordinator *wire
	readers     *pool[*wire]
	types       *typeBook
	// describing lets one reader at a time ask what tables are made of: one answer tells of many.
	describing *semaphore.Weighted

	id       string // of pg_export_snapshot
	position string
	xmin     string // the oldest transaction the snapshot does not see as finished
	version  int    // server_version_num
	encoding string // server_encoding

	mu struct {
		sync.Mutex
		tables  map[catalog.Name][]attribute
		heaps   map[catalog.Name][]heap
		lookups int
	}
}

var _ connector.RawSnapshot = (*snapshot)(nil)

// The position is taken before the snapshot: what commits between the two is seen twice, never missed.
const (
	positionSQL = `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END`
	beginSQL    = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	exportSQL   = `SELECT pg_export_snapshot(), txid_snapshot_xmin(txid_current_snapshot()), current_setting('server_version_num'), current_setting('server_encoding')`
)

// Snapshot implements connector.Source.
func (s *source) Snapshot(ctx context.Context, readers int) (connector.Snapshot, error) {
	w, err := dial(ctx, s.cfg, settleSQL(commonSettings, readSettings))
	if err != nil {
		return nil, err
	}
	snap := newSnapshot(s, w)
	if err := snap.export(ctx); err != nil {
		w.close()
		return nil, classify(ctx, "take a snapshot", err)
	}
	snap.readers = newPool(max(readers, 1), snap.join, (*wire).close)
	return snap, nil
}

func newSnapshot(s *source, coordinator *wire) *snapshot {
	snap := &snapshot{src: s, coordinator: coordinator, types: &typeBook{}, describing: semaphore.NewWeighted(1)}
	snap.mu.tables, snap.mu.heaps = map[catalog.Name][]attribute{}, map[catalog.Name][]heap{}
	return snap
}

func (s *snapshot) export(ctx context.Context) error {
	if err := s.coordinator.query(ctx, positionSQL, func(v [][]byte) error {
		s.position = string(v[0])
		return nil
	}); err != nil {
		return err
	}
	if err := s.coordinator.exec(ctx, beginSQL); err != nil {
		return err
	}
	return s.share(ctx)
}

// share exports the snapshot of the transaction that the coordinator is in.
func (s *snapshot) share(ctx context.Context) error {
	return s.coordinator.query(ctx, exportSQL, func(v [][]byte) error {
		s.id, s.xmin, s.version, s.encoding = string(v[0]), string(v[1]), signed(v[2]), string(v[3])
		return nil
	})
}

// join opens a reader that sees the snapshot.
func (s *snapshot) join(ctx context.Context) (*wire, error) {
	w, err := dial(ctx, s.src.cfg, settleSQL(commonSettings, readSettings), beginSQL)
	if err != nil {
		return nil, err
	}
	w.in.enlarge(copyBuffer)
	if err := w.exec(ctx, "SET TRANSACTION SNAPSHOT "+quoteLiteral(s.id)); err != nil {
		w.close()
		var pg *pgconn.PgError
		if ctx.Err() == nil && errors.As(err, &pg) && (pg.Code == "22023" || pg.Code == "42704") { // until and since PostgreSQL 16
			err = &connector.Error{Class: connector.Lost, Err: fmt.Errorf("the snapshot is gone: %w", err)}
		}
		return nil, classify(ctx, "join the snapshot", err)
	}
	return w, nil
}

// give returns a reader. A failed one is in an aborted transaction and of no more use.
func (s *snapshot) give(w *wire, err error) { s.readers.put(w, err == nil && !w.broken.Load()) }

// Position implements connector.Snapshot.
func (s *snapshot) Position() string { return s.position }

// Close implements connector.Snapshot.
func (s *snapshot) Close() error {
	s.readers.close()
	s.coordinator.close()
	return nil
}

// attributes describes a table once, all of them as the snapshot has them. Readers that begin together ask for neighbours, which one
// answer describes.
func (s *snapshot) attributes(ctx context.Context, w *wire, name catalog.Name) ([]attribute, error) {
	if all, ok := s.described(name); ok {
		return all, nil
	}
	if s.describing.Acquire(ctx, 1) != nil {
		return nil, context.Cause(ctx)
	}
	defer s.describing.Release(1)
	if all, ok := s.described(name); ok {
		return all, nil
	}
	tables, err := s.types.neighbours(ctx, w, name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	maps.Copy(s.mu.tables, tables)
	s.mu.Unlock()
	return tables[name], nil
}

func (s *snapshot) described(name catalog.Name) ([]attribute, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, ok := s.mu.tables[name]
	return all, ok
}

// Layout implements connector.Snapshot.
func (s *snapshot) Layout(c *catalog.Column) change.Layout { return change.LayoutOf(c.Type) }
