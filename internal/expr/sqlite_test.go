package expr_test

import (
	"database/sql"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/expr"
)

// row is one row that both sides evaluate on: columns i, r, s, b.
type row struct {
	i any
	r any
	s any
	b any
}

var columns = []expr.Column{{Name: "i", Layout: change.Int64}, {Name: "r", Layout: change.Float64}, {Name: "s", Layout: change.Text}, {Name: "b", Layout: change.Bytes}}

func (r row) batch() *change.Batch {
	b := &change.Batch{}
	b.Reset([]change.Layout{change.Int64, change.Float64, change.Text, change.Bytes})
	for k, v := range []any{r.i, r.r, r.s, r.b} {
		switch v := v.(type) {
		case nil:
			b.Columns[k].AppendNull()
		case int64:
			b.Columns[k].AppendInt(v)
		case float64:
			b.Columns[k].AppendFloat(v)
		case string:
			b.Columns[k].AppendString(v)
		case []byte:
			b.Columns[k].AppendData(v)
		}
	}
	b.EndRow()
	return b
}

// oracle evaluates with SQLite itself.
type oracle struct{ db *sql.DB }

func newOracle(t *testing.T) *oracle {
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.Exec(`CREATE TABLE t (i INTEGER, r REAL, s TEXT, b BLOB)`)
	require.NoError(t, err)
	return &oracle{db}
}

type fataler interface {
	require.TestingT
	Helper()
}

func (o *oracle) set(t fataler, r row) {
	_, err := o.db.Exec(`DELETE FROM t`)
	require.NoError(t, err)
	_, err = o.db.Exec(`INSERT INTO t VALUES (?, ?, ?, ?)`, r.i, r.r, r.s, r.b)
	require.NoError(t, err)
}

func (o *oracle) eval(src string) (string, error) {
	for _, c := range columns {
		src = strings.ReplaceAll(src, "$"+c.Name, "t."+c.Name)
	}
	var v any
	var kind string
	err := o.db.QueryRow("SELECT v, typeof(v) FROM (SELECT "+src+" AS v FROM t)").Scan(&v, &kind)
	if err != nil {
		return "", err
	}
	if f, ok := v.(float64); ok {
		return fmt.Sprintf("real %x %v", math.Float64bits(f), f), nil
	}
	return fmt.Sprintf("%s %q", kind, fmt.Sprint(asText(v))), nil
}

func asText(v any) any {
	if p, ok := v.([]byte); ok {
		return string(p)
	}
	return v
}

func show(v expr.Value) string {
	switch v.Class {
	case expr.Null:
		return `null "<nil>"`
	case expr.Integer:
		return fmt.Sprintf("integer %q", fmt.Sprint(v.Int))
	case expr.Real:
		return fmt.Sprintf("real %x %v", math.Float64bits(v.Float), v.Float)
	case expr.Text:
		return fmt.Sprintf("text %q", v.Bytes)
	case expr.Blob:
		return fmt.Sprintf("blob %q", v.Bytes)
	}
	return "decimal " + string(v.Bytes)
}

func (o *oracle) same(t fataler, src string, r row) {
	t.Helper()
	want, wantErr := o.eval(src)
	p, err := expr.Compile(src)
	if err == nil {
		var b *expr.Bound
		b, err = p.Bind(columns, nil)
		require.NoError(t, err)
		var v expr.Value
		v, err = b.Eval(r.batch(), 0)
		if wantErr == nil && err == nil {
			require.Equal(t, want, show(v), "%s\nwith %#v", src, r)
			return
		}
	}
	require.Equal(t, wantErr != nil, err != nil, "%s\nwith %#v\nSQLite: %v\nours: %v", src, r, wantErr, err)
}

