package sqlite

import (
	"context"
	"fmt"
	"os"
	"time"

	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Exclusive = (*target)(nil)

// claimPatience is how long a holder may take to end.
const claimPatience = 3 * time.Second

// Claim implements connector.Exclusive by SQLite's own lock on an empty file beside the database, which the operating
// system lets go of with the process.
func (t *target) Claim(ctx context.Context, run string) (release func(), err error) {
	path := t.at.path + "-claim-" + run[:min(len(run), 8)]
	c, err := openConn(location{path: path, busyTimeout: claimPatience}, lib.SQLITE_OPEN_READWRITE|lib.SQLITE_OPEN_CREATE)
	if err != nil {
		return nil, fmt.Errorf("claim the run: %w", err)
	}
	err = c.during(ctx, func() error { return c.exec("PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE") })
	switch {
	case isBusy(err):
		_ = c.close()
		return nil, &connector.Error{
			Class: connector.Busy, Err: fmt.Errorf("the same migration is running already: another process holds %s", path),
			Remedy: "wait for it or interrupt it",
		}
	case err != nil:
		_ = c.close()
		return nil, classify("claim the run", err)
	}
	return func() {
		_ = os.Remove(path)
		_ = c.close()
	}, nil
}
