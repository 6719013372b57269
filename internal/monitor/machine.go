package monitor

import (
	"math"

	"github.com/prometheus/procfs"
	"github.com/prometheus/procfs/blockdevice"
	"golang.org/x/sys/unix"
)

// machine tells what is not the instance's alone: memory and disks. What the system does not tell is nil.
type machine struct {
	proc   *procfs.FS
	blocks *blockdevice.FS
}

func newMachine() *machine {
	m := &machine{}
	if fs, err := procfs.NewDefaultFS(); err == nil {
		m.proc = &fs
	}
	if fs, err := blockdevice.NewDefaultFS(); err == nil {
		m.blocks = &fs
	}
	return m
}

// memoryFigures are in bytes.
type memoryFigures struct{ total, free, available int64 }

func (m *machine) memory() *memoryFigures {
	if m.proc == nil {
		return nil
	}
	info, err := m.proc.Meminfo()
	if err != nil || info.MemTotalBytes == nil || info.MemFreeBytes == nil || info.MemAvailableBytes == nil {
		return nil
	}
	return &memoryFigures{whole(*info.MemTotalBytes), whole(*info.MemFreeBytes), whole(*info.MemAvailableBytes)}
}

func whole(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// diskFigures are of the disk that a directory lies on.
type diskFigures struct {
	free   int64 // bytes
	device *deviceFigures
}

// deviceFigures are of a block device since the machine was started.
type deviceFigures struct {
	reads, writes, readMillis, writeMillis int64
	waiting                                int64 // requests under way
}

func (m *machine) disk(path string) *diskFigures {
	var room unix.Statfs_t
	if err := unix.Statfs(path, &room); err != nil {
		return nil
	}
	d := &diskFigures{free: whole(room.Bavail * uint64(room.Bsize))} //nolint:gosec // its type differs between systems
	var file unix.Stat_t
	if err := unix.Stat(path, &file); err != nil || m.blocks == nil {
		return d
	}
	all, err := m.blocks.ProcDiskstats()
	if err != nil {
		return d
	}
	major, minor := unix.Major(uint64(file.Dev)), unix.Minor(uint64(file.Dev)) //nolint:unconvert,gosec // its type differs between systems
	for i := range all {
		if s := &all[i]; s.MajorNumber == major && s.MinorNumber == minor {
			d.device = &deviceFigures{whole(s.ReadIOs), whole(s.WriteIOs), whole(s.ReadTicks), whole(s.WriteTicks), whole(s.IOsInProgress)}
		}
	}
	return d
}
