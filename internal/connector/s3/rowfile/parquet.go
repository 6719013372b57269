package rowfile

import (
	"fmt"
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/gzip"
	"github.com/parquet-go/parquet-go/encoding"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// Parquet is how Parquet files are cut and encoded.
type Parquet struct {
	Version2     bool   // ParquetVersion parquet-2-0
	Encoding     string // EncodingType: plain, plain-dictionary, rle-dictionary
	DictPage     int    // DictPageSizeLimit, bytes
	DataPage     int    // DataPageSize, bytes
	RowGroup     int    // RowGroupLength, rows
	Statistics   bool   // EnableStatistics
	Milliseconds bool   // ParquetTimestampInMillisecond
	GZIP         bool   // CompressionType gzip: the pages are
}

// rowGroupBytes ends a row group before it has its rows: so much of it is kept in memory.
const rowGroupBytes = 64 << 20

// Extension implements Format.
func (Parquet) Extension() string { return ".parquet" }

// ContentType implements Format.
func (Parquet) ContentType() string { return "application/vnd.apache.parquet" }

// parquetWriter writes one file, column by column.
type parquetWriter struct {
	Parquet
	layout  Layout
	w       *parquet.GenericWriter[any]
	columns []parquetColumn
	checks  []columnCheck
	values  []parquet.Value
	arena   []byte
	rows    int // in the open row group
	bytes   int
}

// New implements Format.
func (p Parquet) New(w io.Writer, l Layout) (Writer, error) {
	f := &parquetWriter{Parquet: p, layout: l}
	root := ordered{Group: parquet.Group{}}
	long := map[string]bool{}
	add := func(name string, node parquet.Node) {
		root.fields = append(root.fields, field{p.encoded(node), name})
		root.Group[name] = node
	}
	if l.Op {
		add("Op", parquet.Optional(parquet.String()))
	}
	if l.Stamp != "" {
		add(l.Stamp, parquet.Optional(parquet.String()))
	}
	for i, c := range l.Columns {
		column := p.column(c)
		column.number, column.source = len(root.fields), i
		f.columns = append(f.columns, column)
		if column.check != nil {
			f.checks = append(f.checks, columnCheck{i, column.check})
		}
		long[c.Column.Name] = isLong(c.Column.Type, c.Layout)
		add(c.Column.Name, parquet.Optional(column.node))
	}
	if len(root.Group) != len(root.fields) {
		return nil, fmt.Errorf("a Parquet file cannot have two columns of one name: Op, the column of TimestampColumnName and the table's own must differ")
	}
	f.w = parquet.NewGenericWriter[any](w, append(p.options(root, long), parquet.NewSchema("schema", root))...)
	return f, nil
}

func (p Parquet) options(root ordered, long map[string]bool) []parquet.WriterOption {
	version := 1
	if p.Version2 {
		version = 2
	}
	o := []parquet.WriterOption{
		parquet.CreatedBy("whimbrel", "1", ""), parquet.DataPageVersion(version), parquet.PageBufferSize(p.DataPage), parquet.DataPageStatistics(p.Statistics),
	}
	if p.DictPage > 0 {
		o = append(o, parquet.DictionaryMaxBytes(int64(p.DictPage)))
	}
	if p.GZIP {
		o = append(o, parquet.Compression(&gzip.Codec{Level: gzip.DefaultCompression}))
	} else {
		o = append(o, parquet.Compression(&parquet.Uncompressed))
	}
	for _, f := range root.fields {
		if !p.Statistics || long[f.Name()] {
			o = append(o, parquet.SkipPageBounds(f.Name()), parquet.SkipPageStatistics(f.Name()))
		}
	}
	return o
}

// isLong reports whether values may be so long that the least and greatest of a page, which statistics keep whole and more than
// once, would fill the memory; nobody looks for such a value by them.
func isLong(t datatype.Type, l change.Layout) bool {
	const most = 8000 // characters or bytes
	return (l == change.Text || l == change.Bytes || l == change.Native) && (t.Length <= 0 || t.Length > most)
}

// encoded gives a column the encoding that was asked for; booleans have none but plain.
func (p Parquet) encoded(node parquet.Node) parquet.Node {
	var e encoding.Encoding
	switch {
	case p.Encoding == "plain" || node.Type().Kind() == parquet.Boolean:
		e = &parquet.Plain
	case p.Encoding == "plain-dictionary":
		e = &parquet.PlainDictionary
	default:
		e = &parquet.RLEDictionary
	}
	return parquet.Encoded(node, e)
}

// ordered is a group whose fields keep their order, which those of parquet.Group do not.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

// Fields implements parquet.Node.
func (o ordered) Fields() []parquet.Field { return o.fields }

type field struct {
	parquet.Node
	name string
}

// Name implements parquet.Field.
func (f field) Name() string { return f.name }

// Value implements parquet.Field. Rows never travel as Go values.
func (f field) Value(reflect.Value) reflect.Value { return reflect.Value{} }

// Check implements Writer.
func (f *parquetWriter) Check(l *Line) (int, string) {
	return checkLine(f.checks, l)
}

// Write implements Writer.
func (f *parquetWriter) Write(lines []Line) error {
	for len(lines) > 0 {
		n := min(len(lines), f.RowGroup-f.rows)
		if err := f.some(lines[:n]); err != nil {
			return fmt.Errorf("write Parquet: %w", err)
		}
		lines = lines[n:]
		f.rows += n
		if f.rows >= f.RowGroup || f.bytes >= rowGroupBytes {
			if err := f.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// some writes lines of one row group, a column at a time.
func (f *parquetWriter) some(lines []Line) error {
	writers, at := f.w.ColumnWriters(), 0
	text := func(value func(l *Line) []byte) error {
		f.values, f.arena = f.values[:0], f.arena[:0]
		for i := range lines {
			from := len(f.arena)
			f.arena = append(f.arena, value(&lines[i])...)
			f.values = append(f.values, parquet.ByteArrayValue(f.arena[from:len(f.arena):len(f.arena)]).Level(0, 1, at))
		}
		f.bytes += len(f.arena) + 4*len(lines)
		_, err := writers[at].WriteRowValues(f.values)
		at++
		return err
	}
	if f.layout.Op {
		if err := text(func(l *Line) []byte { return []byte{l.Op} }); err != nil {
			return err
		}
	}
	if f.layout.Stamp != "" {
		var buf [40]byte
		if err := text(func(l *Line) []byte { return appendStamp(buf[:0], l.Stamp) }); err != nil {
			return err
		}
	}
	for c := range f.columns {
		column := &f.columns[c]
		f.fill(column, lines)
		if _, err := writers[column.number].WriteRowValues(f.values); err != nil {
			return err
		}
	}
	return nil
}

// fill puts the values of a column into f.values.
func (f *parquetWriter) fill(column *parquetColumn, lines []Line) {
	f.values, f.arena = f.values[:0], f.arena[:0]
	if need := 16 * len(lines); cap(f.arena) < need {
		f.arena = make([]byte, 0, need) // decimals point into it: it must not move
	}
	null := parquet.Value{}.Level(0, 0, column.number)
	for i := range lines {
		v, row, ok := lines[i].value(column.source)
		if !ok || v.IsNull(row) {
			f.values = append(f.values, null)
			continue
		}
		value, size := column.value(v, row, &f.arena)
		f.bytes += size
		f.values = append(f.values, value.Level(0, 1, column.number))
	}
}

// Pending implements Writer.
func (f *parquetWriter) Pending() int { return f.bytes }

// Flush implements Writer: it ends the row group.
func (f *parquetWriter) Flush() error {
	if f.rows == 0 {
		return nil
	}
	f.rows, f.bytes = 0, 0
	if err := f.w.Flush(); err != nil {
		return fmt.Errorf("end a row group: %w", err)
	}
	return nil
}

// Close implements Writer.
func (f *parquetWriter) Close() error {
	if err := f.w.Close(); err != nil {
		return fmt.Errorf("end a Parquet file: %w", err)
	}
	return nil
}
