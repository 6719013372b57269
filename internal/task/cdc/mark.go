package cdc

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// marker writes into MarkTable, so that who follows the target leaves the transaction out (AWS DMS user guide, "Performing
// bidirectional replication"). It comes before any row, since a large transaction is delivered before its end is seen. The
// value is another each time: servers do not log an update that changes nothing.
func (p *pipe) marker() func(context.Context) error {
	if p.MarkTable == nil {
		return nil
	}
	last := time.Now().UnixNano()
	return func(ctx context.Context) error {
		last++
		affected, err := p.MarkTable.touch(ctx, p.session, change.Update, p.Run, last)
		if err == nil && affected == 0 {
			_, err = p.MarkTable.touch(ctx, p.session, change.Insert, p.Run, last)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", p.MarkTable.Table.Name, err)
		}
		return nil
	}
}

// touch updates or inserts the row of a key.
func (c *ControlTable) touch(ctx context.Context, s connector.ApplySession, op change.Op, key string, value int64) (int64, error) {
	layouts := []change.Layout{change.Text, change.Int64}
	columns := make([]connector.LoadColumn, len(layouts))
	for i := range layouts {
		columns[i] = connector.LoadColumn{Column: c.Table.Columns[i], Layout: layouts[i]}
	}
	var row change.Batch
	row.Reset(layouts)
	put(&row.Columns[0], key)
	put(&row.Columns[1], value)
	row.EndRow()
	affected, err := s.Write(ctx, []connector.RowSet{{Op: op, Table: c.Table, Columns: columns, Rows: &row, Key: []int{0}, Unique: true}})
	if err != nil {
		return 0, err
	}
	return affected[0], nil
}
