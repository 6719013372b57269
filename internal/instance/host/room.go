package host

import (
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// Rooms looks at the disks that an instance writes to: that of its directory, and that of temporary files if it is another.
func (h *Host) Rooms(id string) ([]instance.Room, error) {
	own, err := roomAt(h.dir(id))
	if err != nil {
		return nil, fmt.Errorf("look at the disk of instance %s: %w", id, err)
	}
	all := []instance.Room{own.room}
	spilled, err := roomAt(os.TempDir())
	if err != nil {
		return nil, fmt.Errorf("look at the disk of temporary files: %w", err)
	}
	if spilled.device != own.device {
		spilled.room.Temporary = true
		all = append(all, spilled.room)
	}
	return all, nil
}

// disk is one of the system's.
type disk struct {
	device uint64
	room   instance.Room
}

func roomAt(dir string) (disk, error) {
	var of unix.Statfs_t
	if err := unix.Statfs(dir, &of); err != nil {
		return disk{}, err
	}
	var folder unix.Stat_t
	if err := unix.Stat(dir, &folder); err != nil {
		return disk{}, err
	}
	block := uint64(of.Bsize) //nolint:gosec // its type differs between systems
	bytes := func(blocks uint64) int64 { return int64(min(blocks*block, math.MaxInt64)) }
	device := uint64(folder.Dev) //nolint:gosec,unconvert // its type differs between systems
	return disk{device, instance.Room{Free: bytes(of.Bavail), Whole: bytes(of.Blocks)}}, nil
}
