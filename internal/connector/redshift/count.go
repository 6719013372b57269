package redshift

import (
	"context"
	"errors"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Counter = (*target)(nil)

// Count implements connector.Counter. Conditions are asked of sources alone.
func (t *target) Count(ctx context.Context, table *catalog.Table, where []catalog.Predicate) (n int64, err error) {
	if len(where) > 0 {
		return 0, &connector.Error{Class: connector.Invalid, Err: errors.New("rows of a Redshift table are counted without conditions")}
	}
	err = t.atDesk(ctx, "count the rows of "+table.Name.String(), func(c *conn) error {
		rows, err := c.rows(ctx, "SELECT count(*) FROM "+quoteName(table.Name))
		if err != nil {
			return err
		}
		n, err = strconv.ParseInt(rows[0][0], 10, 64)
		return err
	})
	return n, err
}
