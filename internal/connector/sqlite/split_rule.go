package sqlite

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// splitByRule cuts a table as its parallel-load rule says. SQLite has no partitions, and of ranges only those over the
// single column that is the rowid.
func (sn *snapshot) splitByRule(_ context.Context, t *catalog.Table, p *catalog.ParallelLoad) ([]connector.Segment, error) {
	if p.Type != "ranges" {
		return nil, invalid("use ranges over the INTEGER PRIMARY KEY, or leave parallel-load out: big tables are cut by themselves",
			"table %s: parallel-load %q needs partitions, which SQLite does not have", t.Name, p.Type)
	}
	key := rowidColumn(t)
	if key == nil || len(p.Columns) != 1 || !strings.EqualFold(p.Columns[0], key.Name) {
		return nil, invalid("name the INTEGER PRIMARY KEY column, or leave parallel-load out: big tables are cut by themselves",
			"table %s: parallel-load ranges over (%s) are not possible in SQLite", t.Name, strings.Join(p.Columns, ", "))
	}
	n := len(p.Boundaries) + 1
	segments := make([]connector.Segment, 0, n)
	var from *int64
	for i, b := range p.Boundaries {
		if len(b) != 1 {
			return nil, invalid("", "table %s: boundary %d has %d values for one column", t.Name, i+1, len(b))
		}
		to, err := strconv.ParseInt(b[0], 10, 64)
		if err != nil || to == math.MaxInt64 || from != nil && to < *from {
			return nil, invalid("give integers below 2^63-1 in ascending order", "table %s: boundary %q", t.Name, b[0])
		}
		segments = append(segments, connector.Segment{Number: i + 1, Of: n, Spec: encodeSpan(span{From: from, To: &to}), Rows: -1, Bytes: -1})
		next := to + 1
		from = &next
	}
	return append(segments, connector.Segment{Number: n, Of: n, Spec: encodeSpan(span{From: from}), Rows: -1, Bytes: -1}), nil
}
