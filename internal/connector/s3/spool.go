package s3

import (
	"io"
	"os"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// spoolMemory is how much of what is held back stays in memory, all files together; what is beyond lies in files of the
// folder for temporary files.
const spoolMemory = 32 << 20

// spool holds the bytes of a file that waits for its time.
type spool struct {
	used *int64 // of all spools, in memory
	mem  []byte
	file *os.File
	size int64

	held *connector.Held
	rows int64 // that held counts
}

// count counts rows that were added, or, below 0, that were left out after all.
func (s *spool) count(rows int64) {
	s.rows += rows
	if s.file != nil {
		s.held.Add(0, rows)
		return
	}
	s.held.Add(rows, 0)
}

// Write implements io.Writer.
func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && *s.used+int64(len(p)) > spoolMemory {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	s.size += int64(len(p))
	if s.file == nil {
		s.mem = append(s.mem, p...)
		*s.used += int64(len(p))
		return len(p), nil
	}
	n, err := s.file.Write(p)
	return n, full(err)
}

func (s *spool) spill() error {
	f, err := os.CreateTemp("", "whimbrel-spool-")
	if err != nil {
		return full(err)
	}
	_ = os.Remove(f.Name()) // it lives as long as it is open
	s.held.Add(-s.rows, s.rows)
	s.file = f
	*s.used -= int64(len(s.mem))
	_, err = f.Write(s.mem)
	s.mem = nil
	return full(err)
}

func full(err error) error {
	return connector.Temporary("hold changes back in the folder for temporary files", err)
}

// copyTo writes everything to w.
func (s *spool) copyTo(w io.Writer) error {
	if s.file == nil {
		_, err := w.Write(s.mem)
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return full(err)
	}
	_, err := io.Copy(w, s.file)
	return err
}

func (s *spool) close() {
	s.count(-s.rows)
	if s.file != nil {
		_ = s.file.Close()
		return
	}
	*s.used -= int64(len(s.mem))
	s.mem = nil
}
