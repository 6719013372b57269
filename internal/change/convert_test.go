package change_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

func vectorOf(layout change.Layout, values ...any) *change.Vector {
	v := &change.Vector{}
	v.Reset(layout)
	for _, x := range values {
		switch x := x.(type) {
		case nil:
			v.AppendNull()
		case int:
			v.AppendInt(int64(x))
		case uint64:
			v.AppendInt(int64(x))
		case float64:
			v.AppendFloat(x)
		case string:
			v.AppendString(x)
		}
	}
	return v
}

func convert(dst, src *change.Vector, from, to datatype.Type, misfit change.Misfit) error {
	c, err := change.NewConverter(src.Layout, from, to)
	if err != nil {
		return err
	}
	return c.Convert(dst, src, misfit)
}

// convertOne returns the text of the converted value, with "~" before a cut one and "!" before the reason of a refusal.
func convertOne(t *testing.T, from change.Layout, value any, ft, to datatype.Type) string {
	t.Helper()
	var dst change.Vector
	said := ""
	err := convert(&dst, vectorOf(from, value), ft, to, func(_ int, f change.Fault, reason string) (bool, error) {
		said = "!" + reason
		if f == change.TruncationFault {
			said = "~"
		}
		return true, nil
	})
	require.NoError(t, err)
	require.Equal(t, 1, dst.Len())
	if len(said) > 1 {
		require.True(t, dst.IsNull(0))
		return said
	}
	if dst.IsNull(0) {
		return "null"
	}
	return said + string(change.AppendValue(nil, &dst, 0, 0))
}

