package connector

import (
	"errors"
	"fmt"
	"syscall"
)

// ErrTemporary is in the chain when it is not a server that is full, but the folder for temporary files (TMPDIR).
var ErrTemporary = errors.New("the folder for temporary files is full")

// Temporary classes what a temporary file could not take in: Full when its disk has no room left. nil stays nil.
func Temporary(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &Error{Class: Full, Err: fmt.Errorf("%s: %w: %w", doing, ErrTemporary, err)}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
