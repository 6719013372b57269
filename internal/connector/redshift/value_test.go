package redshift

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// column makes a column of a type as Redshift spells it.
func column(name, native string) *catalog.Column {
	c := &catalog.Column{Name: name, NativeType: native}
	c.BaseType, c.Type = typemap.FromNative(catalog.Redshift, native)
	return c
}

// vector holds one value, told by its Go type in the layout.
func vector(l change.Layout, value any) *change.Vector {
	var v change.Vector
	v.Reset(l)
	switch x := value.(type) {
	case nil:
		v.AppendNull()
	case int:
		v.AppendInt(int64(x))
	case int64:
		v.AppendInt(x)
	case float64:
		v.AppendFloat(x)
	case string:
		v.AppendString(x)
	}
	return &v
}

func day(y, m, d int) int64 { return int64(change.DayOf(y, m, d)) }

func moment(y, m, d int, micros int64) int64 { return int64(change.DayOf(y, m, d).At(micros)) }

func TestValuesAsTheirColumnsTakeThem(t *testing.T) {
	long := strings.Repeat("é", 40)
	for _, c := range []struct {
		native string
		layout change.Layout
		value  any
		want   string // begins with ! where the value is refused for that reason
		set    settings
	}{
		{"boolean", change.Bool, 1, "true", settings{}},
		{"boolean", change.Int64, 0, "false", settings{}},
		{"boolean", change.Int64, 2, "!neither true nor false", settings{}},
		{"boolean", change.Text, "T", "true", settings{}},
		{"smallint", change.Int64, -32768, "-32768", settings{}},
		{"smallint", change.Int64, 32768, "!out of the range of smallint", settings{}},
		{"bigint", change.Uint64, int64(-1), "!out of the range of bigint", settings{}},
		{"integer", change.Decimal, "5.00", "5", settings{}},
		{"integer", change.Decimal, "5.5", "!not a whole number", settings{}},
		{"integer", change.Text, "x", "!no number", settings{}},
		{"numeric(5,2)", change.Decimal, "-123.45", "-123.45", settings{}},
		{"numeric(5,2)", change.Decimal, "1234.5", "!more digits than numeric(5,2)", settings{}},
		{"numeric(5,2)", change.Decimal, "0.001", "!more digits than numeric(5,2)", settings{}},
		{"numeric(5,2)", change.Decimal, "1.500", "1.500", settings{}},
		{"numeric(5,2)", change.Decimal, "NaN", "!no number", settings{}},
		{"numeric(20,0)", change.Uint64, int64(-1), "18446744073709551615", settings{}},
		{"real", change.Float64, 1e300, "!out of the range of real", settings{}},
		{"double precision", change.Float64, math.Inf(1), "Infinity", settings{}},
		{"double precision", change.Float64, 0.1, "0.1", settings{}},
		{"double precision", change.Int64, int64(1<<53 + 1), "!more digits than double precision", settings{}},
		{"double precision", change.Int64, int64(-1 << 63), "-9.223372036854776e+18", settings{}},
		{"double precision", change.Int64, int64(1<<63 - 1), "!more digits than double precision", settings{}},
		{"double precision", change.Uint64, int64(-1), "!more digits than double precision", settings{}},
		{"real", change.Int64, 1<<24 + 1, "!more digits than real", settings{}},
		{"real", change.Int64, -1 << 24, "-16777216", settings{}},
		{"real", change.Decimal, "0.1", "0.1", settings{}},
		{"varchar(5)", change.Text, "héé", "héé", settings{}},
		{"varchar(5)", change.Text, "hééé", "!takes 7 bytes, and varchar(5) holds 5", settings{}},
		{"varchar(6)", change.Text, long, "ééé", settings{truncate: true}},
		{"varchar(7)", change.Text, long, "ééé", settings{truncate: true}},
		{"varchar(9)", change.Text, "a\x00b", "!NUL", settings{}},
		{"varchar(9)", change.Text, "a\xffb", "!not UTF-8", settings{}},
		{"varchar(9)", change.Text, "", "", settings{}},
		{"varchar(9)", change.Text, "", "NULL", settings{emptyAsNull: true}},
		{"varchar(9)", change.Text, "x  ", "x  ", settings{}},
		{"varchar(9)", change.Text, "x  ", "x", settings{trimBlanks: true}},
		{"varchar(9)", change.Text, "   ", "NULL", settings{trimBlanks: true, emptyAsNull: true}},
		{"varchar(9)", change.Text, `"a"b"`, `a"b`, settings{removeQuotes: true}},
		{"varchar(9)", change.Text, `'a`, `'a`, settings{removeQuotes: true}},
		{"varchar(20)", change.Text, "a\x00béc", "a?b?c", settings{invalid: "\x00é", replacement: "?"}},
		{"varchar(9)", change.Bytes, "\x00\xff", "00ff", settings{}},
		{"varchar(3)", change.Bytes, "\x00\xff", "!takes 4 bytes as text", settings{}},
		{"varchar(9)", change.Int64, 5, "5", settings{}},
		{"varchar(20)", change.Time, int64(-1_500_000), "-00:00:01.5", settings{}},
		{"char(3)", change.Text, "é", "!several bytes", settings{}},
		{"date", change.Date, day(2024, 2, 29), "2024-02-29", settings{}},
		{"date", change.Date, int64(change.OddDay(0, 0, 0)), "!AcceptAnyDate", settings{}},
		{"date", change.Date, int64(change.OddDay(0, 0, 0)), "NULL", settings{anyDate: true}},
		{"date", change.Date, int64(change.PositiveInfinityDay), "!AcceptAnyDate", settings{}},
		{"date", change.Date, day(-5, 1, 1), "!years 1 to 9999", settings{}},
		{"date", change.Text, "2024-02-30", "!AcceptAnyDate", settings{}},
		{"date", change.Timestamp, moment(2024, 1, 1, 5), "!time of day", settings{}},
		{"timestamp", change.Timestamp, moment(2024, 1, 1, 1), "2024-01-01 00:00:00.000001", settings{}},
		{"timestamp", change.Date, day(2024, 1, 1), "2024-01-01 00:00:00", settings{}},
		{"timestamptz", change.Instant, moment(2024, 1, 1, 0), "2024-01-01 00:00:00+00", settings{}},
		{"timestamp", change.Timestamp, int64(change.NegativeInfinityMoment), "!AcceptAnyDate", settings{}},
		{"time", change.Time, 86_399_000_000, "23:59:59", settings{}},
		{"time", change.Time, 86_400_000_000, "!no time of a day", settings{}},
		{"super", change.Text, `{"a": [1]}`, `{"a": [1]}`, settings{}},
		{"super", change.Text, `{"a"`, "!not JSON", settings{}},
	} {
		f := field{column: column("c", c.native), layout: c.layout}
		require.True(t, f.settle(), "%s from %s", c.native, c.layout)
		w := writer{settings: &c.set}
		out, null, why := w.value(nil, &f, vector(c.layout, c.value), 0)
		about := []any{"%s from %s %v", c.native, c.layout, c.value}
		switch reason, refused := strings.CutPrefix(c.want, "!"); {
		case refused:
			require.NotNil(t, why, about...)
			require.Contains(t, why.reason, reason, about...)
		case c.want == "NULL":
			require.Nil(t, why, about...)
			require.True(t, null, about...)
		default:
			require.Nil(t, why, about...)
			require.False(t, null, about...)
			require.Equal(t, c.want, string(out), about...)
			require.Equal(t, c.set.truncate, w.cut, about...)
		}
	}
	refused := field{column: column("g", "geometry"), layout: change.Text}
	require.False(t, refused.settle(), "a type that nothing is known of is not written")
}

