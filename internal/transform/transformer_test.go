package transform_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

var (
	integerType = datatype.Type{Kind: datatype.Int4}
	bigType     = datatype.Type{Kind: datatype.Int8}
	textType    = datatype.Type{Kind: datatype.WString, Length: 20}
	lobType     = datatype.Type{Kind: datatype.NClob}
	priceType   = datatype.Type{Kind: datatype.Numeric, Precision: 10, Scale: 2}
)

// items is a table with id, name, price and note.
func items() *catalog.Table {
	return &catalog.Table{
		Name: catalog.Name{Schema: "shop", Name: "items"},
		Columns: []*catalog.Column{
			{Name: "id", Type: bigType}, {Name: "name", Type: textType}, {Name: "price", Type: priceType}, {Name: "note", Type: lobType},
		},
		PrimaryKey: &catalog.Key{Columns: []string{"id"}},
	}
}

func keep(t *catalog.Table, name string) mapping.ColumnPlan {
	return mapping.ColumnPlan{Name: name, Source: t.Column(name)}
}

func added(name, expression string, kind datatype.Type) mapping.ColumnPlan {
	return mapping.ColumnPlan{Name: name, Expression: expression, Type: &kind}
}

func planOf(t *catalog.Table, columns ...mapping.ColumnPlan) *mapping.TablePlan {
	return &mapping.TablePlan{Source: t, Target: catalog.Name{Schema: "store", Name: "goods"}, Columns: columns}
}

func layoutsOf(plan *mapping.TablePlan) (ls []change.Layout) {
	for _, c := range transform.ReadColumns(plan) {
		ls = append(ls, change.LayoutOf(c.Type))
	}
	return ls
}

// batchOf fills a batch from texts, converted to the layouts; "∅" is null.
func batchOf(t testing.TB, layouts []change.Layout, rows ...[]string) *change.Batch {
	b := &change.Batch{}
	b.Reset(layouts)
	kinds := map[change.Layout]datatype.Type{change.Int64: bigType, change.Decimal: {Kind: datatype.Numeric}, change.Text: lobType}
	for _, row := range rows {
		for i, s := range row {
			v := &change.Vector{Layout: change.Text}
			if s == "∅" {
				b.Columns[i].AppendNull()
				continue
			}
			v.AppendString(s)
			c, err := change.NewConverter(change.Text, lobType, kinds[layouts[i]])
			require.NoError(t, err)
			require.NoError(t, c.Append(&b.Columns[i], v, 0, nil))
		}
		b.EndRow()
	}
	return b
}

func rowsOf(b *change.Batch) (rows []string) {
	for r := range b.Rows() {
		var cells []string
		for i := range b.Columns {
			s := "∅"
			if !b.Columns[i].IsNull(r) {
				s = string(change.AppendValue(nil, &b.Columns[i], r, 0))
			}
			cells = append(cells, s)
		}
		rows = append(rows, strings.Join(cells, "|"))
	}
	return rows
}

// apply runs one batch and returns the rows and the rejects that came out.
func apply(t *testing.T, plan *mapping.TablePlan, o transform.Options, rows ...[]string) (out, rejects []string) {
	t.Helper()
	layouts := layoutsOf(plan)
	tr, err := transform.New(plan, layouts, o)
	require.NoError(t, err)
	b := batchOf(t, layouts, rows...)
	require.NoError(t, tr.Apply(b, func(r change.Reject) error {
		rejects = append(rejects, fmt.Sprintf("%d %v %s", r.Fault, r.Kept, r.Error()))
		return nil
	}))
	require.Len(t, b.Columns, len(plan.Columns))
	for i := range b.Columns {
		require.Equal(t, b.Rows(), b.Columns[i].Len())
		require.Equal(t, tr.Layouts()[i], b.Columns[i].Layout)
	}
	return rowsOf(b), rejects
}

