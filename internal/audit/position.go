package audit

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// A Position is where a line begins: so far into the file that begins with a certain line, whatever that file is called by now. The zero
// position is behind the last line.
type Position struct {
	File   string
	Offset int64
}

// ErrGone says that the file of a position is no longer kept, or never was.
var ErrGone = errors.New("the audit file is not, or no longer, there")

// nameBytes is how much of the hash of a file's first line names it: enough that no two are the same.
const nameBytes = 12

// nameOf names a file by its first line, which stays the same when the file is put aside.
func nameOf(f io.ReaderAt, size int64) (string, error) {
	first, err := bufio.NewReader(io.NewSectionReader(f, 0, size)).ReadSlice('\n')
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) { // the beginning of a long line does as well
		return "", fmt.Errorf("read the audit trail: %w", err)
	}
	sum := sha256.Sum256(first)
	return hex.EncodeToString(sum[:nameBytes]), nil
}

// startOf finds the file of a position among those of the trail: end is where to begin in it, and before are the files that go before it.
func (t *Trail) startOf(ctx context.Context, now *os.File, names []string, from Position) (f *os.File, end int64, before []string, err error) {
	f, before = now, names
	for {
		if f != nil {
			name, size, err := identify(f)
			if err == nil && name == from.File && from.Offset <= size {
				return f, from.Offset, before, nil
			}
			if err = errors.Join(err, f.Close()); err != nil {
				return nil, 0, nil, err
			}
		}
		if len(before) == 0 {
			return nil, 0, nil, ErrGone
		}
		if err := ctx.Err(); err != nil {
			return nil, 0, nil, err
		}
		if f, err = t.open(before[len(before)-1]); err != nil {
			return nil, 0, nil, err
		}
		before = before[:len(before)-1]
	}
}

func identify(f *os.File) (name string, size int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return "", 0, fmt.Errorf("read the audit trail: %w", err)
	}
	name, err = nameOf(f, info.Size())
	return name, info.Size(), err
}

// open opens a file that was put aside; nil if it was too old to be kept by now.
func (t *Trail) open(name string) (*os.File, error) {
	f, err := os.Open(t.path(name))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the audit trail: %w", err)
	}
	return f, nil
}
