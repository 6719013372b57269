package expr_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/expr"
)

func TestCompileTellsWhereAndWhy(t *testing.T) {
	for src, want := range map[string]string{
		"":                         "expression, position 1: the expression ends where a value should follow",
		"1 +":                      "expression, position 4: the expression ends where a value should follow",
		"SELECT 1":                 "expression, position 1: only an expression is allowed here, no SELECT statement",
		"(SELECT 1)":               "expression, position 2: only an expression is allowed here, no SELECT statement",
		"1; DROP TABLE x":          "expression, position 2: only one expression is allowed here, no statements",
		"name || 'x'":              "expression, position 1: unknown word \"name\": a column is written $name, a text 'in single quotes'",
		"1 2":                      "expression, position 3: \"2\" stands where the end of the expression should be",
		"'abc":                     "expression, position 1: the string has no closing '",
		"$":                        "expression, position 1: $ wants a column name after it",
		"upper()":                  "expression, position 1: upper does not take 0 arguments",
		"max($a)":                  "expression, position 1: max wants at least two arguments: over rows of a table it has no meaning here",
		"$a GLOB 'x'":              "expression, position 4: the operator GLOB is not available",
		"CASE WHEN 1 THEN 2":       "expression, position 19: the expression ends where END should follow",
		"12abc":                    "expression, position 1: \"12abc\" is not a number",
		"x'0'":                     "expression, position 1: a blob literal wants an even number of hexadecimal digits",
		"(1, 2)":                   "expression, position 3: lists of values in parentheses belong after IN only",
		"date('now', 'localtime')": "expression, position 1: the modifier \"localtime\" is not available: values have no local time zone here",
		"1 ? 2":                    "expression, position 3: unexpected character '?'",
	} {
		_, err := expr.Compile(src)
		require.EqualError(t, err, want, src)
	}
	_, err := expr.Compile("printf('%d', 1)")
	require.ErrorContains(t, err, `position 1: there is no function "printf"; there are abs, char, coalesce, date, `)
	deep := ""
	for range 5000 {
		deep += "("
	}
	_, err = expr.Compile(deep)
	require.ErrorContains(t, err, "nests deeper than 200 levels")
}

func TestColumns(t *testing.T) {
	p, err := expr.Compile("$a || ${b c} || $AR_M_SOURCE_SCHEMA || $a$x || $a")
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b c", "a$x"}, p.Columns())
}

func TestBindNamesTheKnownColumns(t *testing.T) {
	p, err := expr.Compile("1 + $C")
	require.NoError(t, err)
	_, err = p.Bind([]expr.Column{{Name: "a"}, {Name: "c"}}, nil)
	require.EqualError(t, err, `expression, position 5: there is no column "C"; the columns are a, c`)
}

func TestEvalText(t *testing.T) {
	p, err := expr.Compile("lower($AR_M_SOURCE_TABLE_NAME) || CASE WHEN $x = '1' THEN '_a' ELSE '_b' END")
	require.NoError(t, err)
	got, err := p.EvalText(map[string]string{"AR_M_SOURCE_TABLE_NAME": "Orders", "$x": "1"})
	require.NoError(t, err)
	require.Equal(t, "orders_a", got)
	_, err = p.EvalText(map[string]string{"AR_M_SOURCE_TABLE_NAME": "Orders", "y": "1"})
	require.EqualError(t, err, "expression, position 45: $x is not known in a rename; known are $AR_M_SOURCE_TABLE_NAME, $y")

	null, err := expr.Compile("NULL")
	require.NoError(t, err)
	_, err = null.EvalText(nil)
	require.EqualError(t, err, `evaluate "NULL": the result is NULL, which is no name`)
}

// evalOn evaluates on one row with a single column x.
func evalOn(t *testing.T, src string, layout change.Layout, fill func(v *change.Vector)) string {
	t.Helper()
	p, err := expr.Compile(src)
	require.NoError(t, err)
	env := &expr.Environment{SourceSchema: "shop", Now: func() time.Time { return time.Date(2024, 2, 29, 12, 0, 0, 5000, time.UTC) }}
	bound, err := p.Bind([]expr.Column{{Name: "x", Layout: layout}}, env)
	require.NoError(t, err)
	b := &change.Batch{}
	b.Reset([]change.Layout{layout})
	fill(&b.Columns[0])
	b.EndRow()
	v, err := bound.Eval(b, 0)
	require.NoError(t, err)
	if v.Class == expr.Null {
		return "NULL"
	}
	return string(v.AppendText(nil))
}

