package sqlite

import (
	"fmt"
	"time"
)

// logReader reads the change log in runs of bounded length, each a read transaction of its own.
type logReader struct {
	conn  *conn
	width int
	run   *stmt // rows after one, up to another
	one   *stmt // a single row
	stale bool  // the log may have become wider
}

// runLength is the most rows of the log that are read in one transaction.
const runLength = 2048

// prepare makes the statements, anew when the log has become wider.
func (l *logReader) prepare() error {
	width, err := logWidth(l.conn)
	if err != nil || l.run != nil && width == l.width {
		return err
	}
	l.close()
	l.width = width
	head := "SELECT seq, t, op, at" + logColumns(width) + " FROM awsdms_changes "
	if l.run, err = l.conn.prepare(fmt.Sprintf("%s WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT %d", head, runLength)); err != nil {
		return err
	}
	l.one, err = l.conn.prepare(head + " WHERE seq = ?1")
	return err
}

func (l *logReader) close() {
	for _, s := range []*stmt{l.run, l.one} {
		if s != nil {
			s.finalize()
		}
	}
	l.run, l.one = nil, nil
}

// each calls f for the rows after one up to another, at most runLength, until it says to stop. It returns whether there may
// be more.
func (l *logReader) each(after, upTo int64, f func(*stmt) (bool, error)) (more bool, err error) {
	if l.run == nil || l.stale {
		l.stale = false
		if err := l.prepare(); err != nil {
			return false, err
		}
	}
	s := l.run
	s.reset()
	defer s.reset()
	s.bindInt(0, after)
	s.bindInt(1, upTo)
	for n := 0; ; n++ {
		ok, err := s.step()
		if err != nil || !ok {
			return n == runLength, err
		}
		on, err := f(s)
		if err != nil || !on {
			return true, err
		}
	}
}

// time is when the change was made that a row of the log tells of.
func (l *logReader) time(seq int64) (at time.Time, err error) {
	err = l.conn.query("SELECT at FROM awsdms_changes WHERE seq = ?", func(s *stmt) error {
		at = timeOfJulian(s.real(0))
		return nil
	}, seq)
	return at, err
}

// row calls f for one row of the log.
func (l *logReader) row(seq int64, f func(*stmt) error) error {
	l.one.reset()
	defer l.one.reset()
	l.one.bindInt(0, seq)
	ok, err := l.one.step()
	if err == nil && !ok {
		err = fmt.Errorf("row %d of the change log is missing", seq)
	}
	if err != nil {
		return err
	}
	return f(l.one)
}
