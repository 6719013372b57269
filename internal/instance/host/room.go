package host

import (
	"fmt"
	"math"

	"golang.org/x/sys/unix"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// Room looks at the disk that an instance's directory lies on.
func (h *Host) Room(id string) (instance.Room, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(h.dir(id), &disk); err != nil {
		return instance.Room{}, fmt.Errorf("look at the disk of instance %s: %w", id, err)
	}
	block := uint64(disk.Bsize) //nolint:gosec // its type differs between systems
	bytes := func(blocks uint64) int64 { return int64(min(blocks*block, math.MaxInt64)) }
	return instance.Room{Free: bytes(disk.Bavail), Whole: bytes(disk.Blocks)}, nil
}
