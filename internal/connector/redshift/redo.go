package redshift

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// mostRemembered is how much of a transaction's statements stays in memory; what is beyond lies in a temporary file.
const mostRemembered = 16 << 20

// redo are the statements of a transaction, in their order.
type redo struct {
	count int
	held  []string
	size  int
	spill *os.File // the statements behind those held, each behind its length
	room  int64    // how long the file is
}

// add remembers a statement.
func (r *redo) add(sql string) error {
	r.count++
	if r.room == 0 && r.size+len(sql) <= mostRemembered {
		r.held, r.size = append(r.held, sql), r.size+len(sql)
		return nil
	}
	if r.spill == nil {
		f, err := os.CreateTemp("", "whimbrel-redo-*")
		if err != nil {
			return connector.Temporary("remember a statement", err)
		}
		_ = os.Remove(f.Name())
		r.spill = f
	}
	line := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(sql)), uint32(len(sql)))
	if _, err := r.spill.WriteAt(append(line, sql...), r.room); err != nil {
		return connector.Temporary("remember a statement", err)
	}
	r.room += int64(4 + len(sql))
	return nil
}

// replay runs the first n statements and forgets the others.
func (r *redo) replay(n int, run func(sql string) error) error {
	for i := range min(n, len(r.held)) {
		if err := run(r.held[i]); err != nil {
			return err
		}
	}
	if n <= len(r.held) {
		for _, sql := range r.held[n:] {
			r.size -= len(sql)
		}
		r.held, r.room, r.count = r.held[:n], 0, n
		return nil
	}
	in := bufio.NewReader(io.NewSectionReader(r.spill, 0, r.room))
	var at int64
	for range n - len(r.held) {
		var length [4]byte
		if _, err := io.ReadFull(in, length[:]); err != nil {
			return fmt.Errorf("read the statements of the transaction: %w", err)
		}
		sql := make([]byte, binary.BigEndian.Uint32(length[:]))
		if _, err := io.ReadFull(in, sql); err != nil {
			return fmt.Errorf("read the statements of the transaction: %w", err)
		}
		if err := run(string(sql)); err != nil {
			return err
		}
		at += int64(4 + len(sql))
	}
	r.room, r.count = at, n
	return nil
}

// reset forgets all.
func (r *redo) reset() {
	clear(r.held)
	r.held, r.size, r.count, r.room = r.held[:0], 0, 0, 0
	if r.spill != nil {
		if err := r.spill.Truncate(0); errors.Is(err, os.ErrClosed) {
			r.spill = nil
		}
	}
}

func (r *redo) close() {
	if r.spill != nil {
		_ = r.spill.Close()
		r.spill = nil
	}
}