func TestSameAsSQLiteExamples(t *testing.T) {
	o := newOracle(t)
	r := row{int64(7), 2.5, "12abc", []byte("xyz")}
	o.set(t, r)
	for _, src := range []string{
		`1`, `-9223372036854775808`, `9223372036854775808`, `- -5`, `1.5e3`, `.5`, `5.`, `0x1F`, `x'00ff'`, `'it''s'`, `NULL`, `TRUE`, `"text"`,
		`7/2`, `7/2.0`, `7%0`, `-7%3`, `7.9%3`, `'1e2'%7`, `9223372036854775807+1`, `-9223372036854775808/-1`, `-9223372036854775807-2`, `4611686018427387904*2`,
		`$s+1`, `'12.5x'+1`, `'abc'+1`, `'  5 '+1`, `''+1`, `$i||$s`, `$r||''`, `1||2||3`, `(1||2)||3`, `'a'||NULL`, `x'41'||'b'`,
		`1.0||''`, `1e20||''`, `1e16||''`, `1e17||''`, `0.1+0.2||''`, `(0.1+0.2)||''`, `1e-5||''`, `123456789012345678.0||''`, `49.47||''`, `-0.0||''`, `1e308*10||''`, `100.0||''`, `(1e308*10)||''`,
		`$i='7'`, `$s=12`, `'7'=7`, `$i=7.0`, `$s='12abc'`, `1<'a'`, `'a'<x'00'`, `NULL=NULL`, `NULL IS NULL`, `1 IS NOT 2`, `$i IS '7'`, `1 IS NOT DISTINCT FROM 1`, `NULL IS DISTINCT FROM 1`,
		`0.0 IS FALSE`, `'1x' IS TRUE`, `NULL IS NOT TRUE`, `1 IS TRUE + 1`,
		`1 OR NULL`, `0 OR NULL`, `0 AND NULL`, `1 AND NULL`, `NOT NULL`, `NOT 0.5`, `NOT 'a'`, `1 + NOT 0`, `NOT 1 = 2`, `-1 BETWEEN 0 AND NULL`,
		`$i IN (1,'7')`, `$s IN (12)`, `NULL IN ()`, `1 IN ()`, `3 NOT IN (1,NULL)`, `1 IN (1,NULL)`, `$i BETWEEN '6' AND '8'`, `5 NOT BETWEEN 1 AND 4`,
		`'ABC' LIKE 'a%'`, `'a%c' LIKE 'a\%c' ESCAPE '\'`, `'żÓŁW' LIKE 'ż__w'`, `'abc' NOT LIKE '%b'`, `x'41' LIKE 'A'`, `NULL LIKE 'a'`, `12 LIKE '1%'`, `'aaab' LIKE '%a_b%%'`, `'' LIKE '%'`, `'a' LIKE ''`,
		`'%' LIKE '%%' ESCAPE '%'`, `'a' LIKE 'a' ESCAPE 'xx'`, `'ab' LIKE 'a_' ESCAPE NULL`,
		`CASE $i WHEN '7' THEN 'seven' END`, `CASE WHEN NULL THEN 1 WHEN 2 THEN 'b' ELSE 3 END`, `CASE NULL WHEN NULL THEN 1 ELSE 2 END`, `CASE 1 WHEN 1.0 THEN 'x' END`,
		`CAST('12abc' AS INTEGER)`, `CAST('1e3' AS INT)`, `CAST(2.9 AS INTEGER)`, `CAST(-2.9 AS INTEGER)`, `CAST(1e30 AS INTEGER)`, `CAST('5.0' AS NUMERIC)`, `CAST('5.5' AS DECIMAL(10,2))`,
		`CAST(5 AS TEXT)`, `CAST(5 AS REAL)`, `CAST('abc' AS REAL)`, `CAST(12 AS BLOB)`, `CAST(x'3132' AS TEXT)`, `CAST('99999999999999999999' AS INTEGER)`, `CAST(5.0 AS NUMERIC)`, `CAST('1e2' AS NUMERIC)`, `CAST('1' AS VARCHAR(5)) = 1`,
		`5 & 3`, `5 | 8`, `1 << 62`, `1 << 64`, `-8 >> 1`, `-8 >> 70`, `1 << -1`, `~5`, `'7' & 3`,
		`lower('ÄB')`, `upper('straße')`, `trim('  x ')`, `ltrim('xxabc','x')`, `rtrim('abcéé','é')`, `trim('xax','x')`, `replace('aXbX','X','yy')`, `replace('a','',NULL)`, `replace(5,'','x')`,
		`substr('héllo',2,3)`, `substr('hello',-3)`, `substr('hello',-3,2)`, `substr('hello',0,2)`, `substr('hello',3,-2)`, `substr('hello',-9,6)`, `substr('hello',-2,-2)`, `substr(x'010203',2)`, `substr('hello',2,NULL)`, `substr('hello',0)`, `substr('hello',9)`, `substr('hello', 1, 0)`,
		`hex('abc')`, `hex(x'ff')`, `hex(NULL)`, `hex(12)`, `zeroblob(3)`, `zeroblob(-1)`, `length('héy')`, `length(x'0001')`, `length(123)`, `length(NULL)`, `instr('hello','l')`, `instr('hé!','!')`, `instr(x'0102',x'02')`, `instr('a','')`,
		`abs(-5)`, `abs('-2.5')`, `abs('x')`, `abs(NULL)`, `abs(-9223372036854775808)`, `sign(-2)`, `sign('x')`, `sign('3')`, `sign(NULL)`,
		`round(2.5)`, `round(-2.5)`, `round(2.675,2)`, `round(1.005,2)`, `round(0.125,2)`, `round(1e20)`, `round('3.6')`, `round(3,1)`, `round(NULL)`, `round(2.5,NULL)`, `round(123.456,-1)`, `round(0.5,0)`, `round(0.05,1)`, `round(0.04,1)`, `round(99.995,2)`, `round(1.23456789012345678,17)`,
		`max(1,2.0)`, `max(1,'a')`, `min(1,1.0)`, `max(1.0,1)`, `max(1,NULL)`, `min('b',x'00')`, `coalesce(NULL,NULL,3)`, `ifnull(NULL,'x')`, `nullif(1,1.0)`, `nullif(1,'1')`, `nullif(NULL,1)`, `iif(0,1,2)`, `iif(0,1)`, `typeof(1.0)`, `unicode('é')`, `char(65,233)`,
		`date('2023-02-31')`, `date('2024-02-29','+1 year')`, `date('2024-01-31','+1 month')`, `date('2024-01-31','+1 month','floor')`, `datetime('2024-01-31 10:11:12.5')`, `datetime('2024-01-31 10:11:12.5','subsec')`, `time('10:11')`, `time('25:00')`,
		`datetime(0,'unixepoch')`, `datetime(1700000000,'auto')`, `datetime(2460000.5)`, `julianday('2000-01-01 12:00')`, `date('2024-05-15','start of month','-1 day')`, `date('2024-05-15','end of month')`, `date('2024-05-15','weekday 0')`, `date('2024-05-15','weekday -1')`,
		`strftime('%Y-%m-%d %H:%M:%f','2024-05-15T10:11:12.3456Z')`, `strftime('%j %J %s %S %w %W %% %u %U %V %G %g %e %k %I %l %p %P %R %T %F','2024-05-05 09:08:07')`, `strftime('%q','2024-01-01')`, `strftime('%','2024-01-01')`, `strftime(NULL,'2024-01-01')`,
		`datetime('2024-05-15 10:00+02:00')`, `datetime('2024-05-15','+01:30')`, `datetime('2024-05-15','-0001-02-03')`, `datetime('2024-05-15','+0001-02-03 04:05')`, `date('-0044-03-15')`, `date('nonsense')`, `date('2024-05-15','nonsense')`, `date('2024-05-15','1.5 days')`, `datetime('2024-05-15','1.5 months')`,
		`unixepoch('2024-01-01')`, `unixepoch('2024-01-01 00:00:00.5','subsec')`, `datetime('2024-05-15 24:00')`, `date(NULL)`, `date('12:30')`, `date('2024-05-15','julianday')`, `date(2460000,'julianday')`, `datetime('2460000.25')`, `date('2024-13-01')`,
		`date('9999-12-31','+1 day')`, `strftime('%Y','-0044-03-15')`, `$i IS NULL`, `$i ISNULL`, `$i NOTNULL`, `$i NOT NULL`, "1 -- comment\n", `/* c */ 2`, `1 < 2 < 3`, `1 = 2 = 0`, `2 * 3 || 4`, `-2 || 3`, `1 + 2 || 3 * 4`, `NOT $i IS NULL AND 1`, `1 BETWEEN 0 AND 2 = 1`,
	} {
		o.same(t, src, r)
	}
}