func TestUntouchedColumnsAreMoved(t *testing.T) {
	table := items()
	plan := planOf(table, keep(table, "name"), keep(table, "id"), keep(table, "name"))
	layouts := layoutsOf(plan)
	require.Equal(t, []change.Layout{change.Text, change.Int64}, layouts)
	tr, err := transform.New(plan, layouts, transform.Options{})
	require.NoError(t, err)
	b := batchOf(t, layouts, []string{"a", "1"}, []string{"b", "2"})
	where := &b.Columns[1].Ints[0]
	require.NoError(t, tr.Apply(b, nil))
	require.Equal(t, []string{"a|1|a", "b|2|b"}, rowsOf(b))
	require.Same(t, where, &b.Columns[1].Ints[0])
}

func TestAddedColumns(t *testing.T) {
	table := items()
	now := time.Date(2024, 2, 29, 12, 30, 0, 123456789, time.UTC)
	plan := planOf(table, keep(table, "id"),
		added("label", "$name || ' (' || $AR_M_SOURCE_SCHEMA || '.' || $AR_M_SOURCE_TABLE_NAME || ')'", textType),
		added("gross", "$price * 1.19", priceType),
		added("at", "$AR_H_TIMESTAMP", datatype.Type{Kind: datatype.DateTime, Scale: 6}),
		added("flag", "operation_indicator('D','U','I')", textType),
		added("target", "$AR_M_MODIFIED_SCHEMA || $AR_M_MODIFIED_TABLE_NAME || $AR_M_SOURCE_COLUMN_NAME", textType),
		mapping.ColumnPlan{Name: "empty", Type: &integerType},
		added("price", "$price", textType))
	out, rejects := apply(t, plan, transform.Options{Now: func() time.Time { return now }},
		[]string{"1", "ab", "10.00"}, []string{"2", "∅", "∅"})
	require.Equal(t, []string{
		"1|ab (shop.items)|11.90|2024-02-29 12:30:00.123456|I|storegoodstarget|∅|10.00",
		"2|∅|∅|2024-02-29 12:30:00.123456|I|storegoodstarget|∅|∅",
	}, out)
	require.Empty(t, rejects)
}

// TestSteady holds what validation leaves out: values of before the change, but not columns that are called like them.
func TestSteady(t *testing.T) {
	table := items()
	table.Columns = append(table.Columns, &catalog.Column{Name: "BI_note", Type: textType})
	plan := planOf(table, keep(table, "id"))
	for expression, want := range map[string]bool{
		"": true, "$name": true, "$BI_note": true, "strftime('%Y', $note)": true, "$BI_name": false, "${BI_name} || 'x'": false, "random()": false,
	} {
		c := added("x", expression, textType)
		require.Equal(t, want, transform.Steady(plan, &c), expression)
	}
}

func TestChangedTypesRejectWhatDoesNotFit(t *testing.T) {
	table := items()
	short := datatype.Type{Kind: datatype.WString, Length: 3}
	plan := planOf(table, keep(table, "id"), mapping.ColumnPlan{Name: "name", Source: table.Column("name"), Type: &integerType},
		mapping.ColumnPlan{Name: "note", Source: table.Column("note"), Type: &short})
	out, rejects := apply(t, plan, transform.Options{},
		[]string{"1", "10", "abc"}, []string{"2", "x", "abcdef"}, []string{"3", "∅", "äöüß"})
	require.Equal(t, []string{"1|10|abc", "3|∅|äöü"}, out)
	require.Equal(t, []string{
		`0 false row (id=2), column "name": "x" is not a number`,
		`1 true row (id=2), column "note": "abcdef" is longer than 3 characters`,
		`1 true row (id=3), column "note": "äöüß" is longer than 3 characters`,
	}, rejects)
}

