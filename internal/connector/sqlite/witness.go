package sqlite

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Witness implements connector.Snapshot. Segments are ranges of rowids, so what matters is whether a row can have got
// another rowid: never by itself when the rowid is a declared column. VACUUM renumbers the other tables, and leaves as
// its trace a higher schema cookie.
func (sn *snapshot) Witness(ctx context.Context, t *catalog.Table) (string, error) {
	if rowidColumn(t) != nil || withoutRowid(t) {
		return "key", nil
	}
	var cookie int64
	err := sn.with(ctx, "witness table "+t.Name.String(), func(c *conn) (err error) {
		cookie, err = c.number("PRAGMA schema_version")
		return err
	})
	return fmt.Sprintf("schema %d", cookie), err
}

// Unmoved implements connector.Snapshot.
func (sn *snapshot) Unmoved(ctx context.Context, t *catalog.Table, witness string) (bool, error) {
	now, err := sn.Witness(ctx, t)
	return err == nil && now == witness, err
}