func genRow(t *rapid.T) row {
	maybe := func(g *rapid.Generator[any]) *rapid.Generator[any] {
		return rapid.OneOf(g, g, g, rapid.Just[any](nil))
	}
	return row{
		i: maybe(rapid.OneOf(rapid.Int64().AsAny(), rapid.Int64Range(-20, 20).AsAny())).Draw(t, "i"),
		r: maybe(rapid.OneOf(rapid.Float64Range(-1e6, 1e6).AsAny(), rapid.SampledFrom([]float64{0, 1, -2.5, 1e15, 1e17, 0.1, 1e300, 1e-7}).AsAny())).Draw(t, "r"),
		s: maybe(rapid.OneOf(rapid.StringMatching(`[a-cA-C%_é 0-9.]{0,6}`).AsAny(), rapid.SampledFrom([]string{"", "12", "1e2", " 7 ", "-3.5", "2024-02-29", "2024-02-29 12:34:56", "0x10", "+5", "5."}).AsAny())).Draw(t, "s"),
		b: maybe(rapid.SampledFrom([][]byte{[]byte("1"), []byte("ab"), []byte("12.5")}).AsAny()).Draw(t, "b"),
	}
}

// genExpr draws an expression of at most the given depth.
func genExpr(t *rapid.T, depth int) string {
	if depth == 0 {
		return rapid.SampledFrom([]string{
			"$i", "$r", "$s", "$b", "1", "0", "-1", "2.5", "'a'", "'12'", "' 3.0 '", "NULL", "x'3132'", "9223372036854775807", "1e3", "'B_%'", "'2024-02-29'", "TRUE",
		}).Draw(t, "leaf")
	}
	sub := func() string { return genExpr(t, rapid.IntRange(0, depth-1).Draw(t, "depth")) }
	switch rapid.IntRange(0, 11).Draw(t, "form") {
	case 0, 1, 2:
		op := rapid.SampledFrom([]string{"+", "-", "*", "/", "%", "||", "=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT", "AND", "OR", "&", "|", "<<", ">>", "LIKE"}).Draw(t, "op")
		if rapid.Bool().Draw(t, "bare") {
			return sub() + " " + op + " " + sub()
		}
		return "(" + sub() + ") " + op + " (" + sub() + ")"
	case 3:
		return rapid.SampledFrom([]string{"NOT ", "- ", "+ ", "~ "}).Draw(t, "prefix") + "(" + sub() + ")"
	case 4:
		return fmt.Sprintf("(%s) %s (%s)", sub(), rapid.SampledFrom([]string{"IN", "NOT IN"}).Draw(t, "in"), strings.Join([]string{sub(), sub(), sub()}, ", "))
	case 5:
		return fmt.Sprintf("(%s) BETWEEN (%s) AND (%s)", sub(), sub(), sub())
	case 6:
		return fmt.Sprintf("CASE WHEN %s THEN %s WHEN %s THEN %s ELSE %s END", sub(), sub(), sub(), sub(), sub())
	case 7:
		return fmt.Sprintf("CASE %s WHEN %s THEN %s ELSE %s END", sub(), sub(), sub(), sub())
	case 8:
		return fmt.Sprintf("CAST(%s AS %s)", sub(), rapid.SampledFrom([]string{"INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB", "VARCHAR(10)"}).Draw(t, "type"))
	case 9:
		one := rapid.SampledFrom([]string{"lower", "upper", "trim", "ltrim", "rtrim", "hex", "length", "abs", "round", "typeof", "sign", "date", "time", "datetime", "julianday", "unixepoch"}).Draw(t, "one")
		return fmt.Sprintf("%s(%s)", one, sub())
	case 10:
		two := rapid.SampledFrom([]string{"trim", "ifnull", "nullif", "max", "min", "substr", "instr", "coalesce", "round", "rtrim"}).Draw(t, "two")
		return fmt.Sprintf("%s(%s, %s)", two, sub(), sub())
	}
	three := rapid.SampledFrom([]string{"substr", "replace", "max", "min", "iif", "coalesce", "instr2"}).Draw(t, "three")
	if three == "instr2" {
		mod := rapid.SampledFrom([]string{"+1 day", "-3 months", "+2 years", "start of month", "weekday 3", "+90 minutes", "1.25 hours", "end of year", "unixepoch", "auto", "floor"}).Draw(t, "mod")
		return fmt.Sprintf("strftime('%%Y-%%m-%%d %%H:%%M:%%f %%j %%W', %s, '%s')", sub(), mod)
	}
	return fmt.Sprintf("%s(%s, %s, %s)", three, sub(), sub(), sub())
}

func TestSameAsSQLite(t *testing.T) {
	o := newOracle(t)
	rapid.Check(t, func(t *rapid.T) {
		r := genRow(t)
		o.set(t, r)
		for range 5 {
			o.same(t, genExpr(t, 4), r)
		}
	})
}
