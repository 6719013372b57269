//go:build !unix

package etcd

import (
	"fmt"
	"os"
	"path/filepath"
)

// lock holds a data directory for one process: a file that another process cannot open for itself. After a crash the file
// stays and is to be removed by hand.
func lock(dir string) (unlock func(), err error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, errLocked)
	}
	return func() { _ = f.Close(); _ = os.Remove(path) }, nil
}
