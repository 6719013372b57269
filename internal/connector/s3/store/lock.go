package store

import (
	"context"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Locker is a Store that can keep a second process out.
type Locker interface {
	// Lock holds a name until release is called or the process ends, whatever way it ends. held is false while another
	// process holds it.
	Lock(ctx context.Context, key string) (release func(), held bool, err error)
}

var _ Locker = folder{}

// Lock implements Locker by the file system's own lock on an empty file, which stays: who removes a file that is locked
// lets two others lock two files of the same name.
func (f folder) Lock(_ context.Context, key string) (release func(), held bool, err error) {
	path := f.path(key)
	path = filepath.Join(filepath.Dir(path), hidden+filepath.Base(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, false, wrap("make the folder of "+key, err)
	}
	l := flock.New(path)
	if held, err = l.TryLock(); err != nil || !held {
		return nil, false, wrap("lock file "+path, err)
	}
	return func() { _ = l.Unlock() }, true, nil
}
