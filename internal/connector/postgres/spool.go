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
	room   *spoolRoom
	memory []byte
	read   int // of memory
	file   *os.File
	filed  int64 // bytes that the file was given
	w      *bufio.Writer
	r      *bufio.Reader
	head   [4]byte
	lines  int // still to be read
	line   []byte
	held   *connector.Held
	// inMemory and onDisk are the lines that held counts.
	inMemory, onDisk int64
}

// spoolMemory is how much is kept in memory, of all transactions that share it.
const spoolMemory = 8 << 20

// spoolRoom is the memory that spools share.
type spoolRoom struct{ used int }

func newSpool(held *connector.Held, room *spoolRoom) spool { return spool{held: held, room: room} }

func (s *spool) add(line []byte) error {
	s.lines++
	size := 4 + len(line)
	binary.LittleEndian.PutUint32(s.head[:], uint32(len(line)))
	if s.file == nil && s.room.used+size < spoolMemory {
		s.room.used += size
		s.memory = append(append(s.memory, s.head[:]...), line...)
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
	_, err := s.w.Write(s.head[:])
	if err == nil {
		_, err = s.w.Write(line)
	}
	if err != nil {
		return connector.Temporary("keep a large transaction", err)
	}
	s.filed += int64(size)
	s.count(0, 1)
	return nil
}

func (s *spool) count(memory, disk int64) {
	s.inMemory, s.onDisk = s.inMemory+memory, s.onDisk+disk
	s.held.Add(memory, disk)
}

// spoolMark is a place in a spool that is being written.
type spoolMark struct {
	lines int
	at    int64
}

func (s *spool) mark() spoolMark {
	return spoolMark{lines: s.lines, at: int64(len(s.memory)) + s.filed}
}

// cut forgets what was added after a place.
func (s *spool) cut(to spoolMark) error {
	memory := int64(len(s.memory))
	if to.at > memory {
		if err := s.shorten(to.at - memory); err != nil {
			return connector.Temporary("keep a large transaction", err)
		}
	} else {
		s.closeFile()
		s.room.used -= int(memory - to.at)
		s.memory = s.memory[:to.at]
	}
	s.lines = to.lines
	kept := min(s.inMemory, int64(to.lines))
	s.count(kept-s.inMemory, int64(to.lines)-kept-s.onDisk)
	return nil
}

// shorten cuts the file.
func (s *spool) shorten(to int64) error {
	err := s.w.Flush()
	if err == nil {
		err = s.file.Truncate(to)
	}
	if err == nil {
		_, err = s.file.Seek(to, io.SeekStart)
	}
	s.filed = to
	return err
}

func (s *spool) closeFile() {
	if s.file != nil {
		_ = s.file.Close()
	}
	s.file, s.w, s.r, s.filed = nil, nil, nil, 0
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
	s.w, s.r = nil, bufio.NewReaderSize(s.file, 1<<18)
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
	_, err := io.ReadFull(s.r, s.head[:])
	if err == nil {
		n := int(binary.LittleEndian.Uint32(s.head[:]))
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
	s.closeFile()
	s.room.used -= len(s.memory)
	if cap(s.memory) > 1<<20 {
		s.memory = nil
	}
	s.count(-s.inMemory, -s.onDisk)
	*s = spool{memory: s.memory[:0], held: s.held, room: s.room}
}