func TestLiteralsHoldNoBackslash(t *testing.T) {
	require.Equal(t, `'it''s'`, literal("it's"))
	require.Equal(t, `('a'||chr(92)||''''||chr(92)||'')`, literal(`a\'\`))
	for _, s := range []string{`\`, `\\`, `a\nb`, `'; DROP TABLE x; --`, `\'; DROP TABLE x; --`} {
		require.NotContains(t, literal(s), `\`)
	}
}

// FuzzLines: whatever a text is, its line is one record of CSV that gives it back.
func FuzzLines(f *testing.F) {
	for _, s := range []string{"", "a,b", "\"", "\n", "a\r\nb", " x ", "null"} {
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		l := liner{writer: writer{settings: &settings{}}, null: "null"}
		var batch change.Batch
		batch.Reset([]change.Layout{change.Text, change.Text})
		batch.Columns[0].AppendString(a)
		batch.Columns[1].AppendString(b)
		batch.EndRow()
		fields, err := fieldsOf(&catalog.Table{}, []connector.LoadColumn{{Column: column("a", "varchar(65535)"), Layout: change.Text}, {Column: column("b", "varchar(65535)"), Layout: change.Text}})
		require.NoError(t, err)
		line, _, no := l.append(nil, []part{{fields, &batch}}, 0)
		if no != nil {
			require.Empty(t, line)
			return
		}
		require.Equal(t, []string{a, b}, record(t, line))
	})
}

// record reads one record of CSV back, as RFC 4180 has it.
func record(t *testing.T, p []byte) (fields []string) {
	var b []byte
	inside := false
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case inside && c == '"' && p[i+1] == '"':
			b = append(b, '"')
			i++
		case c == '"':
			inside = !inside
		case !inside && (c == ',' || c == '\n'):
			fields, b = append(fields, string(b)), nil
		default:
			b = append(b, c)
		}
	}
	require.False(t, inside)
	return fields
}

// BenchmarkLine writes rows of the usual types as CSV: no row may cost an allocation.
func BenchmarkLine(b *testing.B) {
	cells := []struct {
		native string
		layout change.Layout
		value  any
	}{
		{"integer", change.Int64, 12345}, {"numeric(12,3)", change.Decimal, "-123456.125"}, {"double precision", change.Float64, 2.5}, {"boolean", change.Bool, 1},
		{"character varying(80)", change.Text, `some words, and "quoted" ones`}, {"timestamp without time zone", change.Timestamp, moment(2024, 2, 29, 45_296_789_012)},
	}
	p := part{batch: &change.Batch{}}
	for _, c := range cells {
		f := field{column: column("c", c.native), layout: c.layout}
		require.True(b, f.settle(), c.native)
		p.fields, p.batch.Columns = append(p.fields, f), append(p.batch.Columns, *vector(c.layout, c.value))
	}
	l := liner{writer: writer{settings: &settings{}}, null: "null"}
	parts := []part{p}
	line, _, no := l.append(nil, parts, 0)
	require.Nil(b, no)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		line, _, _ = l.append(line[:0], parts, 0)
	}
}
