package sqlite

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Extent = (*snapshot)(nil)

// Extent implements connector.Extent for rowids: no other column is sure to hold integers alone. SQLite is no Digester, as its rows
// are at hand: whoever reads them can digest them.
func (sn *snapshot) Extent(ctx context.Context, t *catalog.Table, c *catalog.Column) (low, high int64, ok bool, err error) {
	if rowidColumn(t) != c || c == nil {
		return 0, 0, false, nil
	}
	err = sn.with(ctx, "look at the keys of "+t.Name.Name, func(conn *conn) (err error) {
		from := quote(c.Name) + ") FROM " + quote(t.Name.Name)
		if low, err = conn.number("SELECT min(" + from); err != nil {
			return err
		}
		high, err = conn.number("SELECT max(" + from)
		return err
	})
	return low, high, err == nil, err
}