func TestExpressionFaultsRejectTheRow(t *testing.T) {
	table := items()
	plan := planOf(table, keep(table, "id"), added("n", "abs($id)", integerType), added("d", "CASE WHEN $id = 5 THEN 1 END", datatype.Type{Kind: datatype.Date}))
	out, rejects := apply(t, plan, transform.Options{}, []string{"-3"}, []string{"-9223372036854775808"}, []string{"3000000000"}, []string{"5"})
	require.Equal(t, []string{"-3|3|∅"}, out)
	require.Equal(t, []string{
		`0 false row (id=-9223372036854775808), column "n": abs: integer overflow`,
		`0 false row (id=3000000000), column "n": 3000000000 is out of the range of INT4`,
		`0 false row (id=5), column "d": the expression's result cannot become DATE`,
	}, rejects)
}

func TestLOBLimitCutsWholeCharacters(t *testing.T) {
	table := items()
	plan := planOf(table, keep(table, "id"), keep(table, "note"))
	out, rejects := apply(t, plan, transform.Options{LOBLimit: 4}, []string{"1", "abcé"}, []string{"2", "abcd"})
	require.Equal(t, []string{"1|abc", "2|abcd"}, out)
	require.Equal(t, []string{`1 true row (id=1), column "note": the value of 5 bytes was cut to 3, the LOB size limit being 4`}, rejects)

	plan.LOB = &mapping.LOBPlan{Mode: "unlimited"}
	out, rejects = apply(t, plan, transform.Options{LOBLimit: 4}, []string{"1", "abcé"})
	require.Equal(t, []string{"1|abcé"}, out)
	require.Empty(t, rejects)
}

func TestMasks(t *testing.T) {
	table := items()
	masked := func(name string, m mapping.Mask) mapping.ColumnPlan {
		c := keep(table, name)
		c.Masks = []mapping.Mask{m}
		return c
	}
	plan := planOf(table, masked("name", mapping.Mask{Method: mapping.DigitsMask, Char: '#'}), masked("name", mapping.Mask{Method: mapping.HashMask}))
	out, _ := apply(t, plan, transform.Options{}, []string{"tel 030-77"}, []string{"∅"})
	require.Equal(t, []string{fmt.Sprintf("tel ###-##|%X", sha256.Sum256([]byte("tel 030-77"))), "∅|∅"}, out)

	tr, err := transform.New(plan, layoutsOf(plan), transform.Options{})
	require.NoError(t, err)
	require.Equal(t, 64, tr.Types()[1].Length)
	require.Equal(t, 20, tr.Types()[0].Length)

	_, err = transform.New(planOf(table, masked("note", mapping.Mask{Method: mapping.HashMask})), []change.Layout{change.Text}, transform.Options{})
	require.EqualError(t, err, `transform shop.items, column "note": the mask data-masking-hash-mask does not apply to the data type NCLOB`)
}

func TestRandomizedDigitsKeepTheirNumber(t *testing.T) {
	table := items()
	table.Columns[0].Type = datatype.Type{Kind: datatype.Int1}
	var columns []mapping.ColumnPlan
	for _, name := range []string{"id", "name", "price"} {
		c := keep(table, name)
		c.Masks = []mapping.Mask{{Method: mapping.DigitsRandomize}}
		columns = append(columns, c)
	}
	changed := false
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.Int8().Draw(rt, "id")
		price := rapid.StringMatching(`-?[1-9][0-9]{0,7}\.[0-9]{2}`).Draw(rt, "price")
		name := rapid.StringMatching(`[0-9a-zé]{0,10}`).Draw(rt, "name")
		out, rejects := apply(t, planOf(table, columns...), transform.Options{}, []string{fmt.Sprint(id), name, price})
		require.Empty(t, rejects)
		cells := strings.Split(out[0], "|")
		var n int
		_, err := fmt.Sscan(cells[0], &n)
		require.NoError(t, err)
		require.True(t, n >= -128 && n <= 127)
		require.Len(t, strings.TrimPrefix(cells[0], "-"), len(strings.TrimPrefix(fmt.Sprint(id), "-")))
		require.Len(t, cells[1], len(name))
		require.Equal(t, shape(price), shape(cells[2]))
		changed = changed || cells[1] != name
	})
	require.True(t, changed)
}

