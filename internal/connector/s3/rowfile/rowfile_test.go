package rowfile_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/rowfile"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

func textColumns(n int) ([]connector.LoadColumn, []change.Layout) {
	columns, layouts := make([]connector.LoadColumn, n), make([]change.Layout, n)
	for i := range columns {
		columns[i] = connector.LoadColumn{Column: &catalog.Column{Name: fmt.Sprintf("c%d", i), Type: datatype.Type{Kind: datatype.WString}}, Layout: change.Text}
		layouts[i] = change.Text
	}
	return columns, layouts
}

// TestCSVIsReadBack by Go's own reader, whatever stands in the texts.
func TestCSVIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(t, "columns")
		columns, layouts := textColumns(n)
		field := rapid.StringOf(rapid.SampledFrom([]rune{'a', '"', ',', '\n', '|', ' ', 'é', '\t'}))
		rows := rapid.SliceOfN(rapid.SliceOfN(field, n, n), 1, 5).Draw(t, "rows")
		var b change.Batch
		b.Reset(layouts)
		var lines []rowfile.Line
		for i, row := range rows {
			for c, v := range row {
				b.Columns[c].AppendString(v)
			}
			b.EndRow()
			lines = append(lines, rowfile.Line{Batch: &b, Row: int32(i), Op: 'I'})
		}
		delimiter := rapid.SampledFrom([]string{",", "|", "\t"}).Draw(t, "delimiter")
		var out bytes.Buffer
		w, err := rowfile.CSV{Delimiter: delimiter, RowDelimiter: "\n", Quote: true}.New(&out, rowfile.Layout{Columns: columns, Op: true})
		require.NoError(t, err)
		require.NoError(t, w.Write(lines))
		require.NoError(t, w.Close())
		r := csv.NewReader(&out)
		r.Comma = rune(delimiter[0])
		got, err := r.ReadAll()
		require.NoError(t, err)
		require.Len(t, got, len(rows))
		for i, row := range rows {
			require.Equal(t, append([]string{"I"}, row...), got[i])
		}
	})
}

// TestCSVOfLongDelimitersIsReadBack by a reader that takes the first delimiter it meets; nulls, absent values and texts that look like
// them stay apart.
func TestCSVOfLongDelimitersIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		delimiter := rapid.SampledFrom([]string{"||", "|;|", "-", "a"}).Draw(t, "delimiter")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "##", "#|#"}).Draw(t, "end")
		f := rowfile.CSV{Delimiter: delimiter, RowDelimiter: end, Quote: rapid.Bool().Draw(t, "quote"), Null: "N", Absent: "NA"}
		columns := []connector.LoadColumn{
			{Column: &catalog.Column{Name: "t", Type: datatype.Type{Kind: datatype.WString}}, Layout: change.Text},
			{Column: &catalog.Column{Name: "i", Type: datatype.Type{Kind: datatype.Int8}}, Layout: change.Int64},
			{Column: &catalog.Column{Name: "b", Type: datatype.Type{Kind: datatype.Bytes}}, Layout: change.Bytes},
			{Column: &catalog.Column{Name: "d", Type: datatype.Type{Kind: datatype.Date}}, Layout: change.Date},
		}
		var b change.Batch
		b.Reset([]change.Layout{change.Text, change.Int64, change.Bytes, change.Date})
		text := rapid.StringOf(rapid.SampledFrom([]rune{'a', '|', '#', ';', '-', 'N', 'A', '"', '\r', '\n'})).Draw(t, "text")
		number, raw := rapid.Int64Range(-20, 20).Draw(t, "number"), rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "bytes")
		b.Columns[0].AppendString(text)
		b.Columns[1].AppendInt(number)
		b.Columns[2].AppendString(string(raw))
		switch rapid.IntRange(0, 2).Draw(t, "date") {
		case 0:
			b.Columns[3].AppendInt(0)
		case 1:
			b.Columns[3].AppendNull()
		default:
			b.Columns[3].AppendAbsent()
		}
		b.EndRow()
		var out bytes.Buffer
		w, err := f.New(&out, rowfile.Layout{Columns: columns})
		require.NoError(t, err)
		line := rowfile.Line{Batch: &b}
		if _, why := w.Check(&line); why != "" {
			require.False(t, f.Quote, why)
			return
		}
		require.NoError(t, w.Write([]rowfile.Line{line}))
		require.NoError(t, w.Close())
		last := "2000-01-01"
		if b.Columns[3].IsAbsent(0) {
			last = "the absent"
		} else if b.Columns[3].IsNull(0) {
			last = "the null"
		}
		want := []string{text, fmt.Sprint(number), fmt.Sprintf("%x", raw), last}
		got := readFirst(t, out.String(), f)
		if !f.Quote { // without quotation marks a text that looks like a null is one
			got, want = got[1:], want[1:]
		}
		require.Equal(t, want, got, out.String())
	})
}

