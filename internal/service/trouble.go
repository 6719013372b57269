package service

import (
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

// Trouble is an error that is no answer to the caller: there may be what was looked for, with its policy and its tags, and nobody
// knows. It is nil for answers, such as that something is not there.
func Trouble(err error) error {
	if _, ok := errors.AsType[*wire.Error](err); ok {
		return nil
	}
	return err
}