func shape(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '9'
		}
		return r
	}, s)
}

func TestCharacters(t *testing.T) {
	table := items()
	plan := planOf(table, keep(table, "id"), keep(table, "name"), keep(table, "note"), added("copy", "$name", textType))
	o := transform.Options{Characters: &transform.Characters{
		Replace: []transform.Replacement{{'a', 'x'}, {'a', 'b'}, {'c', 0}, {'ł', 'l'}}, Charset: "ISO-8859-1", Substitute: '?',
	}}
	out, rejects := apply(t, plan, o, []string{"1", "acłé€", "a€"})
	require.Equal(t, []string{"1|blé?|a€|blé?"}, out)
	require.Empty(t, rejects)

	o.Characters = &transform.Characters{Charset: "US-ASCII"}
	out, _ = apply(t, plan, o, []string{"1", "aé\x00", "é"})
	require.Equal(t, []string{"1|a\x00|é|a\x00"}, out)

	_, err := transform.New(plan, layoutsOf(plan), transform.Options{Characters: &transform.Characters{Charset: "klingon"}})
	require.EqualError(t, err, `transform shop.items: the character set "klingon" is not known or not supported`)
}

func TestNativeColumnsPassOrAreRefused(t *testing.T) {
	table := items()
	plan := planOf(table, keep(table, "id"), keep(table, "name"), added("two", "$id * 2", bigType))
	o := transform.Options{LOBLimit: 10}
	require.False(t, transform.MayBeNative(plan, table.Column("id"), o))
	require.True(t, transform.MayBeNative(plan, table.Column("name"), o))
	require.False(t, transform.MayBeNative(plan, table.Column("note"), o))
	require.True(t, transform.Needed(plan, transform.Options{}))
	require.False(t, transform.Needed(planOf(table, keep(table, "note")), transform.Options{}))
	require.True(t, transform.Needed(planOf(table, keep(table, "note")), o))

	tr, err := transform.New(plan, []change.Layout{change.Int64, change.Native}, o)
	require.NoError(t, err)
	b := &change.Batch{}
	b.Reset([]change.Layout{change.Int64, change.Native})
	b.Columns[0].AppendInt(4)
	b.Columns[1].AppendString("\xff\x00")
	b.EndRow()
	require.NoError(t, tr.Apply(b, nil))
	require.Equal(t, []string{"4|ff00|8"}, rowsOf(b))

	_, err = transform.New(plan, []change.Layout{change.Native, change.Text}, o)
	require.ErrorContains(t, err, `column "two": expression, position 1: column "id" cannot be read here`)
}

func TestUnknownColumnNamesTheKnown(t *testing.T) {
	table := items()
	plan := planOf(table, keep(table, "id"), added("x", "$nmae", textType))
	_, err := transform.New(plan, []change.Layout{change.Int64}, transform.Options{})
	require.EqualError(t, err, `transform shop.items, column "x": expression, position 1: there is no column "nmae"; the columns are id, name, price, note`)
}

// TestRejectedRowsLeaveTheRestInOrder compares with a row-by-row model over many batches of one transformer.
func TestRejectedRowsLeaveTheRestInOrder(t *testing.T) {
	table := items()
	plan := planOf(table, keep(table, "note"), mapping.ColumnPlan{Name: "name", Source: table.Column("name"), Type: &integerType}, added("n", "$id + 1", bigType))
	layouts := layoutsOf(plan)
	tr, err := transform.New(plan, layouts, transform.Options{})
	require.NoError(t, err)
	b := &change.Batch{}
	rapid.Check(t, func(rt *rapid.T) {
		b.Reset(layouts)
		var want []string
		for i := range rapid.IntRange(0, 200).Draw(rt, "rows") {
			good := rapid.Bool().Draw(rt, "good")
			note := rapid.StringN(0, 5, 20).Draw(rt, "note")
			b.Columns[0].AppendString(note)
			if good {
				b.Columns[1].AppendString("12")
				want = append(want, fmt.Sprintf("%s|12|%d", note, i+1))
			} else {
				b.Columns[1].AppendString("zz")
			}
			b.Columns[2].AppendInt(int64(i))
			b.EndRow()
		}
		lost := b.Rows() - len(want)
		require.NoError(t, tr.Apply(b, func(change.Reject) error { lost--; return nil }))
		require.Zero(t, lost)
		require.Equal(t, want, rowsOf(b))
	})
}

