package postgres

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// spool keeps the lines of one transaction until it has committed: the first in memory, the others in a file.
type spool struct {
	memory []byte
	read   int // of memory
	file   *os.File
	w      *bufio.Writer
	r      *bufio.Reader
	lines  int // still to be read
	line   []byte
	held   *connector.Held
	// inMemory and onDisk are the lines that held counts.
	inMemory, onDisk int64
}

// spoolMemory is how much of a transaction is kept in memory.
const spoolMemory = 8 << 20

func (s *spool) add(line []byte) error {
	s.lines++
	if s.file == nil && len(s.memory)+len(line) < spoolMemory {
		s.memory = binary.LittleEndian.AppendUint32(s.memory, uint32(len(line)))
		s.memory = append(s.memory, line...)
		s.count(1, 0)
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "whimbrel-transaction-")
		if err != nil {
			return connector.Temporary("keep a large transaction", err)
		}
		_ = os.Remove(f.Name()) // it goes with us, however we end
		s.file, s.w = f, bufio.NewWriterSize(f, 1<<18)
	}
	var head [4]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(line)))
	_, err := s.w.Write(head[:])
	if err == nil {
		_, err = s.w.Write(line)
	}
	if err != nil {
		return connector.Temporary("keep a large transaction", err)
	}
	s.count(0, 1)
	return nil
}

func (s *spool) count(memory, disk int64) {
	s.inMemory, s.onDisk = s.inMemory+memory, s.onDisk+disk
	s.held.Add(memory, disk)
}

// rewind ends the writing.
func (s *spool) rewind() error {
	s.read = 0
	if s.file == nil {
		return nil
	}
	if err := s.w.Flush(); err != nil {
		return connector.Temporary("keep a large transaction", err)
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read a large transaction again: %w", err)
	}
	s.r = bufio.NewReaderSize(s.file, 1<<18)
	return nil
}

// next is the next line, which stands until the one after it.
func (s *spool) next() ([]byte, error) {
	s.lines--
	if s.read < len(s.memory) {
		n := int(binary.LittleEndian.Uint32(s.memory[s.read:]))
		line := s.memory[s.read+4 : s.read+4+n]
		s.read += 4 + n
		s.count(-1, 0)
		return line, nil
	}
	var head [4]byte
	_, err := io.ReadFull(s.r, head[:])
	if err == nil {
		n := int(binary.LittleEndian.Uint32(head[:]))
		if cap(s.line) < n {
			s.line = make([]byte, n)
		}
		s.line = s.line[:n]
		_, err = io.ReadFull(s.r, s.line)
	}
	if err != nil {
		return nil, fmt.Errorf("read a large transaction again: %w", err)
	}
	s.count(0, -1)
	return s.line, nil
}

// reset forgets the transaction.
func (s *spool) reset() {
	if s.file != nil {
		_ = s.file.Close()
	}
	if cap(s.memory) > 1<<20 {
		s.memory = nil
	}
	s.count(-s.inMemory, -s.onDisk)
	*s = spool{memory: s.memory[:0], held: s.held}
}
