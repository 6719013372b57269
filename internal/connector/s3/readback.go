package s3

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/csvfile"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/rowfile"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/source"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

var _ connector.ReadBackFiles = (*target)(nil)

// CheckReadBack implements connector.ReadBackFiles. AWS DMS compares Parquet alone (user guide, "Amazon S3 target data validation").
func (t *target) CheckReadBack() error {
	csv, isCSV := t.settings.format.(rowfile.CSV)
	parquet, _ := t.settings.format.(rowfile.Parquet)
	const doing = "validation reads the files back, and "
	switch {
	case isCSV && !csv.Quote:
		return invalid("set Rfc4180 true, or DataFormat parquet", doing+"with Rfc4180 false an empty text looks like a null")
	case isCSV && csv.Pad:
		return invalid("set AddTrailingPaddingCharacter false", doing+"AddTrailingPaddingCharacter makes texts longer than they were")
	case parquet.Milliseconds:
		return invalid("set ParquetTimestampInMillisecond false", doing+"ParquetTimestampInMillisecond cuts digits off that the source has")
	case t.settings.transactions:
		return invalid("set PreserveTransactions false", doing+"the changes of PreserveTransactions are not among those of their tables")
	}
	return nil
}

// CheckReadChanges implements connector.ReadBackFiles.
func (t *target) CheckReadChanges() error {
	csv, isCSV := t.settings.format.(rowfile.CSV)
	const doing = "validation of files of changes takes the last change of each key for the row, and "
	switch {
	case t.settings.insertsOnly:
		return invalid("set CdcInsertsOnly false, or use migration type full-load", doing+"CdcInsertsOnly leaves updates and deletes out")
	case t.settings.insertsAndUpdates:
		return invalid("set CdcInsertsAndUpdates false, or use migration type full-load", doing+"CdcInsertsAndUpdates leaves deletes out")
	case isCSV && csv.Absent != csv.Null:
		return invalid("set UseCsvNoSupValue false", doing+"CsvNoSupValue stands for values that the source did not tell")
	}
	return nil
}

// ReadBack implements connector.ReadBackFiles.
func (t *target) ReadBack(context.Context) (connector.Source, error) {
	if err := t.CheckReadBack(); err != nil {
		return nil, err
	}
	c := source.Config{Store: borrowed{t.store}, Written: written, Parquet: t.settings.parquet, Unclear: t.CheckReadChanges(), Log: t.log}
	if csv, ok := t.settings.format.(rowfile.CSV); ok {
		c.Dialect = csvfile.Dialect{Delimiter: csv.Delimiter, RowDelimiter: csv.RowDelimiter, Quotes: true}
		c.Null, c.Header = csv.Null, csv.Header
		if t.settings.opOnLoad {
			c.Lead = append(c.Lead, "Op")
		}
		c.ChangesLead = []string{"Op"}
		if t.settings.stamp != "" {
			c.Lead, c.ChangesLead = append(c.Lead, t.settings.stamp), append(c.ChangesLead, t.settings.stamp)
		}
	}
	return source.New(c), nil
}

// written is a table as its files are read back.
func written(t *catalog.Table) *external.Table {
	loose := *t
	loose.Columns = make([]*catalog.Column, len(t.Columns))
	for i, column := range t.Columns {
		c := *column
		c.Type = unbounded(column.Type)
		loose.Columns[i] = &c
	}
	return &external.Table{Table: &loose, Path: folder(t.Name), Formats: make([]*external.Format, len(t.Columns))}
}

// unbounded is a type without the bounds of a column, which files do not keep: what a source has let into its column stands in them.
func unbounded(t datatype.Type) datatype.Type {
	t.Length, t.Precision, t.Scale = 0, 0, 0
	switch {
	case t.Kind == datatype.DateTime || t.Kind == datatype.Time:
		t.Scale = 6
	case t.Kind.IsInteger() && t.Kind != datatype.UInt8:
		t.Kind = datatype.Int8
	}
	return t
}

// borrowed is a store that another closes.
type borrowed struct{ store.Store }

// Close implements store.Store.
func (borrowed) Close() {}

// failuresFolder is where failures of validation are, as the table of that name in a database.
const failuresFolder = "awsdms_validation_failures_v1/"

var failureNames = []string{"TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "FAILURE_TIME", "KEY_TYPE", "KEY", "FAILURE_TYPE", "DETAILS"}

// FileFailures implements connector.ReadBackFiles.
func (t *target) FileFailures(ctx context.Context, task string, n catalog.Name, failures []connector.FiledFailure) error {
	key := failuresFolder + component(task) + "/" + strings.TrimSuffix(folder(n), "/") + ".csv"
	if len(failures) == 0 {
		return t.store.Delete(ctx, []string{key})
	}
	layouts := make([]change.Layout, len(failureNames))
	columns := make([]connector.LoadColumn, len(failureNames))
	for i, name := range failureNames {
		layouts[i], columns[i] = change.Text, connector.LoadColumn{Column: newText(name), Layout: change.Text}
	}
	var b change.Batch
	b.Reset(layouts)
	lines := make([]rowfile.Line, len(failures))
	for i, f := range failures {
		for c, v := range []string{task, n.Schema, n.Name, f.Time.UTC().Format("2006-01-02 15:04:05.000"), f.KeyType, f.Key, f.Type, f.Details} {
			b.Columns[c].AppendString(v)
		}
		b.EndRow()
		lines[i] = rowfile.Line{Batch: &b, Row: int32(i)}
	}
	text, err := csvText(columns, lines)
	if err != nil {
		return err
	}
	return t.store.Put(ctx, key, text)
}