// readFirst reads the first line.
func readFirst(t *rapid.T, text string, f rowfile.CSV) (fields []string) {
	for {
		var field strings.Builder
		quoted := f.Quote && strings.HasPrefix(text, `"`)
		for text = strings.TrimPrefix(text, map[bool]string{true: `"`}[quoted]); quoted; {
			inside, rest, ok := strings.Cut(text, `"`)
			require.True(t, ok)
			field.WriteString(inside)
			if text = rest; !strings.HasPrefix(text, `"`) {
				break
			}
			field.WriteByte('"')
			text = text[1:]
		}
		for !strings.HasPrefix(text, f.Delimiter) && !strings.HasPrefix(text, f.RowDelimiter) {
			require.NotEmpty(t, text)
			field.WriteByte(text[0])
			text = text[1:]
		}
		value := field.String()
		switch {
		case !quoted && value == f.Null:
			value = "the null"
		case !quoted && value == f.Absent:
			value = "the absent"
		}
		fields = append(fields, value)
		if !strings.HasPrefix(text, f.Delimiter) {
			return fields
		}
		text = text[len(f.Delimiter):]
	}
}

func TestCSVWithoutQuotesRefusesDelimiters(t *testing.T) {
	columns, layouts := textColumns(1)
	w, err := rowfile.CSV{Delimiter: ",", RowDelimiter: "\n"}.New(io.Discard, rowfile.Layout{Columns: columns})
	require.NoError(t, err)
	for text, refused := range map[string]bool{"a": false, `a"b`: false, "a,b": true, "a\nb": true} {
		var b change.Batch
		b.Reset(layouts)
		b.Columns[0].AppendString(text)
		b.EndRow()
		_, why := w.Check(&rowfile.Line{Batch: &b})
		require.Equal(t, refused, why != "", text)
	}
}

// TestParquetDecimals of every width keep their digits, and those that do not fit are refused.
func TestParquetDecimals(t *testing.T) {
	for _, c := range []struct {
		precision, scale int
		fits             []string
		not              []string
	}{
		{9, 2, []string{"1234567.89", "-1234567.89", "0.00", "0.01"}, []string{"12345678.00", "0.001", "NaN", "Infinity", "1e5"}},
		{18, 0, []string{"999999999999999999", "-999999999999999999"}, []string{"1000000000000000000", "0.5"}},
		{38, 10, []string{"1234567890123456789012345678.0123456789", "-1234567890123456789012345678.0123456789", "0.0000000001", "-0.0000000001"}, []string{"12345678901234567890123456789.0"}},
	} {
		column := connector.LoadColumn{Column: &catalog.Column{Name: "n", Type: datatype.Type{Kind: datatype.Numeric, Precision: c.precision, Scale: c.scale}}, Layout: change.Decimal}
		var out bytes.Buffer
		w, err := rowfile.Parquet{DataPage: 1 << 20, RowGroup: 3, Statistics: true}.New(&out, rowfile.Layout{Columns: []connector.LoadColumn{column}})
		require.NoError(t, err)
		var b change.Batch
		b.Reset([]change.Layout{change.Decimal})
		var lines []rowfile.Line
		for i, text := range append(append([]string{}, c.fits...), c.not...) {
			b.Columns[0].AppendString(text)
			b.EndRow()
			line := rowfile.Line{Batch: &b, Row: int32(i)}
			_, why := w.Check(&line)
			require.Equal(t, i >= len(c.fits), why != "", text)
			if why == "" {
				lines = append(lines, line)
			}
		}
		require.NoError(t, w.Write(lines))
		require.NoError(t, w.Close())
		file, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
		require.NoError(t, err)
		var got []string
		for _, g := range file.RowGroups() {
			values := make([]parquet.Value, 10)
			pages := g.ColumnChunks()[0].Pages()
			for {
				page, err := pages.ReadPage()
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
				n, err := page.Values().ReadValues(values)
				require.ErrorIs(t, err, io.EOF)
				for _, v := range values[:n] {
					got = append(got, decimalText(v, c.scale))
				}
			}
			require.NoError(t, pages.Close())
		}
		var want []string
		for _, text := range c.fits {
			want = append(want, normal(text, c.scale))
		}
		require.Equal(t, want, got)
	}
}

