package parquetfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/parquetfile"
)

// column is a column of a file and its values.
type column struct {
	name   string
	node   parquet.Node
	values []parquet.Value
}

// written is a file of columns, of which a row group has so many rows.
func written(t testing.TB, group int, columns ...column) []byte {
	t.Helper()
	root := parquet.Group{}
	for _, c := range columns {
		root[c.name] = parquet.Optional(c.node)
	}
	var out bytes.Buffer
	schema := parquet.NewSchema("rows", root)
	w := parquet.NewGenericWriter[any](&out, schema)
	for from := 0; from < len(columns[0].values); from += group {
		for _, c := range columns {
			leaf, _ := schema.Lookup(c.name)
			var values []parquet.Value
			for _, v := range c.values[from:min(from+group, len(c.values))] {
				level := 1
				if v.IsNull() {
					level = 0
				}
				values = append(values, v.Level(0, level, leaf.ColumnIndex))
			}
			_, err := w.ColumnWriters()[leaf.ColumnIndex].WriteRowValues(values)
			require.NoError(t, err)
		}
		require.NoError(t, w.Flush())
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// texts reads all values of a file, column by column in each row.
func texts(file []byte) (rows []string, err error) {
	r, err := parquetfile.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		switch err := r.Next(); {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return rows, err
		}
		var row []string
		for i, c := range r.Columns() {
			text, err := textOf(r, i, c)
			if err != nil {
				return rows, err
			}
			row = append(row, text)
		}
		rows = append(rows, strings.Join(row, "|"))
	}
}

func textOf(r *parquetfile.Reader, i int, c parquetfile.Column) (string, error) {
	if c.Problem != "" {
		return "(" + c.Problem + ")", nil
	}
	var v change.Vector
	v.Reset(c.Layout)
	lost, reason, err := r.Append(&v, i)
	switch {
	case err != nil:
		return "", err
	case reason != "":
		return "(" + reason + ")", nil
	case v.IsNull(0):
		return "NULL", nil
	}
	text := string(change.AppendValue(nil, &v, 0, c.Type.Scale))
	if lost {
		text += " (cut)"
	}
	return text, nil
}

func TestEveryTypeIsRead(t *testing.T) {
	instant, wide := parquet.TimestampAdjusted(parquet.Nanosecond, true), []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x85}
	for name, c := range map[string]struct {
		node  parquet.Node
		value parquet.Value
		want  string
	}{
		"a truth":                  {parquet.Leaf(parquet.BooleanType), parquet.BooleanValue(true), "true"},
		"a small number":           {parquet.Int(8), parquet.Int32Value(-128), "-128"},
		"one without a sign":       {parquet.Uint(32), parquet.Int32Value(-1), "4294967295"},
		"the greatest":             {parquet.Uint(64), parquet.Int64Value(-1), "18446744073709551615"},
		"a number":                 {parquet.Leaf(parquet.Int64Type), parquet.Int64Value(math.MinInt64), "-9223372036854775808"},
		"a float":                  {parquet.Leaf(parquet.FloatType), parquet.FloatValue(1.5), "1.5"},
		"a double":                 {parquet.Leaf(parquet.DoubleType), parquet.DoubleValue(0.1), "0.1"},
		"a decimal of 32 bits":     {parquet.Decimal(2, 9, parquet.Int32Type), parquet.Int32Value(-5), "-0.05"},
		"a decimal of 64 bits":     {parquet.Decimal(0, 18, parquet.Int64Type), parquet.Int64Value(120), "120"},
		"a decimal of bytes":       {parquet.Decimal(1, 38, parquet.FixedLenByteArrayType(16)), parquet.FixedLenByteArrayValue(wide), "-12.3"},
		"a decimal of few bytes":   {parquet.Decimal(3, 20, parquet.ByteArrayType), parquet.ByteArrayValue([]byte{7}), "0.007"},
		"a decimal of none":        {parquet.Decimal(3, 20, parquet.ByteArrayType), parquet.ByteArrayValue(nil), "(is a decimal of 0 bytes, and 1 to 64 can be)"},
		"a text":                   {parquet.String(), parquet.ByteArrayValue([]byte("é")), "é"},
		"a document":               {parquet.JSON(), parquet.ByteArrayValue([]byte("{}")), "{}"},
		"bytes":                    {parquet.Leaf(parquet.ByteArrayType), parquet.ByteArrayValue([]byte{0, 255}), "00ff"},
		"bytes of a length":        {parquet.Leaf(parquet.FixedLenByteArrayType(2)), parquet.FixedLenByteArrayValue([]byte{1, 2}), "0102"},
		"an identity":              {parquet.UUID(), parquet.FixedLenByteArrayValue(wide), "ffffffff-ffff-ffff-ffff-ffffffffff85"},
		"a day":                    {parquet.Date(), parquet.Int32Value(-1), "1969-12-31"},
		"a time":                   {parquet.TimeAdjusted(parquet.Millisecond, false), parquet.Int32Value(1), "00:00:00.001"},
		"a time that is none":      {parquet.TimeAdjusted(parquet.Microsecond, false), parquet.Int64Value(-1), "(is no time of a day)"},
		"a finer time":             {parquet.TimeAdjusted(parquet.Nanosecond, false), parquet.Int64Value(1001), "00:00:00.000001 (cut)"},
		"a moment":                 {parquet.TimestampAdjusted(parquet.Microsecond, false), parquet.Int64Value(-1), "1969-12-31 23:59:59.999999"},
		"a moment of milliseconds": {parquet.TimestampAdjusted(parquet.Millisecond, false), parquet.Int64Value(1), "1970-01-01 00:00:00.001"},
		"a moment that is none":    {parquet.TimestampAdjusted(parquet.Millisecond, false), parquet.Int64Value(math.MaxInt64), "(lies outside of the times that can be told)"},
		"a finer moment":           {instant, parquet.Int64Value(-1), "1969-12-31 23:59:59.999999+00 (cut)"},
		"an old moment":            {parquet.Leaf(parquet.Int96Type), parquet.Int96Value(deprecated.Int96{1000, 0, 2440589}), "1970-01-02 00:00:00.000001"},
	} {
		rows, err := texts(written(t, 2, column{"c", c.node, []parquet.Value{c.value, {}, c.value}}))
		require.NoError(t, err, name)
		require.Equal(t, []string{c.want, "NULL", c.want}, rows, name)
	}
}

