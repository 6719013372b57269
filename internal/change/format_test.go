package change_test

import (
	"bytes"
	"math"
	"math/big"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/change"
)

func TestTemporalTexts(t *testing.T) {
	const half = 12*3_600_000_000 + 500_000
	for want, got := range map[string][]byte{
		"2000-01-01":                 change.AppendDay(nil, 0),
		"0044-03-15 BC":              change.AppendDay(nil, change.DayOf(-43, 3, 15)),
		"12345-06-07":                change.AppendDay(nil, change.DayOf(12345, 6, 7)),
		"infinity":                   change.AppendDay(nil, change.PositiveInfinityDay),
		"-infinity":                  change.AppendMoment(nil, change.NegativeInfinityMoment, 6),
		"0000-00-00":                 change.AppendDay(nil, change.OddDay(0, 0, 0)),
		"2020-02-31 12:00:00.5":      change.AppendMoment(nil, change.OddDay(2020, 2, 31).At(half), 0),
		"1999-12-31 12:00:00.500":    change.AppendMoment(nil, change.Day(-1).At(half), 3),
		"1999-12-31 12:00:00.5+00":   change.AppendInstant(nil, change.Day(-1).At(half), 1),
		"0001-01-01 12:00:00.5 BC":   change.AppendMoment(nil, change.DayOf(0, 1, 1).At(half), 0),
		"-838:59:59":                 change.AppendTime(nil, -(838*3600+59*60+59)*1_000_000, 0),
		"00:00:00.000001":            change.AppendTime(nil, 1, 2),
		"00:00:00.000000":            change.AppendTime(nil, 0, 6),
		"2000-01-01 00:00:00.123456": change.AppendMoment(nil, 123456, 9),
	} {
		require.Equal(t, want, string(got))
	}
}

func TestParsersRefuse(t *testing.T) {
	for _, bad := range []string{
		"", "2020", "2020-1-1", "2020-13-01", "2020-01-32", "20200-02-30", "2020-01-01x", "0000-01-01 BC", "2020-02-30 BC", " 2020-01-01",
		"infinity ", "2020-01-01 ", "2020-01-01 10:00", "2020-01-01 24:00:00", "2020-01-01 10:00:60", "2020-01-01 10:00:00.", "2020-01-01 10:00:00.1234567",
		"2020-01-01 10:00:00+1", "2020-01-01 10:00:00+99", "2020:01:01",
	} {
		_, ok := change.ParseInstant([]byte(bad))
		require.False(t, ok, bad)
	}
	for _, bad := range []string{"", "1:00:00", "10:00", "10:60:00", "10:00:00.", "--10:00:00", "99999999999:00:00"} {
		_, ok := change.ParseTime([]byte(bad))
		require.False(t, ok, bad)
	}
	_, ok := change.ParseMoment([]byte("2020-01-01 10:00:00+00"))
	require.False(t, ok, "a zone where none belongs")
}

func TestParseInstantZones(t *testing.T) {
	want := change.DayOf(2020, 1, 1).At(8 * 3_600_000_000)
	for _, s := range []string{"2020-01-01 08:00:00", "2020-01-01T08:00:00Z", "2020-01-01 10:00:00+02", "2020-01-01 10:30:00.000000000+02:30", "2020-01-01 04:30:00-0330"} {
		got, ok := change.ParseInstant([]byte(s))
		require.True(t, ok, s)
		require.Equal(t, want, got, s)
	}
}

func genDay(t *rapid.T) change.Day {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) change.Day {
			return change.Day(rapid.Int64Range(-2_451_545, 300_000_000).Draw(t, "day"))
		}),
		rapid.Just(change.PositiveInfinityDay), rapid.Just(change.NegativeInfinityDay),
		rapid.Custom(func(t *rapid.T) change.Day {
			return change.OddDay(rapid.IntRange(0, 9999).Draw(t, "year"), 0, rapid.IntRange(0, 31).Draw(t, "day"))
		}),
	).Draw(t, "day")
}

func TestTemporalRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDay(t)
		digits := rapid.IntRange(0, 6).Draw(t, "digits")
		got, ok := change.ParseDay(change.AppendDay(nil, d))
		require.True(t, ok)
		require.Equal(t, d, got)

		micros := rapid.Int64Range(0, change.MicrosPerDay-1).Draw(t, "micros")
		if d < 100_000_000 || d == change.PositiveInfinityDay {
			m := d.At(micros)
			back, ok := change.ParseMoment(change.AppendMoment(nil, m, digits))
			require.True(t, ok)
			require.Equal(t, m, back)
			back, ok = change.ParseInstant(change.AppendInstant(nil, m, digits))
			require.True(t, ok)
			require.Equal(t, m, back)
		}
		clock := rapid.Int64Range(-1e15, 1e15).Draw(t, "clock")
		time, ok := change.ParseTime(change.AppendTime(nil, clock, digits))
		require.True(t, ok)
		require.Equal(t, clock, time)
	})
}

func TestFloatRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "f")
		got, err := strconv.ParseFloat(string(change.AppendFloat(nil, f, 64)), 64)
		require.NoError(t, err)
		require.Equal(t, math.Float64bits(f), math.Float64bits(got))
	})
	require.Equal(t, "-Infinity NaN 0.1 1e+20 1e-07 0", string(bytes.Join([][]byte{
		change.AppendFloat(nil, math.Inf(-1), 64), change.AppendFloat(nil, math.NaN(), 64), change.AppendFloat(nil, float64(float32(0.1)), 32),
		change.AppendFloat(nil, 1e20, 64), change.AppendFloat(nil, 1e-7, 64), change.AppendFloat(nil, 0, 64),
	}, []byte(" "))))
}

func TestDecimalText(t *testing.T) {
	for in, want := range map[string]string{
		"+5": "5", ".5": "0.5", "5.": "5", "-0.00": "0.00", "001.10": "1.10", "1e3": "1000", "1.25E-3": "0.00125", "12.5e1": "125", "0.001e5": "100",
		"nan": "NaN", "+Inf": "Infinity", "-infinity": "-Infinity", "0e999999999": "0",
	} {
		got, ok := change.AppendDecimal(nil, []byte(in))
		require.True(t, ok, in)
		require.Equal(t, want, string(got), in)
	}
	for _, bad := range []string{"", "-", ".", "1e", "1.2.3", "abc", " 1", "1 ", "1e999999999", "1e-999999999", "0x10", "1_000", "--1"} {
		_, ok := change.AppendDecimal(nil, []byte(bad))
		require.False(t, ok, bad)
	}
}

func FuzzDecimalText(f *testing.F) {
	f.Add([]byte("12.5e-1"))
	f.Add([]byte("-000.10e+3"))
	f.Fuzz(func(t *testing.T, p []byte) {
		got, ok := change.AppendDecimal(nil, p)
		if !ok {
			return
		}
		again, ok := change.AppendDecimal(nil, got)
		require.True(t, ok)
		require.Equal(t, string(got), string(again))
		if want, good := new(big.Rat).SetString(string(p)); good {
			have, good := new(big.Rat).SetString(string(got))
			require.True(t, good)
			require.Zero(t, want.Cmp(have))
		}
	})
}

func FuzzTemporalTexts(f *testing.F) {
	f.Add([]byte("2020-02-29 10:11:12.5+01:30"))
	f.Add([]byte("0044-03-15 BC"))
	f.Add([]byte("-12:30:00.25"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if d, ok := change.ParseDay(p); ok {
			require.Equal(t, string(p), string(change.AppendDay(nil, d)))
		}
		if m, ok := change.ParseInstant(p); ok {
			back, ok := change.ParseInstant(change.AppendInstant(nil, m, 0))
			require.True(t, ok)
			require.Equal(t, m, back)
		}
		if c, ok := change.ParseTime(p); ok {
			back, ok := change.ParseTime(change.AppendTime(nil, c, 0))
			require.True(t, ok)
			require.Equal(t, c, back)
		}
	})
}

func TestFormattersDoNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 256)
	text := []byte("2024-02-29 23:59:59.123456")
	number := []byte("-12345.678")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		buf = change.AppendMoment(buf[:0], 812_345_678_901_234, 6)
		buf = change.AppendDay(buf[:0], 8000)
		buf = change.AppendTime(buf[:0], 123_456_789, 3)
		buf = change.AppendFloat(buf[:0], 0.1234, 64)
		buf, _ = change.AppendDecimal(buf[:0], number)
		_, _ = change.ParseMoment(text)
		_, _ = change.ParseDay(text[:10])
		_, _ = change.ParseTime(text[11:])
	}))
}

func TestKeyText(t *testing.T) {
	b := &change.Batch{}
	b.Reset([]change.Layout{change.Int64, change.Text, change.Bytes, change.Date})
	b.Columns[0].AppendInt(5)
	b.Columns[1].AppendString("é" + string(bytes.Repeat([]byte("é"), 80)))
	b.Columns[2].AppendData([]byte{0xAB})
	b.Columns[3].AppendNull()
	b.EndRow()
	got := change.KeyText(b, 0, []string{"id", "code", "raw", "at"}, []int{0, 1, 2, 3})
	require.Equal(t, "id=5, code="+string(bytes.Repeat([]byte("é"), 50))+"…, raw=ab, at=null", got)
}

func BenchmarkAppendMoment(b *testing.B) {
	buf := make([]byte, 0, 64)
	for b.Loop() {
		buf = change.AppendMoment(buf[:0], 812_345_678_901_234, 6)
	}
}

func BenchmarkAppendDay(b *testing.B) {
	buf := make([]byte, 0, 64)
	for b.Loop() {
		buf = change.AppendDay(buf[:0], 8000)
	}
}

func BenchmarkAppendFloat(b *testing.B) {
	buf := make([]byte, 0, 64)
	for b.Loop() {
		buf = change.AppendFloat(buf[:0], 1234.5678, 64)
	}
}

func BenchmarkAppendDecimal(b *testing.B) {
	buf := make([]byte, 0, 64)
	text := []byte("-12345.678")
	for b.Loop() {
		buf, _ = change.AppendDecimal(buf[:0], text)
	}
}

func BenchmarkParseMoment(b *testing.B) {
	text := []byte("2024-02-29 23:59:59.123456")
	for b.Loop() {
		_, _ = change.ParseMoment(text)
	}
}

func BenchmarkParseTime(b *testing.B) {
	text := []byte("23:59:59.123456")
	for b.Loop() {
		_, _ = change.ParseTime(text)
	}
}