// TestParquetPagesAndMoments: ParquetVersion is that of the pages, DataPageSize cuts them, EncodingType chooses their encoding, and
// milliseconds are cut downwards, before 1970 too.
func TestParquetPagesAndMoments(t *testing.T) {
	columns := []connector.LoadColumn{
		{Column: &catalog.Column{Name: "at", Type: datatype.Type{Kind: datatype.DateTime, Scale: 6}}, Layout: change.Timestamp},
		{Column: &catalog.Column{Name: "s", Type: datatype.Type{Kind: datatype.WString, Length: 40}}, Layout: change.Text},
	}
	var b change.Batch
	b.Reset([]change.Layout{change.Timestamp, change.Text})
	lines := make([]rowfile.Line, 2000)
	const from1970 = -946684800_000_000 // of the layout, which counts from 2000
	for i := range lines {
		b.Columns[0].AppendInt(from1970 - 1 + int64(i)*1000)
		b.Columns[1].AppendString(fmt.Sprintf("number %06d", i))
		b.EndRow()
		lines[i] = rowfile.Line{Batch: &b, Row: int32(i)}
	}
	for _, c := range []struct {
		f        rowfile.Parquet
		encoding format.Encoding
		page     format.PageType
		pages    bool // more than one
		unit     string
		first    int64
	}{
		{rowfile.Parquet{DataPage: 1 << 20, DictPage: 1 << 20}, format.RLEDictionary, format.DataPage, false, "MICROS", -1},
		{rowfile.Parquet{DataPage: 1 << 20, DictPage: 1 << 20, Encoding: "plain-dictionary", Milliseconds: true}, format.RLEDictionary, format.DataPage, false, "MILLIS", -1},
		{rowfile.Parquet{DataPage: 1000, Encoding: "plain", Version2: true, Milliseconds: true}, format.Plain, format.DataPageV2, true, "MILLIS", -1},
	} {
		t.Run(fmt.Sprintf("%+v", c.f), func(t *testing.T) {
			c.f.RowGroup, c.f.Statistics = 10000, true
			var out bytes.Buffer
			w, err := c.f.New(&out, rowfile.Layout{Columns: columns})
			require.NoError(t, err)
			for at := 0; at < len(lines); at += 100 {
				require.NoError(t, w.Write(lines[at:at+100]))
			}
			require.NoError(t, w.Close())
			file, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
			require.NoError(t, err)
			for _, chunk := range file.Metadata().RowGroups[0].Columns {
				require.Contains(t, chunk.MetaData.Encoding, c.encoding)
				pages := int32(0)
				for _, s := range chunk.MetaData.EncodingStats {
					if s.PageType != format.DictionaryPage {
						require.Equal(t, c.page, s.PageType)
						require.Equal(t, c.encoding, s.Encoding)
						pages += s.Count
					}
				}
				require.Equal(t, c.pages, pages > 1, "%d pages", pages)
			}
			require.Contains(t, file.Schema().String(), c.unit)
			values := make([]parquet.Value, 2)
			page, err := file.RowGroups()[0].ColumnChunks()[0].Pages().ReadPage()
			require.NoError(t, err)
			_, err = page.Values().ReadValues(values)
			require.NoError(t, err)
			require.Equal(t, c.first, values[0].Int64())
		})
	}
}

// TestParquetDictionaryIsBounded: once a column's dictionary is larger than DictPageSizeLimit, the values of the pages behind it stand as they are.
func TestParquetDictionaryIsBounded(t *testing.T) {
	var b change.Batch
	b.Reset([]change.Layout{change.Text})
	lines := make([]rowfile.Line, 2000)
	for i := range lines {
		b.Columns[0].AppendString(fmt.Sprintf("number %06d", i))
		b.EndRow()
		lines[i] = rowfile.Line{Batch: &b, Row: int32(i)}
	}
	for limit, falls := range map[int]bool{1000: true, 1 << 20: false} {
		var out bytes.Buffer
		columns := []connector.LoadColumn{{Column: &catalog.Column{Name: "s", Type: datatype.Type{Kind: datatype.WString, Length: 40}}, Layout: change.Text}}
		w, err := rowfile.Parquet{DataPage: 1000, DictPage: limit, RowGroup: 10000}.New(&out, rowfile.Layout{Columns: columns})
		require.NoError(t, err)
		for at := 0; at < len(lines); at += 100 {
			require.NoError(t, w.Write(lines[at:at+100]))
		}
		require.NoError(t, w.Close())
		file, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
		require.NoError(t, err)
		pages := map[format.Encoding]int32{}
		for _, s := range file.Metadata().RowGroups[0].Columns[0].MetaData.EncodingStats {
			if s.PageType == format.DataPage {
				pages[s.Encoding] += s.Count
			}
		}
		require.Positive(t, pages[format.RLEDictionary], "%v", pages)
		require.Equal(t, falls, pages[format.Plain] > 0, "%v", pages)
	}
}

