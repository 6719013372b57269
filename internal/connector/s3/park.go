package s3

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/rowfile"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// parkedNames are the columns of awsdms_apply_exceptions.
var parkedNames = []string{"TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "ERROR_TIME", "STATEMENT", "ERROR"}

// parkedText writes rejected rows as lines of CSV.
func parkedText(rows []connector.Parked) ([]byte, error) {
	layouts := make([]change.Layout, len(parkedNames))
	columns := make([]connector.LoadColumn, len(parkedNames))
	for i, name := range parkedNames {
		layouts[i] = change.Text
		columns[i] = connector.LoadColumn{Column: newText(name), Layout: change.Text}
	}
	var b change.Batch
	b.Reset(layouts)
	lines := make([]rowfile.Line, len(rows))
	for i, r := range rows {
		for c, v := range []string{r.Task, r.Table.Schema, r.Table.Name, r.Time.UTC().Format("2006-01-02 15:04:05.000000"), r.Statement, r.Reason} {
			b.Columns[c].AppendString(v)
		}
		b.EndRow()
		lines[i] = rowfile.Line{Batch: &b, Row: int32(i)}
	}
	return csvText(columns, lines)
}

// csvText writes lines beneath the names of their columns, for people and for readers that know no settings.
func csvText(columns []connector.LoadColumn, lines []rowfile.Line) ([]byte, error) {
	var text strings.Builder
	w, err := rowfile.CSV{Delimiter: ",", RowDelimiter: "\n", Quote: true, Header: true}.New(&text, rowfile.Layout{Columns: columns})
	if err == nil {
		err = w.Write(lines)
	}
	if err == nil {
		err = w.Close()
	}
	return []byte(text.String()), err
}

// exceptionsKey is the name of a file of rejected rows.
func exceptionsKey(at time.Time) string {
	return exceptions + stamp(at) + "-" + strings.ToLower(rand.Text()[:8]) + ".csv"
}

// Park implements connector.Target. Rows of a load that is done again may be in two files.
func (t *target) Park(ctx context.Context, rows []connector.Parked) error {
	if len(rows) == 0 {
		return nil
	}
	text, err := parkedText(rows)
	if err != nil {
		return err
	}
	return t.store.Put(ctx, exceptionsKey(time.Now()), text)
}

func newText(name string) *catalog.Column {
	return &catalog.Column{Name: name, Type: datatype.Type{Kind: datatype.WString}}
}
