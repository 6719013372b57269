package sqlite

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// watcher finds the boundaries of the log as others commit.
type watcher struct {
	at   location
	conn *conn
	file os.FileInfo
	wake chan struct{}
	quit chan struct{}
	done chan struct{}

	// What follows belongs to the watching goroutine.
	wal      bool
	seen     int64     // the data version
	modified time.Time // of the file, when it was last asked with a lock
	looked   time.Time // when it was last made sure that the file is still the same

	mu struct {
		sync.Mutex
		ends   []int64 // boundaries ahead, in order
		end    int64   // the newest ever
		cookie int64
		err    error
	}
}

// How often a file is asked whether it has changed: at once after a change, more seldom the longer nothing happens.
const (
	shortestPause = time.Millisecond
	longestPause  = 20 * time.Millisecond
)

// thinBoundaries is the number of changes that are delivered as one transaction when their boundaries have piled up.
const thinBoundaries = change.MaxGroupChanges / 16

func startWatcher(s *source) (*watcher, error) {
	c, err := s.connect()
	if err != nil {
		return nil, err
	}
	c.wait(0) // it asks again anyway
	w := &watcher{at: s.at, conn: c, wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
	w.file, err = os.Stat(s.at.path)
	if err == nil {
		err = w.look()
	}
	if err != nil && !isBusy(err) {
		_ = c.close()
		return nil, err
	}
	go rescue.Else(w.watch, w.fail)()
	return w, nil
}

func (w *watcher) stop() {
	close(w.quit)
	<-w.done
}

func (w *watcher) watch() {
	defer close(w.done)
	defer w.conn.close()
	version, pause := int64(-1), shortestPause
	for {
		now, err := w.version()
		if err == nil && now != version {
			if err = w.look(); err == nil {
				version, pause = now, shortestPause/2
			}
		}
		if err == nil {
			err = w.sameFile()
		}
		if err != nil && !isBusy(err) {
			w.fail(err)
			return
		}
		pause = min(2*pause, longestPause)
		select {
		case <-w.quit:
			return
		case <-time.After(pause):
		}
	}
}

func (w *watcher) fail(err error) {
	w.mu.Lock()
	w.mu.err = err
	w.mu.Unlock()
	w.signal()
}

func (w *watcher) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// version is a number that changes with every commit of others. In WAL mode asking for it is in nobody's way. Otherwise it
// takes the shared lock, which a writer without a busy timeout might run into, so that the file's time is asked first; it
// counts only when it is old enough that a later commit would have had another.
func (w *watcher) version() (int64, error) {
	if !w.wal {
		info, err := os.Stat(w.at.path)
		if err != nil {
			return 0, goneFile(err)
		}
		_, noLog := os.Stat(w.at.path + "-wal")
		if noLog != nil && info.ModTime().Equal(w.modified) && time.Since(w.modified) > 100*time.Millisecond {
			return w.seen, nil
		}
		w.modified = info.ModTime()
	}
	n, err := w.conn.number("PRAGMA data_version")
	if err == nil {
		w.seen = n
	}
	return n, err
}

// look reads where the log ends.
func (w *watcher) look() error {
	if err := w.conn.exec("BEGIN"); err != nil {
		return err
	}
	defer func() { _ = w.conn.exec("ROLLBACK") }()
	end, err := lastChange(w.conn)
	if isNoTable(err) {
		return noLog(w.at)
	}
	if err != nil {
		return err
	}
	cookie, err := w.conn.number("PRAGMA schema_version")
	if err != nil {
		return err
	}
	mode, err := w.conn.word("PRAGMA journal_mode")
	if err != nil {
		return err
	}
	w.wal = strings.EqualFold(mode, "wal")
	w.publish(end, cookie)
	return nil
}

func (w *watcher) publish(end, cookie int64) {
	w.mu.Lock()
	if end > w.mu.end {
		w.mu.end = end
		if n := len(w.mu.ends); n > 1 && end-w.mu.ends[n-2] <= thinBoundaries {
			w.mu.ends[n-1] = end
		} else {
			w.mu.ends = append(w.mu.ends, end)
		}
	}
	w.mu.cookie = cookie
	w.mu.Unlock()
	w.signal()
}

// sameFile makes sure now and then that the file has not been replaced by another one.
func (w *watcher) sameFile() error {
	if time.Since(w.looked) < time.Second {
		return nil
	}
	w.looked = time.Now()
	info, err := os.Stat(w.at.path)
	if err == nil && os.SameFile(info, w.file) {
		return nil
	}
	if err == nil {
		err = errors.New("another file has taken its place")
	}
	return goneFile(err)
}

func goneFile(err error) error {
	return &connector.Error{Class: connector.Lost, Err: fmt.Errorf("the database file is gone: %w", err)}
}

func (w *watcher) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mu.err
}

func (w *watcher) cookie() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mu.cookie
}

// last is the newest boundary.
func (w *watcher) last() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mu.end
}

// after is the first boundary behind a row of the log; those before it are forgotten. 0 means that there is none.
func (w *watcher) after(seq int64) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.mu.ends) > 0 && w.mu.ends[0] <= seq {
		w.mu.ends = w.mu.ends[1:]
	}
	if len(w.mu.ends) == 0 {
		return 0
	}
	return w.mu.ends[0]
}