// many is a file with two row groups of several pages each, with long values in some.
func many(t testing.TB) []byte {
	n, text := column{name: "n", node: parquet.Int(64)}, column{name: "text", node: parquet.String()}
	for i := range 3000 {
		n.values = append(n.values, parquet.Int64Value(int64(i)))
		switch i % 100 {
		case 0:
			text.values = append(text.values, parquet.Value{})
		case 1:
			text.values = append(text.values, parquet.ByteArrayValue(bytes.Repeat([]byte{'x'}, 10_000)))
		default:
			text.values = append(text.values, parquet.ByteArrayValue(fmt.Appendf(nil, "row %d", i)))
		}
	}
	return written(t, 2000, n, text)
}

func TestRowGroupsFollowOneAnother(t *testing.T) {
	rows, err := texts(many(t))
	require.NoError(t, err)
	require.Len(t, rows, 3000)
	require.Equal(t, "2000|NULL", rows[2000])
	require.Equal(t, "2999|row 2999", rows[2999])

	file := many(t) // a column is read from where it is asked for
	r, err := parquetfile.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	for range 2501 {
		require.NoError(t, r.Next())
	}
	group, row := r.Place()
	require.Equal(t, []int64{2, 501, 2501}, []int64{int64(group), row, r.Records()})
	p, null, err := r.Bytes(1)
	require.NoError(t, err)
	require.True(t, null, "%q", p)
}