func TestConvertValues(t *testing.T) {
	kind := func(k datatype.Kind) datatype.Type { return datatype.Type{Kind: k} }
	numeric := func(p, s int) datatype.Type { return datatype.Type{Kind: datatype.Numeric, Precision: p, Scale: s} }
	text := func(n int) datatype.Type { return datatype.Type{Kind: datatype.WString, Length: n} }
	moment := func(s int) datatype.Type { return datatype.Type{Kind: datatype.DateTime, Scale: s} }
	cases := []struct {
		from  change.Layout
		value any
		to    datatype.Type
		want  string
	}{
		{change.Int64, nil, kind(datatype.Int1), "null"},
		{change.Int64, 127, kind(datatype.Int1), "127"},
		{change.Int64, 128, kind(datatype.Int1), "!128 is out of the range of INT1"},
		{change.Int64, math.MinInt64, kind(datatype.Int8), "-9223372036854775808"},
		{change.Int64, -1, kind(datatype.UInt8), "!-1 is out of the range of UINT8"},
		{change.Uint64, uint64(math.MaxUint64), kind(datatype.UInt8), "18446744073709551615"},
		{change.Uint64, uint64(math.MaxUint64), kind(datatype.Int8), "!18446744073709551615 is out of the range of INT8"},
		{change.Decimal, "12.00", kind(datatype.Int2), "12"},
		{change.Decimal, "12.50", kind(datatype.Int2), `!"12.50" is not a whole number`},
		{change.Text, "1e3", kind(datatype.Int2), "1000"},
		{change.Text, "0e900000", kind(datatype.Int2), "0"},
		{change.Text, "1e-5", kind(datatype.Int2), `!"1e-5" is not a whole number`},
		{change.Text, "18446744073709551616", kind(datatype.UInt8), `!"18446744073709551616" is out of the range of UINT8`},
		{change.Text, "abc", kind(datatype.Int4), `!"abc" is not a number`},
		{change.Float64, 2.5, kind(datatype.Int4), "!2.5 is not a whole number"},
		{change.Float64, -3.0, kind(datatype.Int4), "-3"},
		{change.Float64, math.NaN(), kind(datatype.Int4), "!NaN is not a whole number"},
		{change.Bool, 1, kind(datatype.Int4), "1"},
		{change.Int64, 2, kind(datatype.Boolean), "!2 is neither true nor false"},
		{change.Text, "Yes", kind(datatype.Boolean), "true"},
		{change.Bool, 0, text(5), "false"},
		{change.Decimal, "0.1", kind(datatype.Real8), "0.1"},
		{change.Decimal, "0.12345678901234567890", kind(datatype.Real8), "~0.12345678901234568"},
		{change.Int64, 1<<53 + 1, kind(datatype.Real8), "~9.007199254740992e+15"},
		{change.Float64, 0.1, kind(datatype.Real4), "0.1"},
		{change.Float64, 1e300, kind(datatype.Real4), "!1e+300 is out of the range of REAL4"},
		{change.Text, "NaN", kind(datatype.Real8), "NaN"},
		{change.Text, "1e999", kind(datatype.Real8), `!"1e999" is out of the range of REAL8`},
		{change.Decimal, "12.345", numeric(5, 2), "~12.35"},
		{change.Decimal, "12.340", numeric(4, 2), "12.34"},
		{change.Decimal, "-99.995", numeric(4, 2), `!"-99.995" does not fit NUMERIC(4,2)`},
		{change.Decimal, "-9.995", numeric(4, 2), "~-10.00"},
		{change.Decimal, "9.5", numeric(4, 0), "~10"},
		{change.Decimal, "-0.004", numeric(4, 2), "~0.00"},
		{change.Decimal, "0.12", numeric(2, 2), "0.12"},
		{change.Decimal, "NaN", numeric(4, 2), "NaN"},
		{change.Decimal, "Infinity", numeric(4, 2), `!"Infinity" does not fit NUMERIC(4,2)`},
		{change.Float64, 0.1, numeric(4, 2), "0.1"},
		{change.Float64, 1e22, numeric(0, 0), "10000000000000000000000"},
		{change.Text, "żółw", text(3), "~żół"},
		{change.Text, "żółw", text(4), "żółw"},
		{change.Int64, 12345, text(3), "!12345 is longer than 3 characters when written as text"},
		{change.Timestamp, 1_500_000, text(0), "2000-01-01 00:00:01.5"},
		{change.Bytes, "\x01\xff", text(0), "01ff"},
		{change.Text, "0x01FF", kind(datatype.Bytes), "01ff"},
		{change.Text, "xyz", kind(datatype.Bytes), `!"xyz" is not a sequence of hexadecimal digits`},
		{change.Bytes, "abc", datatype.Type{Kind: datatype.Bytes, Length: 2}, "~6162"},
		{change.Text, "2020:02:29", kind(datatype.Date), "2020-02-29"},
		{change.Text, "2020-02-30", kind(datatype.Date), `!"2020-02-30" is not a date (want YYYY-MM-DD or YYYY:MM:DD)`},
		{change.Text, "2020:02:29 01:02:03.25", moment(6), "2020-02-29 01:02:03.25"},
		{change.Text, "2020-02-29 01:02:03.25", moment(1), "~2020-02-29 01:02:03.2"},
		{change.Text, "2020-02-29 01:02:03+01", moment(6), `!"2020-02-29 01:02:03+01" has a time zone, which a DATETIME does not keep`},
		{change.Text, "2020-02-29 01:02:03+01", datatype.Type{Kind: datatype.DateTime, Hint: datatype.WithZone}, "2020-02-29 00:02:03+00"},
		{change.Text, "01:02:03", kind(datatype.Time), "01:02:03"},
		{change.Timestamp, 1_500_000, kind(datatype.Date), "~2000-01-01"},
		{change.Date, 0, moment(0), "2000-01-01 00:00:00"},
		{change.Date, int(change.PositiveInfinityDay), moment(0), "infinity"},
		{change.Timestamp, -1, moment(3), "~1999-12-31 23:59:59.999"},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s %v to %s", c.from, c.value, c.to), func(t *testing.T) {
			require.Equal(t, c.want, convertOne(t, c.from, c.value, datatype.Type{}, c.to))
		})
	}
}

func TestConvertNamesPairsItCannotConvert(t *testing.T) {
	_, err := change.NewConverter(change.Date, datatype.Type{Kind: datatype.Date}, datatype.Type{Kind: datatype.Int4})
	require.EqualError(t, err, "no conversion from DATE (held as date) to INT4")
}

func TestConvertDropsACutValueUnlessKept(t *testing.T) {
	var dst change.Vector
	src := vectorOf(change.Text, "a", "long", "b")
	err := convert(&dst, src, datatype.Type{Kind: datatype.String}, datatype.Type{Kind: datatype.String, Length: 2},
		func(row int, _ change.Fault, _ string) (bool, error) { require.Equal(t, 1, row); return false, nil })
	require.NoError(t, err)
	require.True(t, dst.Equal(vectorOf(change.Text, "a", nil, "b")))
}

func TestSameMeansNothingCanMisfit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SampledFrom([]datatype.Kind{datatype.Int1, datatype.Int2, datatype.Int4, datatype.Int8, datatype.UInt1, datatype.UInt4})
		from, to := datatype.Type{Kind: kinds.Draw(t, "from")}, datatype.Type{Kind: kinds.Draw(t, "to")}
		c, err := change.NewConverter(change.LayoutOf(from), from, to)
		require.NoError(t, err)
		misfits := 0
		var narrow, wide change.Vector
		count := func(int, change.Fault, string) (bool, error) { misfits++; return false, nil }
		src := vectorOf(change.Int64, math.MinInt64, -1<<31, -1<<15, -128, -1, 0, 127, 255, 1<<15-1, 1<<16-1, 1<<31-1, 1<<32-1, math.MaxInt64)
		require.NoError(t, convert(&narrow, src, datatype.Type{}, from, count))
		misfits = 0
		require.NoError(t, c.Convert(&wide, &narrow, count))
		require.Equal(t, c.Same(), misfits == 0)
	})
}