// TestParquetHoldsHugeValuesOnce: not again in the statistics of pages and columns.
func TestParquetHoldsHugeValuesOnce(t *testing.T) {
	columns, layouts := textColumns(2)
	columns[1].Column.Type.Length = 20
	var b change.Batch
	b.Reset(layouts)
	b.Columns[0].AppendString(strings.Repeat("x", 4<<20))
	b.Columns[1].AppendString("short")
	b.EndRow()
	for _, encoding := range []string{"rle-dictionary", "plain"} {
		var out bytes.Buffer
		w, err := rowfile.Parquet{Encoding: encoding, DataPage: 1 << 20, DictPage: 1 << 20, RowGroup: 10, Statistics: true}.New(&out, rowfile.Layout{Columns: columns})
		require.NoError(t, err)
		require.NoError(t, w.Write([]rowfile.Line{{Batch: &b}}))
		require.NoError(t, w.Close())
		require.Less(t, out.Len(), 4<<20+10000)
		file, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
		require.NoError(t, err)
		require.Equal(t, "short", string(file.Metadata().RowGroups[0].Columns[1].MetaData.Statistics.MinValue))
	}
}

func BenchmarkWrite(b *testing.B) {
	columns := []connector.LoadColumn{
		{Column: &catalog.Column{Name: "id", Type: datatype.Type{Kind: datatype.Int8}}, Layout: change.Int64},
		{Column: &catalog.Column{Name: "n", Type: datatype.Type{Kind: datatype.Numeric, Precision: 12, Scale: 2}}, Layout: change.Decimal},
		{Column: &catalog.Column{Name: "at", Type: datatype.Type{Kind: datatype.DateTime, Scale: 6}}, Layout: change.Timestamp},
		{Column: &catalog.Column{Name: "s", Type: datatype.Type{Kind: datatype.WString, Length: 40}}, Layout: change.Text},
	}
	var batch change.Batch
	batch.Reset([]change.Layout{change.Int64, change.Decimal, change.Timestamp, change.Text})
	lines := make([]rowfile.Line, change.MaxBatchRows)
	for i := range lines {
		batch.Columns[0].AppendInt(int64(i) * 7919)
		batch.Columns[1].AppendString(fmt.Sprintf("%d.%02d", i*13, i%100))
		batch.Columns[2].AppendInt(int64(i) * 1_234_567)
		batch.Columns[3].AppendString("customer number " + strings.Repeat("x", i%20))
		batch.EndRow()
		lines[i] = rowfile.Line{Batch: &batch, Row: int32(i)}
	}
	for name, f := range map[string]rowfile.Format{
		"csv":     rowfile.CSV{Delimiter: ",", RowDelimiter: "\n", Quote: true},
		"parquet": rowfile.Parquet{DataPage: 1 << 20, DictPage: 1 << 20, RowGroup: 10000, Statistics: true},
		"plain":   rowfile.Parquet{Encoding: "plain", DataPage: 1 << 20, RowGroup: 10000, Statistics: true},
	} {
		b.Run(name, func(b *testing.B) {
			w, err := f.New(io.Discard, rowfile.Layout{Columns: columns})
			require.NoError(b, err)
			b.SetBytes(int64(batch.Payload()))
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, w.Write(lines))
			}
			require.NoError(b, w.Close())
		})
	}
}

// decimalText writes a stored decimal out.
func decimalText(v parquet.Value, scale int) string {
	n := new(big.Int)
	switch v.Kind() {
	case parquet.Int32:
		n.SetInt64(int64(v.Int32()))
	case parquet.Int64:
		n.SetInt64(v.Int64())
	default:
		p := v.ByteArray()
		n.SetBytes(p)
		if p[0]&0x80 != 0 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(p))))
		}
	}
	return new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
}

func normal(text string, scale int) string {
	r, _ := new(big.Rat).SetString(text)
	return r.FloatString(scale)
}