// TestAFileOfHyparquetIsRead: a writer in JavaScript, hyparquet-writer 0.17, has made it; it knows no more than Parquet's older words for
// types.
func TestAFileOfHyparquetIsRead(t *testing.T) {
	file, err := os.ReadFile("testdata/hyparquet.parquet")
	require.NoError(t, err)
	rows, err := texts(file)
	require.NoError(t, err)
	require.Equal(t, []string{
		`1|9007199254740993|true|0.1|é"|{"k":1}|2024-02-29 12:34:56.789+00|00112233-4455-6677-8899-aabbccddeeff|00ff`,
		"2|-1|NULL|NULL||NULL|1969-12-31 23:59:59.999+00|NULL|NULL",
		"3|NULL|false|-1.5|NULL|[]|NULL|NULL|",
	}, rows)
}

// TestAFileThatIsCutOffIsNoFile, wherever the end is.
func TestAFileThatIsCutOffIsNoFile(t *testing.T) {
	file := many(t)
	for _, n := range []int{0, 1, 4, 11, 12, 100, len(file) / 2, len(file) - 1} {
		_, err := texts(file[:n])
		var wrong *parquetfile.FormatError
		require.ErrorAs(t, err, &wrong, "%d bytes", n)
		require.ErrorContains(t, err, "no Parquet file, or not a whole one", "%d bytes", n)
	}
}

// TestAFaultOfTheDiskIsNoneOfTheFile: it may pass.
func TestAFaultOfTheDiskIsNoneOfTheFile(t *testing.T) {
	file := many(t)
	for _, b := range []broken{{from: 0, to: 1}, {from: 10_000, to: 60_000}, {from: int64(len(file) - 8), to: int64(len(file))}} {
		b.ReaderAt = bytes.NewReader(file)
		r, err := parquetfile.Open(b, int64(len(file)))
		for err == nil {
			if err = r.Next(); err == nil {
				_, _, err = r.Bytes(1)
			}
		}
		require.ErrorIs(t, err, errDisk, "from %d", b.from)
		var wrong *parquetfile.FormatError
		require.NotErrorAs(t, err, &wrong)
	}
}

var errDisk = errors.New("input/output error")

// broken is a file of which some bytes cannot be read.
type broken struct {
	io.ReaderAt
	from, to int64
}

// ReadAt implements io.ReaderAt.
func (b broken) ReadAt(p []byte, at int64) (int, error) {
	if at < b.to && at+int64(len(p)) > b.from {
		return 0, errDisk
	}
	return b.ReaderAt.ReadAt(p, at)
}

// TestDamagedFilesEndInAnError or in other values, which no check sum guards, but in no panic and no end of the memory; and the error
// says that it is the file's.
func TestDamagedFilesEndInAnError(t *testing.T) {
	file, random := many(t), rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same damage every time
	failed := 0
	for range 500 {
		damaged := bytes.Clone(file)
		at := random.IntN(len(damaged))
		if random.IntN(2) == 0 {
			at = len(damaged) - 1 - random.IntN(1500) // where the file is described
		}
		for i := range 1 + random.IntN(3) {
			damaged[min(at+i, len(damaged)-1)] = byte(random.Uint32())
		}
		_, err := texts(damaged)
		if err == nil {
			continue
		}
		failed++
		var wrong *parquetfile.FormatError
		require.ErrorAs(t, err, &wrong)
	}
	require.Greater(t, failed, 100)
}

// FuzzFile: whatever the bytes, reading ends, and without a panic.
func FuzzFile(f *testing.F) {
	f.Add(many(f))
	f.Add(written(f, 9, column{"d", parquet.Decimal(1, 38, parquet.FixedLenByteArrayType(16)), []parquet.Value{{}}}, column{"t", parquet.TimestampAdjusted(parquet.Nanosecond, true), []parquet.Value{parquet.Int64Value(1)}}))
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := texts(file); err != nil {
			var wrong *parquetfile.FormatError
			require.ErrorAs(t, err, &wrong)
		}
	})
}
