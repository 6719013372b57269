package source

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/parquetfile"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// openParquet begins to read a Parquet file. Its end must be read first and its columns side by side, so that one that comes out of a
// bucket is put into a temporary file.
func (s *source) openParquet(f file, body io.ReadCloser, read *counted) (_ *opened, err error) {
	o := &opened{file: f, body: body, read: read}
	at, ok := body.(*os.File)
	if !ok {
		at, err = spooled(read)
		_ = body.Close()
		if err != nil {
			return nil, err
		}
		o.body = at
	} else if info, err := at.Stat(); err == nil {
		read.bytes = info.Size()
	}
	if err = o.whole(); err == nil {
		if o.rows, err = parquetfile.Open(at, f.size); err != nil {
			err = unreadable(f, err)
		}
	}
	if err != nil {
		_ = o.body.Close()
		return nil, err
	}
	return o, nil
}

// spooled puts all that there is to read into a file without a name, whose room comes back when it is closed, whatever ends the process.
func spooled(from io.Reader) (*os.File, error) {
	const doing = "put a Parquet file into a temporary one"
	to, err := os.CreateTemp("", "whimbrel-parquet-*")
	if err != nil {
		return nil, connector.Temporary(doing, err)
	}
	_ = os.Remove(to.Name())
	written := &outlet{File: to}
	if _, err = io.Copy(written, from); err == nil {
		return to, nil
	}
	_ = to.Close()
	if written.failed {
		return nil, connector.Temporary(doing, err)
	}
	return nil, &connector.Error{Class: connector.Lost, Err: fmt.Errorf("read a Parquet file: %w", err)}
}

// outlet remembers that it was the writing that failed.
type outlet struct {
	*os.File
	failed bool
}

// Write implements io.Writer.
func (o *outlet) Write(p []byte) (int, error) {
	n, err := o.File.Write(p)
	o.failed = o.failed || err != nil
	return n, err
}

// ReadFrom hides the file's own, which would not come by Write.
func (o *outlet) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{o}, r)
}

// native is how values of a Parquet file's column become those of the table's.
type native struct {
	at        int  // among the columns of the file
	isText    bool // the values are read as the texts of CSV are
	converter *change.Converter
	scratch   change.Vector
}

// bind has the columns be those of a file, unless they are already. Files of one table need not be alike.
func (d *decoder) bind(o *opened) error {
	if o.rows == nil || d.bound == o {
		return nil
	}
	for _, c := range d.columns {
		if err := c.bind(o.rows.Columns()); err != nil {
			remedy := "change ExternalTableDefinition, or write the file anew"
			if d.written {
				remedy = structureRemedy
			}
			return &connector.Error{Class: connector.Data, Err: fmt.Errorf("file %s does not fit the definition of its table: column %q %w", o.key, c.name, err), Remedy: remedy}
		}
	}
	d.bound = o
	return nil
}

// find finds a column of a file by its name, which may be in letters of another size when that leaves no doubt; -1 when it is not there.
func find(columns []parquetfile.Column, name string) int {
	at := slices.IndexFunc(columns, func(c parquetfile.Column) bool { return c.Name == name })
	if at >= 0 {
		return at
	}
	for i, c := range columns {
		if strings.EqualFold(c.Name, name) {
			if at >= 0 {
				return -1
			}
			at = i
		}
	}
	return at
}

func (c *column) bind(columns []parquetfile.Column) (err error) {
	at := find(columns, c.name)
	if at < 0 {
		names := make([]string, len(columns))
		for i, f := range columns {
			names[i] = f.Name
		}
		return fmt.Errorf("is not in it; it has %s", shown([]byte(strings.Join(names, ", "))))
	}
	f := columns[at]
	if f.Problem != "" {
		return fmt.Errorf("%s", f.Problem)
	}
	c.native = native{at: at, isText: f.Layout == change.Text || f.Layout == change.Bytes && c.isText}
	c.native.scratch.Reset(f.Layout)
	if !c.native.isText {
		if c.native.converter, err = change.NewConverter(f.Layout, f.Type, c.to); err != nil {
			return fmt.Errorf("is %s in it, which cannot be %s: make it %s in the definition, or write the file with such a column", f.As, typemap.ToLake(c.to, typemap.Use{}), wordOf(f.Type))
		}
	}
	return nil
}

// wordOf is the ColumnType of a definition that holds a type.
func wordOf(t datatype.Type) string {
	if t.Kind == datatype.Numeric {
		return fmt.Sprintf("NUMERIC of ColumnPrecision %d and ColumnScale %d", t.Precision, t.Scale)
	}
	return t.Kind.String()
}

// appendNative appends the value of a Parquet file's row. A reason says why it is not one of the column's; with cut a lesser value was
// appended all the same.
func (c *column) appendNative(v *change.Vector, rows *parquetfile.Reader) (cut bool, reason string, err error) {
	n := &c.native
	if n.isText {
		p, null, err := rows.Bytes(n.at)
		if err != nil || null {
			v.AppendNull()
			return false, "", err
		}
		cut, reason = c.appendText(v, p)
		return cut, reason, nil
	}
	n.scratch.Reset(n.scratch.Layout)
	lost, reason, err := rows.Append(&n.scratch, n.at)
	if err != nil || reason != "" {
		return false, reason, err
	}
	c.reason, c.cut = "", false
	if err := n.converter.Append(v, &n.scratch, 0, c.misfit); err != nil {
		return false, "", err
	}
	if lost && c.reason == "" {
		return true, "has more than six fractional digits of a second", nil
	}
	return c.cut, c.reason, nil
}

// opName is the column in which DMS tells what became of a row.
const opName = "Op"

// notLoaded says why a row of a Parquet file is none of a full load: a column of the file alone tells of another operation.
func (d *decoder) notLoaded(o *opened) (string, error) {
	at := opColumn(d.table, o)
	if at < 0 {
		return "", nil
	}
	word, null, err := o.rows.Bytes(at)
	if err != nil {
		return "", unreadable(o.file, err)
	}
	if null {
		return "", nil
	}
	if op, known := operationOf(word); !known || op != change.Insert {
		return fmt.Sprintf("its column %s is %q, and rows of a full load are inserted", opName, shown(word)), nil
	}
	return "", nil
}

// opColumn is where a file tells of operations; -1 when it does not, or the column is the table's own.
func opColumn(t *external.Table, o *opened) int {
	at := slices.IndexFunc(o.rows.Columns(), func(c parquetfile.Column) bool { return c.Name == opName && c.Layout == change.Text })
	if slices.ContainsFunc(t.Columns, func(c *catalog.Column) bool { return strings.EqualFold(c.Name, opName) }) {
		return -1
	}
	return at
}
