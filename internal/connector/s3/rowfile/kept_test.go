package rowfile_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/rowfile"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// keptColumns have each form that a vector may have.
func keptColumns() (columns []connector.LoadColumn, layouts []change.Layout) {
	for i, c := range []struct {
		layout change.Layout
		kind   datatype.Type
	}{
		{change.Bool, datatype.Type{Kind: datatype.Boolean}},
		{change.Int64, datatype.Type{Kind: datatype.Int8}},
		{change.Float64, datatype.Type{Kind: datatype.Real8}},
		{change.Decimal, datatype.Type{Kind: datatype.Numeric, Precision: 20, Scale: 3}},
		{change.Date, datatype.Type{Kind: datatype.Date}},
		{change.Instant, datatype.Type{Kind: datatype.DateTime, Scale: 6}},
		{change.Text, datatype.Type{Kind: datatype.WString}},
		{change.Bytes, datatype.Type{Kind: datatype.Blob}},
	} {
		columns = append(columns, connector.LoadColumn{Column: &catalog.Column{Name: fmt.Sprintf("c%d", i), Type: c.kind}, Layout: c.layout})
		layouts = append(layouts, c.layout)
	}
	return columns, layouts
}

// TestKeptLinesMakeTheSameFile as those that are written at once: byte by byte, with nulls, values that were not sent and such as another
// image of the row tells, and more lines than are read back in one go.
func TestKeptLinesMakeTheSameFile(t *testing.T) {
	columns, layouts := keptColumns()
	layout := rowfile.Layout{Columns: columns, Op: true, Stamp: "at"}
	rapid.Check(t, func(t *rapid.T) {
		var now, before change.Batch
		now.Reset(layouts)
		before.Reset(layouts)
		n := rapid.SampledFrom([]int{1, 2, 7, 1023, 1024, 1025, 2100}).Draw(t, "lines")
		seed := rapid.IntRange(0, 1000).Draw(t, "seed")
		lines := make([]rowfile.Line, n)
		for i := range lines {
			addKept(&before, i+seed, 5)
			addKept(&now, i*7+seed, 3)
			lines[i] = rowfile.Line{Op: "IUD"[i%3], Batch: &now, Row: int32(i), Stamp: int64(i) * 1_000_003}
			if i%2 == 0 {
				lines[i].Other, lines[i].OtherRow = &before, int32(i)
			}
		}
		format := rowfile.Parquet{RowGroup: 1000, DataPage: 4096, DictPage: 1 << 20, Statistics: true}
		var direct, kept, made bytes.Buffer
		w, err := format.New(&direct, layout)
		require.NoError(t, err)
		require.NoError(t, w.Write(lines))
		require.NoError(t, w.Close())

		var scratch []byte
		k := format.Keep(&kept, layout, &scratch)
		require.NoError(t, k.Write(lines[:n/2]))
		require.NoError(t, k.Write(lines[n/2:]))
		require.Zero(t, k.Pending())
		w, err = k.File(&kept, &made)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.True(t, bytes.Equal(direct.Bytes(), made.Bytes()), "the file is another")
	})
}

// addKept adds a row in which every so-many-th value is null, and another one not sent.
func addKept(b *change.Batch, n, each int) {
	for c := range b.Columns {
		v := &b.Columns[c]
		switch {
		case (n+c)%each == 0:
			v.AppendNull()
			continue
		case (n+c)%each == 1:
			v.AppendAbsent()
			continue
		}
		switch v.Layout {
		case change.Bool:
			v.AppendBool(n%2 == 0)
		case change.Float64:
			v.AppendFloat(float64(n) / 3)
		case change.Decimal:
			v.AppendString(fmt.Sprintf("-%d.%03d", n, n%1000))
		case change.Text:
			v.AppendString(fmt.Sprint("text", n))
		case change.Bytes:
			v.AppendData(bytes.Repeat([]byte{byte(n), 0}, n%300))
		default:
			v.AppendInt(int64(n) - 500)
		}
	}
	b.EndRow()
}

// TestKeptLinesAreChecked as a file's would be, and lines that are cut off are no file.
func TestKeptLinesAreChecked(t *testing.T) {
	columns, layouts := keptColumns()
	layout := rowfile.Layout{Columns: columns}
	var b change.Batch
	b.Reset(layouts)
	addKept(&b, 4, 100)
	b.Columns[4].Ints[0] = int64(change.PositiveInfinityDay)
	line := rowfile.Line{Op: 'I', Batch: &b}
	var kept bytes.Buffer
	var scratch []byte
	format := rowfile.Parquet{RowGroup: 1000, DataPage: 4096}
	k := format.Keep(&kept, layout, &scratch)
	w, err := format.New(&bytes.Buffer{}, layout)
	require.NoError(t, err)
	column, why := w.Check(&line)
	require.Equal(t, 4, column)
	require.NotEmpty(t, why)
	keptColumn, keptWhy := k.Check(&line)
	require.Equal(t, []any{column, why}, []any{keptColumn, keptWhy})

	require.NoError(t, k.Write([]rowfile.Line{line}))
	_, err = k.File(bytes.NewReader(kept.Bytes()[:kept.Len()-1]), &bytes.Buffer{})
	require.ErrorContains(t, err, "read back lines that were kept")
}