func wide(touched int) (*mapping.TablePlan, []change.Layout) {
	table := &catalog.Table{Name: catalog.Name{Schema: "s", Name: "wide"}}
	plan := planOf(table)
	for i := range 20 {
		c := &catalog.Column{Name: fmt.Sprintf("c%d", i), Type: textType}
		if i%2 == 0 {
			c.Type = bigType
		}
		table.Columns = append(table.Columns, c)
	}
	kinds := []mapping.ColumnPlan{
		added("x0", "$c1 || '-' || $c2", lobType),
		{Name: "x1", Source: table.Columns[3], Masks: []mapping.Mask{{Method: mapping.DigitsMask, Char: '#'}}},
		{Name: "x2", Source: table.Columns[4], Type: &textType},
		added("x3", "CASE WHEN $c4 > 1000 THEN upper($c5) ELSE coalesce($c7, 'none') END", textType),
		added("x4", "round($c6 * 1.5, 2)", priceType),
	}
	plan.Columns = append(plan.Columns, kinds[:touched]...)
	for i := touched; i < 20; i++ {
		plan.Columns = append(plan.Columns, keep(table, fmt.Sprintf("c%d", i)))
	}
	return plan, layoutsOf(plan)
}

func fillWide(b *change.Batch, layouts []change.Layout, rows int) {
	b.Reset(layouts)
	for r := range rows {
		for i, l := range layouts {
			if l == change.Int64 {
				b.Columns[i].AppendInt(int64(r * i))
			} else {
				b.Columns[i].AppendString("value 12345")
			}
		}
		b.EndRow()
	}
}

func TestApplyDoesNotAllocate(t *testing.T) {
	for _, touched := range []int{0, 1, 5} {
		plan, layouts := wide(touched)
		tr, err := transform.New(plan, layouts, transform.Options{})
		require.NoError(t, err)
		b := &change.Batch{}
		run := func() {
			fillWide(b, layouts, 500)
			if tr.Apply(b, nil) != nil || b.Rows() != 500 {
				t.Error("a row was lost")
			}
		}
		for range 50 {
			run() // until every buffer has its size
		}
		require.Less(t, testing.AllocsPerRun(20, run), 5.0, "per batch of 500 rows, %d columns touched", touched)
	}
}

func BenchmarkApply(b *testing.B) {
	for _, touched := range []int{0, 1, 5} {
		b.Run(fmt.Sprintf("%d of 20 columns", touched), func(b *testing.B) {
			plan, layouts := wide(touched)
			tr, err := transform.New(plan, layouts, transform.Options{})
			require.NoError(b, err)
			batch := &change.Batch{}
			const rows = 1000
			var spent time.Duration // without the filling, which ns/op includes
			for b.Loop() {
				fillWide(batch, layouts, rows)
				start := time.Now()
				if err := tr.Apply(batch, nil); err != nil {
					b.Fatal(err)
				}
				spent += time.Since(start)
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}

func TestCutTextIsValid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.String().Draw(rt, "s")
		n := change.CutUTF8([]byte(s), rapid.IntRange(0, 30).Draw(rt, "limit"))
		require.True(t, utf8.ValidString(s[:n]))
	})
}
