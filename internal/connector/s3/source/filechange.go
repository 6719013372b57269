package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
)

// fileChange takes a change of a Parquet file.
func (d *delivery) fileChange() error {
	st, o := d.stream, d.stream.now
	to := st.tables[keyOf(o.table.Name)]
	here := position{File: st.name, Records: o.Records(), Size: o.size}
	if to == nil || !to.is || to.loaded && here.compare(to.since) <= 0 {
		return nil
	}
	op, err := operationIn(to.table, o)
	if err != nil {
		return err
	}
	d.to, d.now = to, record{from: o}
	return d.knownChange(op)
}

var errOwnOp = errors.New("the table has a column Op itself, so that nothing says what became of a row")

// operationIn reads what became of the row at hand. Files without the column are those of CdcInsertsOnly.
func operationIn(t *external.Table, o *opened) (change.Op, error) {
	at := opColumn(t, o)
	if at < 0 {
		if slices.ContainsFunc(t.Columns, func(c *catalog.Column) bool { return strings.EqualFold(c.Name, opName) }) {
			return 0, &connector.Error{Class: connector.Data, Err: fmt.Errorf("file %s: %w", o.key, errOwnOp), Remedy: "leave the table out of the task, or use CSV files of changes"}
		}
		return change.Insert, nil
	}
	word, _, err := o.rows.Bytes(at)
	if err != nil {
		return 0, unreadable(o.file, err)
	}
	op, known := operationOf(word)
	if !known {
		return 0, &connector.Error{
			Class: connector.Data, Err: fmt.Errorf("%s is no change: its column %s is %.20q", o.place(), opName, word), Remedy: "write I, U or D into that column",
		}
	}
	return op, nil
}
