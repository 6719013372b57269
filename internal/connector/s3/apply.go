package s3

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/rowfile"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// session writes changes into files. Rows of committed transactions are held back until there is enough of them, or they have
// waited long enough; then they and the position behind them are flushed in one step.
type session struct {
	target *target
	shared *shared
	notes  map[string]string // those of this session that are not written; an empty text removes one

	panes  []*pane
	byKey  map[string]*pane
	last   map[catalog.Name]*pane // of each table
	spools *spools
	order  []place
	lines  []rowfile.Line // of the file filled, to be written together
	filled *pane
	grown  []*pane // since the last commit
	opened int     // files of Parquet that are open
	// scratch is for lines that are kept.
	scratch []byte
	// buffered is how much was recorded since writers have let go of their memory.
	buffered int64
	since    time.Time // the first change that is held back was committed then; zero when none is

	checkpoint connector.Checkpoint // of the last commit; not durable yet while pending
	pending    bool
	moved      bool // checkpoint is one of this session's commits
	urgent     bool // structure, notes: the next commit is flushed at once
	truncated  []catalog.Name
	dropped    []catalog.Name
	renamed    []catalog.Name // by their names before
	defined    map[catalog.Name]*catalog.Table
	parked     []connector.Parked

	open     bool // inside a transaction
	recorded bool // and it has changes
	swept    map[string]bool
	broken   error
	closed   bool
}

var (
	_ connector.ApplySession = (*session)(nil)
	_ connector.Recorder     = (*session)(nil)
	_ connector.Holder       = (*session)(nil)
)

// Apply implements connector.Applier. Several sessions of one run know of each other.
func (t *target) Apply(ctx context.Context, o connector.ApplyOptions) (connector.ApplySession, error) {
	r := t.share(o.Run)
	err := r.alone(ctx, func() error {
		_, err := t.learn(ctx, r)
		return err
	})
	if err != nil {
		t.unshare(r)
		return nil, fmt.Errorf("read the state of the run: %w", err)
	}
	return &session{
		target: t, shared: r, notes: map[string]string{}, spools: newSpools(t.held), byKey: map[string]*pane{}, last: map[catalog.Name]*pane{}, swept: map[string]bool{}, defined: map[catalog.Name]*catalog.Table{},
	}, nil
}

// carryOut does what a state names.
func (t *target) carryOut(ctx context.Context, w work) error {
	if len(w.Delete)+len(w.Define)+len(w.Publish) == 0 {
		return nil
	}
	return t.fenced(ctx, func(ctx context.Context) error { return t.do(ctx, w) })
}

func (t *target) do(ctx context.Context, w work) error {
	if err := t.store.Delete(ctx, w.Delete); err != nil {
		return err
	}
	for _, sql := range w.Define {
		if err := t.execute(ctx, sql); err != nil {
			return err
		}
	}
	return each(ctx, w.Publish, func(ctx context.Context, _ int, f store.Ticket) error { return t.publish(ctx, f) })
}

// goBack makes the state the one before, because files that it names were lost before they were published. The source was told
// to forget nothing that they held.
func (t *target) goBack(ctx context.Context, st *state, why error) error {
	t.log.Warn("what was staged for changes is gone, going back to the position before", "position", st.Before.Position, "error", why)
	var keys []string
	for _, f := range st.Work.Publish {
		keys = append(keys, f.Key)
	}
	err := t.fenced(ctx, func(ctx context.Context) error {
		if err := t.store.Delete(ctx, keys); err != nil {
			return err
		}
		st.Position, st.Notes, st.Work, st.Before = st.Before.Position, st.Before.Notes, work{}, nil
		return putJSON(ctx, t.store, stateKey(st.Run), st)
	})
	if err != nil {
		return err
	}
	return &connector.Error{Class: connector.Lost, Err: fmt.Errorf("publish the last changes: %w", why)}
}

// Features implements connector.ApplySession: structure changes with the commit.
func (s *session) Features() connector.ApplyFeatures {
	return connector.ApplyFeatures{TransactionalDDL: true}
}

// Begin implements connector.ApplySession.
func (s *session) Begin(context.Context) error {
	if s.broken != nil {
		return s.broken
	}
	s.open = true
	return nil
}

// Write implements connector.ApplySession. Only control tables come this way, and there are none.
func (s *session) Write(_ context.Context, sets []connector.RowSet) ([]int64, error) {
	if len(sets) == 0 {
		return nil, nil
	}
	return nil, noControlTable(sets[0].Table.Name.Name)
}

// Truncate implements connector.ApplySession: the table's files go, and what is held back of it.
func (s *session) Truncate(_ context.Context, table catalog.Name) error {
	s.urgent = true
	s.truncated = append(s.truncated, table)
	s.discard(table)
	return nil
}

