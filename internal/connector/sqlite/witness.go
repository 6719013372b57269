package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Witness implements connector.Snapshot. Segments are ranges of rowids, and an UPDATE may give a row another one, as may
// VACUUM where the rowid is no declared column. SQLite keeps no record of either; but every commit writes to the database
// file or its write-ahead log, so that files nobody has written hold the rows they held.
func (sn *snapshot) Witness(context.Context, *catalog.Table) (string, error) {
	return "files " + sn.files, nil
}

// Unmoved implements connector.Snapshot.
func (sn *snapshot) Unmoved(ctx context.Context, t *catalog.Table, witness string) (bool, error) {
	now, err := sn.Witness(ctx, t)
	return err == nil && now == witness, err
}

// lookAtFiles describes the database file and its write-ahead log. It is called before the snapshot begins: a commit
// between the two makes the files look changed, never unchanged.
func (l location) lookAtFiles() (string, error) {
	description := ""
	for _, name := range []string{l.path, l.path + "-wal"} {
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			description += "none "
		case err != nil:
			return "", fmt.Errorf("look at the database file: %w", err)
		default:
			description += fmt.Sprintf("%d@%d ", info.Size(), info.ModTime().UnixNano())
		}
	}
	return description, nil
}
