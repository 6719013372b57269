package metric

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Sample is what is known of a metric from one moment on: of a minute, or of a second where Fine.
type Sample struct {
	Name  Name
	Unit  string
	At    time.Time
	Fine  bool
	Point Point
}

// writing is a transaction with its statements.
type writing struct {
	ctx       context.Context
	tx        *sql.Tx
	get, put  *sql.Stmt
	insert    *sql.Stmt
	save      *sql.Stmt
	additions []*series
	names     int64 // bytes of theirs
}

// Put adds samples to what is kept. All of them are, or none: ErrFull when more cannot be.
func (s *Store) Put(ctx context.Context, samples []Sample) error {
	if len(samples) == 0 {
		return nil
	}
	if s.room.Full() && !own(&samples[0]) {
		return fmt.Errorf("%w: they take more than the %d bytes that they may, and the rest is not old enough to be dropped", ErrFull, s.MaxBytes)
	}
	names, err := s.write(ctx, samples)
	if err != nil {
		return err
	}
	if err := s.room.Wrote(ctx, s.db, names+sizeOf(samples), s.MaxBytes, s.Trim); err != nil && ctx.Err() == nil {
		s.Log.Error("the size of metrics was not held", "error", err) // they are kept all the same
	}
	return nil
}

func own(p *Sample) bool { return strings.HasPrefix(p.Name.Namespace, Own) }

// sizeOf is about what samples take in the file.
func sizeOf(samples []Sample) (bytes int64) {
	const row, weighted = 100, 16
	for i := range samples {
		bytes += row + weighted*int64(min(len(samples[i].Point.Spread), mostKept))
	}
	return bytes
}

// write adds samples, and answers what the names of new metrics among them take.
func (s *Store) write(ctx context.Context, samples []Sample) (names int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("write metrics: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // of what was not committed
	w := &writing{ctx: ctx, tx: tx}
	for _, p := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&w.get, "SELECT n, sum, low, high, spread FROM point WHERE series = ? AND step = ? AND at = ?"},
		{&w.put, "INSERT OR REPLACE INTO point VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
		{&w.insert, "INSERT INTO series (namespace, metric, dimensions, unit, last) VALUES (?, ?, ?, ?, ?)"},
		{&w.save, "UPDATE series SET last = ? WHERE id = ?"},
	} {
		if *p.to, err = tx.PrepareContext(ctx, p.text); err != nil { //nolint:sqlclosecheck // below
			return 0, fmt.Errorf("write metrics: %w", err)
		}
		defer (*p.to).Close()
	}
	for i := range samples {
		if err := s.put(w, &samples[i]); err != nil {
			return 0, fmt.Errorf("write metric %s: %w", samples[i].Name.Metric, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("write metrics: %w", err)
	}
	s.ids.Lock()
	defer s.ids.Unlock()
	for _, of := range w.additions {
		s.know(of)
	}
	return w.names, nil
}

func (s *Store) put(w *writing, p *Sample) error {
	at := p.At.Unix()
	of, err := s.seriesOf(w, p, at)
	if err != nil {
		return err
	}
	if p.Fine {
		if err := w.add(of.id, fine, at, p.Point); err != nil {
			return err
		}
	}
	return w.add(of.id, minute, at-at%minute, p.Point)
}

// seriesOf finds the metric's number, or gives it one.
func (s *Store) seriesOf(w *writing, p *Sample, at int64) (*series, error) {
	key := seriesKey{p.Name.key(), p.Unit}
	s.ids.RLock()
	of := s.ids.series[key]
	s.ids.RUnlock()
	if of == nil {
		for _, a := range w.additions {
			if a.key == key {
				of = a
			}
		}
	}
	if of == nil {
		if err := s.roomFor(w, p, &key); err != nil {
			return nil, err
		}
		r, err := w.insert.ExecContext(w.ctx, key.namespace, key.metric, key.dimensions, key.unit, at)
		if err != nil {
			return nil, err
		}
		id, err := r.LastInsertId()
		if err != nil {
			return nil, err
		}
		of = &series{id: id, key: key, name: p.Name, last: at, saved: at}
		w.additions = append(w.additions, of)
		return of, nil
	}
	s.ids.Lock()
	of.last = max(of.last, at)
	due := of.last >= of.saved+minute
	if due {
		of.saved = of.last
	}
	last := of.last
	s.ids.Unlock()
	if due {
		if _, err := w.save.ExecContext(w.ctx, last, of.id); err != nil {
			return nil, err
		}
	}
	return of, nil
}

// roomFor refuses a metric that would be one too many.
func (s *Store) roomFor(w *writing, p *Sample, key *seriesKey) error {
	w.names += key.size()
	if own(p) {
		return nil
	}
	s.ids.RLock()
	count, bytes := len(s.ids.series)+len(w.additions), s.ids.bytes+w.names
	s.ids.RUnlock()
	switch {
	case count >= s.mostSeries:
		return fmt.Errorf("%w: there are %d, which is as many as may be", ErrFull, count)
	case bytes > s.mostNames:
		return fmt.Errorf("%w: their names take the %d bytes that they may", ErrFull, s.mostNames)
	}
	return nil
}

// add adds to a point of the file.
func (w *writing) add(id int64, step int, at int64, p Point) error {
	var have Point
	var spread []byte
	err := w.get.QueryRowContext(w.ctx, id, step, at).Scan(&have.Count, &have.Sum, &have.Min, &have.Max, &spread)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	have.Spread = spreadOf(spread)
	have.Add(p)
	_, err = w.put.ExecContext(w.ctx, id, step, at, have.Count, have.Sum, have.Min, have.Max, spreadText(have.Spread))
	return err
}