// Exec implements connector.ApplySession.
func (s *session) Exec(ctx context.Context, ss []catalog.Statement) error {
	for _, one := range ss {
		if err := s.exec(ctx, one.SQL); err != nil {
			return fmt.Errorf("run %.80s: %w", one.SQL, err)
		}
	}
	return nil
}

func (s *session) exec(ctx context.Context, sql string) error {
	st, err := parse(sql)
	if err != nil {
		return err
	}
	s.urgent = true
	switch st.verb {
	case "CREATE":
		s.defined[st.name] = st.table
		return nil
	case "DROP":
		s.discard(st.name)
		delete(s.defined, st.name)
		s.dropped = append(s.dropped, st.name)
		return nil
	case "TRUNCATE":
		return s.Truncate(ctx, st.name)
	}
	table := s.defined[st.name]
	if table == nil {
		if table, err = definitionOf(ctx, s.target.store, st.name); err != nil {
			return err
		}
	}
	if table == nil {
		return &connector.Error{Class: connector.Missing, Err: fmt.Errorf("the store knows no table %s", st.name)}
	}
	if st.verb == "RENAME" {
		other := *table
		other.Name = st.to
		s.defined[st.to] = &other
		delete(s.defined, st.name)
		s.renamed = append(s.renamed, st.name)
		return nil
	}
	st.apply(table)
	s.defined[st.name] = table
	return nil
}

// Savepoint implements connector.ApplySession. Before structure changes there is nothing to go back from: a statement that is
// refused has changed nothing.
func (s *session) Savepoint(context.Context) error { return nil }

// RollbackTo implements connector.ApplySession.
func (s *session) RollbackTo(context.Context) error { return nil }

// Park implements connector.ApplySession.
func (s *session) Park(_ context.Context, rows []connector.Parked) error {
	s.parked = append(s.parked, rows...)
	return nil
}

// Note implements connector.ApplySession.
func (s *session) Note(_ context.Context, key, text string) error {
	now, known := s.notes[key]
	if k := s.shared.known.Load(); !known && k != nil {
		now, known = k.notes[key], true
	}
	if !known || now != text {
		s.urgent, s.notes[key] = true, text
	}
	return nil
}

// Commit implements connector.ApplySession.
func (s *session) Commit(ctx context.Context, c connector.Checkpoint) error {
	if s.broken != nil {
		return s.broken
	}
	if c.Position != "" {
		s.checkpoint, s.moved = c, true
	}
	s.pending = true
	if s.recorded && s.since.IsZero() {
		s.since = time.Now()
	}
	s.open, s.recorded = false, false
	if s.urgent || s.isFull() {
		return s.flush(ctx)
	}
	return nil
}

// isFull reports whether a file has reached CdcMinFileSize. What a row group of Parquet holds, and what is kept for one, counts before it is
// encoded: how much is left of it shows only once it has ended, and ending it for the question would make many small ones.
func (s *session) isFull() bool {
	for _, p := range s.grown {
		if p.grown = false; p.writer != nil && p.spool.size+int64(p.writer.Pending()) >= s.target.settings.minFile {
			return true
		}
	}
	s.grown = s.grown[:0]
	return false
}

// Rollback implements connector.ApplySession. Lines cannot be taken out of files again, so the session ends with what it
// holds back, all of which the source still has.
func (s *session) Rollback(context.Context) error {
	if s.recorded || s.urgent || len(s.parked) > 0 {
		s.broken = &connector.Error{Class: connector.Lost, Err: errors.New("a transaction was given up, and with it the changes that were held back")}
	}
	s.open = false
	return nil
}

// Release implements connector.Holder.
func (s *session) Release(ctx context.Context) (string, error) {
	if s.broken != nil {
		return "", s.broken
	}
	if s.pending && (s.since.IsZero() || time.Since(s.since) >= s.target.settings.interval) {
		if err := s.flush(ctx); err != nil {
			return "", err
		}
	}
	return s.Durable(), nil
}

// Durable implements connector.Holder.
func (s *session) Durable() string {
	if k := s.shared.known.Load(); k != nil {
		return k.Position
	}
	return ""
}

// Sync implements connector.ApplySession.
func (s *session) Sync(ctx context.Context) error {
	if s.broken != nil {
		return s.broken
	}
	if !s.pending {
		return nil
	}
	return s.flush(ctx)
}

// Forget implements connector.ApplySession: a pane is found by the columns it was opened with.
func (s *session) Forget() {}

// Close implements connector.ApplySession. What is held back is given up.
func (s *session) Close() error {
	if !s.closed {
		s.closed = true
		s.target.unshare(s.shared)
	}
	for _, p := range s.panes {
		s.letGo(p)
	}
	s.panes = nil
	return nil
}
