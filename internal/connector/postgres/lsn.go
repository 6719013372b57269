package postgres

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// lsn is a place in the write-ahead log.
type lsn uint64

// String writes it as the server does: 16/B374D848.
func (l lsn) String() string { return fmt.Sprintf("%X/%X", uint32(l>>32), uint32(l)) }

func parseLSN(text string) (lsn, error) {
	high, low, ok := strings.Cut(text, "/")
	h, err1 := strconv.ParseUint(high, 16, 32)
	l, err2 := strconv.ParseUint(low, 16, 32)
	if !ok || err1 != nil || err2 != nil {
		return 0, &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("%q is no position in a PostgreSQL log", text), Remedy: "write it as 16/B374D848"}
	}
	return lsn(h<<32 | l), nil
}

// A position is a place in the log, and the slot's name where the stream reads one that neither the run nor a setting
// names: 16/B374D848@slot.
func positionText(l lsn, slot string) string {
	if slot == "" {
		return l.String()
	}
	return l.String() + "@" + slot
}

func parsePosition(text string) (l lsn, slot string, err error) {
	text, slot, _ = strings.Cut(text, "@")
	l, err = parseLSN(text)
	return l, slot, err
}
