package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// Locker is a Store that can keep a second process out.
type Locker interface {
	// Lock holds a name until it is released or the process ends, whatever way it ends. It is nil while another process holds
	// the name.
	Lock(ctx context.Context, key string) (*Lock, error)
}

var (
	_ Locker = folder{}
	_ Locker = (*bucket)(nil)
)

// Lock is a name that is held.
type Lock struct {
	release func()
	left    func() time.Duration // for how long it is certainly held; nil is for ever
	fault   func() error         // why it is held no longer, see Fault
}

// ErrLost is why a context of While ends.
var ErrLost = errors.New("the name may be another's")

// Release gives the name back.
func (l *Lock) Release() { l.release() }

// Lost reports that another may have taken the name, because this process could not show in time that it is still there.
func (l *Lock) Lost() bool { return l.left != nil && l.left() == 0 }

// Fault is why the name is held no longer, when that is a fault in the program.
func (l *Lock) Fault() error {
	if l.fault == nil {
		return nil
	}
	return l.fault()
}

// While returns a context that ends when the name may be another's: what is under way then comes too late.
func (l *Lock) While(ctx context.Context) (context.Context, context.CancelFunc) {
	if l.left == nil {
		return context.WithCancel(ctx)
	}
	within, end := context.WithCancelCause(ctx)
	go rescue.Else(func() {
		for left := l.left(); left > 0; left = l.left() {
			select {
			case <-time.After(left):
			case <-within.Done():
				return
			}
		}
		end(ErrLost)
	}, func(err error) { end(err) })()
	return within, func() { end(context.Canceled) }
}

// Lock implements Locker by the file system's own lock on an empty file, which stays: who removes a file that is locked
// lets two others lock two files of the same name.
func (f folder) Lock(_ context.Context, key string) (*Lock, error) {
	path := f.path(key)
	path = filepath.Join(filepath.Dir(path), hidden+filepath.Base(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, wrap("make the folder of "+key, err)
	}
	l := flock.New(path)
	if held, err := l.TryLock(); err != nil || !held {
		return nil, wrap("lock file "+path, err)
	}
	return &Lock{release: func() { _ = l.Unlock() }}, nil
}