// TestConvertAndBack goes through a wider type and returns: nothing may be reported and nothing may change.
func TestConvertAndBack(t *testing.T) {
	text, number := datatype.Type{Kind: datatype.NClob}, datatype.Type{Kind: datatype.Numeric}
	moment := datatype.Type{Kind: datatype.DateTime, Scale: 6}
	instant := datatype.Type{Kind: datatype.DateTime, Scale: 6, Hint: datatype.WithZone}
	rapid.Check(t, func(t *rapid.T) {
		there := func(narrow, through datatype.Type, src *change.Vector) {
			var middle, back change.Vector
			none := func(_ int, _ change.Fault, reason string) (bool, error) { return false, fmt.Errorf("%s", reason) }
			require.NoError(t, convert(&middle, src, narrow, through, none))
			require.NoError(t, convert(&back, &middle, through, narrow, none))
			require.True(t, back.Equal(src), "%s through %s", narrow, through)
		}
		i := vectorOf(change.Int64, nil, int(rapid.Int64().Draw(t, "int")))
		there(datatype.Type{Kind: datatype.Int8}, text, i)
		there(datatype.Type{Kind: datatype.Int8}, number, i)
		f := vectorOf(change.Float64, rapid.Float64().Draw(t, "float")+0, nil)
		there(datatype.Type{Kind: datatype.Real8}, text, f)
		there(datatype.Type{Kind: datatype.Real8}, number, f)
		day := rapid.Int64Range(-700_000, 90_000_000).Draw(t, "day")
		there(datatype.Type{Kind: datatype.Date}, text, vectorOf(change.Date, int(day)))
		there(datatype.Type{Kind: datatype.Date}, moment, vectorOf(change.Date, int(day)))
		m := int(change.Day(day).At(rapid.Int64Range(0, change.MicrosPerDay-1).Draw(t, "micros")))
		there(moment, text, vectorOf(change.Timestamp, m))
		there(moment, instant, vectorOf(change.Timestamp, m))
		there(instant, text, vectorOf(change.Instant, m))
		there(datatype.Type{Kind: datatype.Time, Scale: 6}, text, vectorOf(change.Time, m/1000))
		there(datatype.Type{Kind: datatype.Blob}, text, vectorOf(change.Bytes, rapid.String().Draw(t, "bytes")))
		there(datatype.Type{Kind: datatype.Boolean}, text, vectorOf(change.Bool, rapid.IntRange(0, 1).Draw(t, "bool")))
	})
}

func TestConvertDoesNotAllocate(t *testing.T) {
	const rows = 64
	src := &change.Vector{}
	src.Reset(change.Text)
	for range rows {
		src.AppendString("12.345")
	}
	c, err := change.NewConverter(change.Text, datatype.Type{Kind: datatype.String}, datatype.Type{Kind: datatype.Numeric, Precision: 10, Scale: 3})
	require.NoError(t, err)
	var dst change.Vector
	require.Zero(t, testing.AllocsPerRun(10, func() { _ = c.Convert(&dst, src, nil) }))
}

func BenchmarkConvertTextToNumeric(b *testing.B) {
	src := vectorOf(change.Text, "12.345")
	for range 999 {
		src.AppendString("12.345")
	}
	c, _ := change.NewConverter(change.Text, datatype.Type{Kind: datatype.String}, datatype.Type{Kind: datatype.Numeric, Precision: 10, Scale: 3})
	var dst change.Vector
	for b.Loop() {
		_ = c.Convert(&dst, src, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/value")
}

// TestBitsBecomeBytes: digits are packed, the last one lowest.
func TestBitsBecomeBytes(t *testing.T) {
	bits := datatype.Type{Kind: datatype.String, Length: 64, Hint: datatype.Bit}
	to := datatype.Type{Kind: datatype.Bytes, Length: 8}
	for digits, want := range map[string]string{"1100000001": "0301", "00110001": "31", "1": "01", "": "", "12": `!"12" is not a sequence of bits`} {
		require.Equal(t, want, convertOne(t, change.Text, digits, bits, to))
	}
	to.Length = 1
	require.Equal(t, `!"1100000001" is longer than 1 bytes`, convertOne(t, change.Text, "1100000001", bits, to))
}
