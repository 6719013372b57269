package mysql

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// alonePatience is how long a session that is ended may take to end, alonePause how often that is asked.
const (
	alonePatience = 10 * time.Second
	alonePause    = 50 * time.Millisecond
)

var errNotAlone = errors.New("another session of the run is at work on the target and does not end")

// alone sees to it that no other session of the run commits any more: one whose connection was lost goes on with what it was sent. A
// lock that lasts as long as the session tells which one that is, and it is ended.
func (a *applySession) alone(ctx context.Context) error {
	sum := sha256.Sum256([]byte(a.run))
	lock := quoteString("whimbrel changes " + hex.EncodeToString(sum[:20])) // a lock's name may have 64 characters
	for deadline := time.Now().Add(alonePatience); ; {
		rows, err := a.link.query(ctx, "SELECT GET_LOCK("+lock+", 0), IS_USED_LOCK("+lock+")")
		if err != nil {
			return classify(ctx, fmt.Errorf("open an apply session: %w", err))
		}
		if len(rows) != 1 || len(rows[0]) != 2 {
			return errUnexpectedRow
		}
		if rows[0][0] == "1" {
			return nil
		}
		var killed error
		if holder := rows[0][1]; holder != "" {
			_, killed = a.link.exec(ctx, "KILL "+holder)
			if _, refused := codeOf(killed); killed != nil && !refused { // it may have ended by itself
				return classify(ctx, fmt.Errorf("end a session that was lost: %w", killed))
			}
		}
		if time.Now().After(deadline) {
			return &connector.Error{Class: connector.Busy, Err: errors.Join(errNotAlone, killed)}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(alonePause):
		}
	}
}
