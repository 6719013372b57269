package postgres

import (
	"fmt"
	"math"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// A server decodes a transaction in progress with what its catalog says by then. Where a subtransaction has changed a row of the catalog and was
// rolled back, and the transaction changes the same row later, the server knows only of the first of these changes while it has decoded no
// further, and takes the row for gone in between (HeapTupleSatisfiesHistoricMVCC, to which the command identifiers of what was rolled back
// are known too): it fails with "could not map filenode … to relation OID", or might take the table as not published and leave its rows out. Of a
// transaction that it decodes once it has committed it knows all changes. Therefore one that has altered tables is asked for once more.

// readWhole ends a stream that is to be opened again. One that begins before a place does not ask for transactions in progress.
func (s *source) readWhole(before lsn, why error) error {
	s.whole.Store(uint64(before))
	return &connector.Error{Class: connector.Lost, Err: fmt.Errorf("the stream must be opened again, to have large transactions once they have committed: %w", why)}
}

// readsInProgress reports whether large transactions are asked for before they have committed.
func (s *source) readsInProgress(from lsn) bool {
	return s.settings.inProgress && from >= lsn(s.whole.Load())
}

// misread makes of an internal error of the server a reason to read transactions whole.
func (s *stream) misread(err error) error {
	if pg := serverErrorIn(err); pg != nil && strings.HasPrefix(pg.Code, "XX") && s.inProgress {
		return s.src.readWhole(math.MaxUint64, err)
	}
	return err
}
