package mysql

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// snapshot is a set of sessions that see the same committed moment.
type snapshot struct {
	host     *host
	position string
	tables   []catalog.Name // that are read; empty where that is not known
	exact    bool           // the position has to be known
	idle     chan *link
	all      []*link

	gone struct {
		sync.Once
		signal chan struct{}
		cause  error
	}
}

var _ connector.Snapshot = (*snapshot)(nil)

// Position is file:offset, and the GTID set after a space where the server keeps one.
func (s *snapshot) Position() string { return s.position }

// Layout is how Read delivers a column.
func (s *snapshot) Layout(c *catalog.Column) change.Layout { return layoutOf(c) }

// alive fails with class Lost once the snapshot has ended.
func (s *snapshot) alive() error {
	select {
	case <-s.gone.signal:
		return s.lost()
	default:
		return nil
	}
}

// lease lends a session to f. When the session breaks, so has the snapshot: a new session would see another moment.
func (s *snapshot) lease(ctx context.Context, f func(*link) error) error {
	if err := s.alive(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.gone.signal:
		return s.lost()
	case se := <-s.idle:
		err := f(se)
		if se.broken {
			s.end(err)
			return err
		}
		s.idle <- se
		return err
	}
}

func (s *snapshot) end(cause error) {
	s.gone.Do(func() {
		s.gone.cause = cause
		close(s.gone.signal)
	})
}

func (s *snapshot) lost() error {
	cause := s.gone.cause
	if cause == nil {
		cause = errors.New("it was closed")
	}
	return &connector.Error{Class: connector.Lost, Err: fmt.Errorf("the snapshot is gone: %w", cause)}
}

// Close ends the sessions. Reads that still run fail.
func (s *snapshot) Close() error {
	s.end(nil)
	for _, se := range s.all {
		se.close()
	}
	return nil
}
