//go:build unix

package etcd

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lock holds a data directory for one process. The lock goes with the process, however it ends.
func lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, errLocked)
	}
	return func() { _ = f.Close() }, nil
}
