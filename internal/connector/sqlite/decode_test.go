package sqlite

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// decodeSQL evaluates an expression and decodes it.
func decodeSQL(t *testing.T, c *conn, expr string, l change.Layout) (value any, why string) {
	t.Helper()
	s, err := c.prepare("SELECT " + expr)
	require.NoError(t, err)
	defer s.finalize()
	_, err = s.step()
	require.NoError(t, err)
	var v change.Vector
	v.Reset(l)
	if why = decode(s, 0, l, &v); why != "" {
		require.Zero(t, v.Len())
		return nil, why
	}
	require.Equal(t, 1, v.Len())
	switch {
	case v.IsNull(0):
		return nil, ""
	case l.Holds() == change.InInts:
		return v.Ints[0], ""
	case l.Holds() == change.InFloats:
		return v.Floats[0], ""
	}
	return string(v.Value(0)), ""
}

func TestDecode(t *testing.T) {
	at, err := parseURL("sqlite:"+newFile(t, ""), "ro")
	require.NoError(t, err)
	c, err := openConn(at, 1)
	require.NoError(t, err)
	defer c.close()
	leap := change.DayOf(2024, 2, 29)
	noon := int64(leap.At(12 * 3600 * microsPerSecond))
	for _, x := range []struct {
		expr   string
		layout change.Layout
		want   any
		why    string
	}{
		{"NULL", change.Int64, nil, ""},
		{"9223372036854775807", change.Int64, int64(math.MaxInt64), ""},
		{"3.0", change.Int64, int64(3), ""},
		{"3.5", change.Int64, nil, notInteger},
		{"9.3e18", change.Int64, nil, notInteger},
		{"'12'", change.Int64, int64(12), ""},
		{"'twelve'", change.Int64, nil, notInteger},
		{"x'31'", change.Int64, nil, notInteger},
		{"-1", change.Uint64, nil, notInteger},
		{"'18446744073709551615'", change.Uint64, int64(-1), ""},
		{"2", change.Bool, nil, notBoolean},
		{"'TRUE'", change.Bool, int64(1), ""},
		{"0.0", change.Bool, int64(0), ""},
		{"9007199254740993", change.Float64, nil, notExact},
		{"9007199254740992", change.Float64, 9007199254740992.0, ""},
		{"'1e5'", change.Float64, nil, notNumber},
		{"0.1", change.Float32, nil, notExact},
		{"9e999", change.Float64, math.Inf(1), ""},
		{"12.34", change.Decimal, "12.34", ""},
		{"-0.0", change.Decimal, "0", ""},
		{"1e22", change.Decimal, "10000000000000000000000", ""},
		{"-9e999", change.Decimal, "-Infinity", ""},
		{"'12345678901234567890.10'", change.Decimal, "12345678901234567890.10", ""},
		{"'1e5'", change.Decimal, nil, notNumber},
		{"'.5'", change.Decimal, nil, notNumber},
		{"5", change.Text, "5", ""},
		{"5.0", change.Text, "5.0", ""},
		{"x'ff'", change.Text, nil, notText},
		{"CAST(x'c3a9' AS TEXT)", change.Text, "é", ""},
		{"x'c3a9'", change.Text, "é", ""},
		{"CAST(x'ff' AS TEXT)", change.Text, nil, notText},
		{"'é'", change.Bytes, "é", ""},
		{"5", change.Bytes, nil, notBytes},
		{"'2024-02-29'", change.Date, int64(leap), ""},
		{"'2023-02-29'", change.Date, int64(change.OddDay(2023, 2, 29)), ""},
		{"'2024-02-32'", change.Date, nil, notDate},
		{"'2024-00-10'", change.Date, int64(change.OddDay(2024, 0, 10)), ""},
		{"'2024-13-10'", change.Date, nil, notDate},
		{"'2024-02-29 12:00'", change.Date, nil, dateHasTime},
		{"'2024-02-29 00:00:00'", change.Date, int64(leap), ""},
		{"1709208000", change.Timestamp, noon, ""},
		{"1709208000.5", change.Timestamp, noon + 500000, ""},
		{"1709208000123", change.Timestamp, noon + 123000, ""},
		{"2460370.0", change.Timestamp, noon, ""},
		{"20240229", change.Date, nil, notDate},
		{"2460370", change.Timestamp, nil, notMoment},
		{"86400", change.Timestamp, nil, notMoment},
		{"'2024-02-29T14:00:00+02:00'", change.Instant, noon, ""},
		{"'2024-02-29 12:00:00Z'", change.Timestamp, noon, ""},
		{"'2024-02-29 12:00:00.123456000'", change.Timestamp, noon + 123456, ""},
		{"'2024-02-29 12:00:00.1234567'", change.Timestamp, nil, notMoment},
		{"'2024-02-29 24:00:00'", change.Timestamp, nil, notMoment},
		{"'29/02/2024'", change.Timestamp, nil, notMoment},
		{"'-838:59:59.000001'", change.Time, -int64(838*3600+59*60+59)*microsPerSecond - 1, ""},
		{"'12:30'", change.Time, int64(12*3600+30*60) * microsPerSecond, ""},
		{"'12:60:00'", change.Time, nil, notTime},
		{"43200", change.Time, nil, notTime},
	} {
		got, why := decodeSQL(t, c, x.expr, x.layout)
		require.Equal(t, x.why, why, "%s as %s", x.expr, x.layout)
		require.Equal(t, x.want, got, "%s as %s", x.expr, x.layout)
	}
}

// TestMomentsComeBack: what appendMoment writes, parseMoment reads.
func TestMomentsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.OneOf(
			rapid.Custom(func(t *rapid.T) change.Day { return change.Day(rapid.IntRange(-2_000_000, 100_000_000).Draw(t, "day")) }),
			rapid.Custom(func(t *rapid.T) change.Day {
				return change.OddDay(rapid.IntRange(0, 9999).Draw(t, "y"), 0, rapid.IntRange(0, 31).Draw(t, "d"))
			}),
			rapid.Just(change.PositiveInfinityDay), rapid.Just(change.NegativeInfinityDay)).Draw(t, "day")
		m := day.At(rapid.Int64Range(0, change.MicrosPerDay-1).Draw(t, "micros"))
		for _, zone := range []bool{false, true} {
			text := appendMoment(nil, m, zone)
			got, ok := parseMoment(text)
			require.True(t, ok, "%s", text)
			require.Equal(t, m, got, "%s", text)
		}
		micros := rapid.Int64Range(-3_600_000_000*900, 3_600_000_000*900).Draw(t, "time")
		got, ok := parseTime(appendTime(nil, micros))
		require.True(t, ok)
		require.Equal(t, micros, got)
	})
}

func FuzzParseMoment(f *testing.F) {
	f.Add([]byte("2024-02-29 12:30:00.123456+02:00"))
	f.Add([]byte("-0043-03-15"))
	f.Add([]byte("infinity"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, ok := parseMoment(b); ok {
			again, ok := parseMoment(appendMoment(nil, m, false))
			require.True(t, ok, "%q", b)
			require.Equal(t, m, again, "%q", b)
		}
		if micros, ok := parseTime(b); ok {
			again, ok := parseTime(appendTime(nil, micros))
			require.True(t, ok, "%q", b)
			require.Equal(t, micros, again, "%q", b)
		}
	})
}
