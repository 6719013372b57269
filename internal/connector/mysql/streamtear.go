package mysql

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// torn remembers where a log breaks off. A server that dies while it writes a transaction leaves a part of one at the
// end of the file; when it comes back it rolls that transaction back, and goes on in another file.
type torn struct {
	mu    sync.Mutex
	begin position // of the transaction that has no end
}

func (t *torn) note(p position) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin = p
}

func (t *torn) begins(p position) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.begin == p
}

// isTorn reports whether the server has found half an event at the end of a file.
func isTorn(err error) bool {
	code, ok := codeOf(err)
	return ok && code == readError && strings.Contains(strings.ToLower(err.Error()), "truncated in the middle of event")
}

// mend goes on behind the end of a torn file, if the server has done so. Else it returns the error it was given.
func (s *stream) mend(ctx context.Context, err error) error {
	files, listed := s.source.logs(ctx)
	if listed != nil {
		return err
	}
	for i, f := range files[:len(files)-1] {
		if f.name != s.at.file {
			continue
		}
		if err := s.abandon(files[i+1].name); err != nil {
			return err
		}
		next := s.done
		next.file, next.offset = files[i+1].name, 4
		link, err := s.source.dump(ctx, wire.Dump{Server: replicaNumber(s.request.Run), File: next.file, Offset: next.offset}, next)
		if err != nil {
			return err
		}
		s.link.close()
		s.link, s.at = link, next
		s.ended()
		clear(s.maps)
		return nil
	}
	return err
}

// abandon drops the transaction being read, which has no end before the next file. When a part of it has been handed over the stream has to
// begin anew, and leaves it out then.
func (s *stream) abandon(next string) error {
	if !s.tx.open {
		return nil
	}
	s.mu.Lock()
	s.mu.torn = fmt.Sprintf("the source broke off in %s in the midst of a transaction, as when it is killed or its disk is full, and has gone "+
		"on in %s without it. If its machine went down, and sync_binlog was not 1, compare the tables: whimbrel validate", s.at.file, next)
	s.mu.Unlock()
	if s.tx.handed {
		s.source.torn.note(s.tx.place)
		return &connector.Error{Class: connector.Lost, Err: fmt.Errorf("the log breaks off in the midst of a transaction at %s", s.at.String0())}
	}
	err := s.undo(s.tx.from)
	s.tx = transaction{}
	return err
}
