package s3

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// spoolMemory is how much of what is held back stays in memory, all spools together.
const spoolMemory = 32 << 20

// spools hold the bytes of files that wait for their time: in memory, and what is beyond in one file of the folder for temporary files,
// however many spools there are. The largest go there first, so that it is read back in few pieces.
type spools struct {
	held   *connector.Held
	open   map[*spool]bool
	memory int64
	file   *os.File // nil while nothing is in it
	end    int64
	free   []piece // before the end, of spools that are closed; in the order of the file, none beside the other
}

// spool holds the bytes of one file.
type spool struct {
	of     *spools
	mem    []byte  // what is behind pieces
	pieces []piece // in the file
	size   int64
	rows   int64 // that are counted as held back
}

// piece is a part of the file.
type piece struct{ at, size int64 }

func newSpools(held *connector.Held) *spools { return &spools{held: held, open: map[*spool]bool{}} }

func (ss *spools) begin() *spool {
	s := &spool{of: ss}
	ss.open[s] = true
	return s
}

// count counts rows that were added, or, below 0, that were left out after all.
func (s *spool) count(rows int64) {
	s.rows += rows
	if len(s.pieces) > 0 {
		s.of.held.Add(0, rows)
		return
	}
	s.of.held.Add(rows, 0)
}

// Write implements io.Writer.
func (s *spool) Write(p []byte) (int, error) {
	room := spoolMemory - int64(len(p))
	if s.of.memory > room {
		if err := s.of.makeRoom(); err != nil {
			return 0, full(err)
		}
	}
	s.mem = append(s.mem, p...)
	s.of.memory += int64(len(p))
	s.size += int64(len(p))
	if room < 0 { // it is larger than all that may be there
		return len(p), full(s.spill())
	}
	return len(p), nil
}

// makeRoom has the largest spools spill until half of the memory is free.
func (ss *spools) makeRoom() error {
	var all []*spool
	for s := range ss.open {
		if len(s.mem) > 0 {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *spool) int { return len(b.mem) - len(a.mem) })
	for _, s := range all {
		if ss.memory <= spoolMemory/2 {
			break
		}
		if err := s.spill(); err != nil {
			return err
		}
	}
	return nil
}

// spill writes what is in memory to the file.
func (s *spool) spill() error {
	ss := s.of
	if ss.file == nil {
		f, err := os.CreateTemp("", "whimbrel-spool-")
		if err != nil {
			return err
		}
		_ = os.Remove(f.Name()) // it lives as long as it is open
		ss.file, ss.end = f, 0
	}
	taken := ss.take(int64(len(s.mem)))
	rest := s.mem
	for _, p := range taken {
		if _, err := ss.file.WriteAt(rest[:p.size], p.at); err != nil {
			ss.give(taken)
			return err
		}
		rest = rest[p.size:]
	}
	if len(s.pieces) == 0 {
		ss.held.Add(-s.rows, s.rows)
	}
	s.pieces = append(s.pieces, taken...)
	ss.memory -= int64(len(s.mem))
	s.mem = nil
	return nil
}

// take finds room in the file, where closed spools have left some and else at its end: as long as there is always one open, it is
// no larger than what was held back at once.
func (ss *spools) take(n int64) []piece {
	var taken []piece
	for n > 0 && len(ss.free) > 0 {
		last := &ss.free[len(ss.free)-1]
		p := piece{last.at, min(last.size, n)}
		last.at, last.size, n = last.at+p.size, last.size-p.size, n-p.size
		if last.size == 0 {
			ss.free = ss.free[:len(ss.free)-1]
		}
		taken = append(taken, p)
	}
	if n > 0 {
		taken = append(taken, piece{ss.end, n})
		ss.end += n
	}
	return taken
}

// give leaves room in the file to others.
func (ss *spools) give(pieces []piece) {
	all := slices.Concat(ss.free, pieces)
	slices.SortFunc(all, func(a, b piece) int { return cmp.Compare(a.at, b.at) })
	ss.free = all[:0]
	for _, p := range all {
		if n := len(ss.free); n > 0 && ss.free[n-1].at+ss.free[n-1].size == p.at {
			ss.free[n-1].size += p.size
			continue
		}
		ss.free = append(ss.free, p)
	}
}

func full(err error) error {
	return connector.Temporary("hold changes back in the folder for temporary files", err)
}

// reader reads everything. Spools may be read side by side.
func (s *spool) reader() io.Reader {
	var all []io.Reader
	for _, p := range s.pieces {
		all = append(all, io.NewSectionReader(s.of.file, p.at, p.size))
	}
	return io.MultiReader(append(all, bytes.NewReader(s.mem))...)
}

// copyTo writes everything to w.
func (s *spool) copyTo(w io.Writer) error {
	if len(s.pieces) == 0 {
		_, err := w.Write(s.mem)
		return err
	}
	_, err := io.Copy(w, s.reader())
	return err
}

// close forgets the spool; its room in the file is free for others, and the disk's once no spool is open any more.
func (s *spool) close() {
	ss := s.of
	if !ss.open[s] {
		return
	}
	s.count(-s.rows)
	ss.memory -= int64(len(s.mem))
	s.mem = nil
	ss.give(s.pieces)
	delete(ss.open, s)
	if len(ss.open) == 0 && ss.file != nil {
		_ = ss.file.Close()
		ss.file, ss.free = nil, nil
	}
}