func TestDecimalsKeepTheirDigits(t *testing.T) {
	decimal := func(s string) func(v *change.Vector) { return func(v *change.Vector) { v.AppendString(s) } }
	const long = "12345678901234567890.1200"
	for src, want := range map[string]string{
		"$x": long, "$x || '!'": long + "!", "coalesce(NULL, $x)": long, "CAST($x AS TEXT)": long, "max($x, 5)": long, "$x > 5": "1", "$x IN (1, 2)": "0", "length($x)": "25",
	} {
		require.Equal(t, want, evalOn(t, src, change.Decimal, decimal(long)), src)
	}
	require.Equal(t, "NaN", evalOn(t, "$x", change.Decimal, decimal("NaN")))
	require.Equal(t, "NULL", evalOn(t, "$x + 1", change.Decimal, decimal("NaN")))
	require.Equal(t, "1", evalOn(t, "$x > 1e300", change.Decimal, decimal("Infinity")))
	require.Equal(t, "6.5", evalOn(t, "$x + 5", change.Decimal, decimal("1.50")))
	require.Equal(t, "1", evalOn(t, "$x = '1.5'", change.Decimal, decimal("1.50")))
	require.Equal(t, "1.5", evalOn(t, "round($x, 1)", change.Decimal, decimal("1.52")))
}

func TestOtherLayouts(t *testing.T) {
	integer := func(i int64) func(v *change.Vector) { return func(v *change.Vector) { v.AppendInt(i) } }
	require.Equal(t, "18446744073709551615", evalOn(t, "$x || ''", change.Uint64, integer(-1)))
	require.Equal(t, "1", evalOn(t, "$x > 9223372036854775807", change.Uint64, integer(-1)))
	require.Equal(t, "1", evalOn(t, "$x", change.Bool, integer(1)))
	require.Equal(t, "2000", evalOn(t, "strftime('%Y', $x)", change.Date, integer(5)))
	require.Equal(t, "2000-01-01 00:00:01.5", evalOn(t, "$x", change.Instant, integer(1_500_000)))
	require.Equal(t, "00:00:01", evalOn(t, "time($x)", change.Time, integer(1_000_000)))
	require.Equal(t, "infinity", evalOn(t, "$x", change.Timestamp, integer(int64(change.PositiveInfinityMoment))))
}

func TestPlaceholdersAndClock(t *testing.T) {
	none := func(v *change.Vector) { v.AppendNull() }
	for src, want := range map[string]string{
		"$AR_M_SOURCE_SCHEMA": "shop", "$AR_H_OPERATION": "INSERT", "$AR_H_USER || '.'": ".", "$AR_H_TIMESTAMP": "2024-02-29 12:00:00.0000050",
		"date('now', '+1 day')": "2024-03-01", "CURRENT_TIMESTAMP": "2024-02-29 12:00:00", "operation_indicator('D','U','I')": "I",
		"hash_sha256('abc')":                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"length(randomblob(5)) || typeof(random())": "5integer",
		"$x || 'a'": "NULL",
		"CASE WHEN $AR_H_OPERATION = 'INSERT' THEN 1 END": "1",
	} {
		require.Equal(t, want, evalOn(t, src, change.Text, none), src)
	}
}

var common = []string{
	`$s || '-' || $i`, `CASE WHEN $i > 5 THEN upper($s) ELSE 'none' END`, `substr($s, 2, 3)`, `coalesce($b, $s)`, `round($r * 1.5, 2)`,
	`$i BETWEEN 1 AND 10 AND $s LIKE '%b%'`, `strftime('%Y-%m', '2024-02-29')`, `replace(trim($s), 'a', 'b')`, `hash_sha256($s)`, `CAST($i AS TEXT)`, `$i IN (1, 2, 3)`,
}

func TestCommonFormsDoNotAllocate(t *testing.T) {
	b := row{int64(7), 2.5, "abcdef", []byte("x")}.batch()
	for _, src := range common {
		bound := bind(t, src)
		require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = bound.Eval(b, 0) }), src)
	}
}

func bind(t testing.TB, src string) *expr.Bound {
	p, err := expr.Compile(src)
	require.NoError(t, err)
	bound, err := p.Bind(columns, &expr.Environment{})
	require.NoError(t, err)
	return bound
}

func BenchmarkEval(b *testing.B) {
	batch := row{int64(7), 2.5, "abcdef", []byte("x")}.batch()
	for _, src := range common {
		b.Run(src, func(b *testing.B) {
			bound := bind(b, src)
			for b.Loop() {
				_, _ = bound.Eval(batch, 0)
			}
		})
	}
}

func FuzzCompile(f *testing.F) {
	for _, src := range common {
		f.Add(src)
	}
	for _, src := range []string{"CASE $i WHEN 1 THEN x'00' ELSE -0x10 END", "NOT a IS NOT DISTINCT FROM .5e-3 /* c */ -- d", "date($s,'weekday 0','-0001-01-01 10:00','+5 days','12:30')", "${a b} NOT IN () ESCAPE"} {
		f.Add(src)
	}
	batch := row{int64(7), 2.5, "2024-02-29 12:00", []byte("x")}.batch()
	f.Fuzz(func(t *testing.T, src string) {
		p, err := expr.Compile(src)
		if err != nil {
			require.ErrorContains(t, err, "expression, position ")
			return
		}
		bound, err := p.Bind(columns, nil)
		if err != nil {
			return
		}
		v, err := bound.Eval(batch, 0)
		if err == nil {
			_ = v.AppendText(nil)
		}
	})
}
