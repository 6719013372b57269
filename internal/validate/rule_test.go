package validate

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

func vector(l change.Layout, fill func(v *change.Vector)) *change.Vector {
	v := &change.Vector{}
	v.Reset(l)
	fill(v)
	return v
}

func text(s string) *change.Vector {
	return vector(change.Text, func(v *change.Vector) { v.AppendString(s) })
}
func decimal(s string) *change.Vector {
	return vector(change.Decimal, func(v *change.Vector) { v.AppendString(s) })
}
func number(n int64) *change.Vector {
	return vector(change.Int64, func(v *change.Vector) { v.AppendInt(n) })
}
func float(f float64) *change.Vector {
	return vector(change.Float64, func(v *change.Vector) { v.AppendFloat(f) })
}
func truth(b bool) *change.Vector {
	return vector(change.Bool, func(v *change.Vector) { v.AppendBool(b) })
}
func moment(l change.Layout, day change.Day, micros int64) *change.Vector {
	return vector(l, func(v *change.Vector) { v.AppendInt(int64(day.At(micros))) })
}

func TestRules(t *testing.T) {
	plain, fixed := datatype.Type{Kind: datatype.WString}, datatype.Type{Kind: datatype.WString, Hint: datatype.FixedWidth}
	json, jsonb := datatype.Type{Kind: datatype.NClob, Hint: datatype.JSON}, datatype.Type{Kind: datatype.NClob, Hint: datatype.JSONB}
	leap := change.DayOf(2024, 2, 29)
	for name, c := range map[string]struct {
		a, b     *change.Vector
		of, to   datatype.Type
		wantSame bool
	}{
		"scale":                {decimal("1.50"), decimal("1.5"), plain, plain, true},
		"zeros in front":       {decimal("000001.50"), decimal("1.5"), plain, plain, true},
		"nothing but zeros":    {decimal("000000.000"), number(0), plain, plain, true},
		"last digit":           {decimal("1.50"), decimal("1.51"), plain, plain, false},
		"negative zero":        {decimal("-0.00"), number(0), plain, plain, true},
		"boolean and number":   {truth(true), number(1), plain, plain, true},
		"boolean and text":     {truth(true), text("t"), plain, plain, true},
		"boolean and another":  {truth(true), text("false"), plain, plain, false},
		"number and text":      {decimal("12.50"), text("12.5"), plain, plain, true},
		"number and no number": {decimal("12.50"), text("12.5x"), plain, plain, false},
		"zero's sign":          {float(math.Copysign(0, -1)), float(0), plain, plain, true},
		"one bit of a float":   {float(0.1), float(math.Nextafter(0.1, 1)), plain, plain, false},
		"not numbers":          {float(math.NaN()), float(-math.NaN()), plain, plain, true},
		"decimal and float":    {decimal("0.10"), float(0.1), plain, plain, true},
		"float and text":       {float(1e22), text("1e+22"), plain, plain, true},
		"case":                 {text("a"), text("A"), plain, plain, false},
		"blanks":               {text("a "), text("a"), plain, plain, false},
		"padding":              {text("a  "), text("a"), fixed, plain, true},
		"padding inside":       {text("a  b"), text("a b"), fixed, plain, false},
		"json":                 {text(`{"b":1.0, "a":[1,null]}`), text(`{"a":[1,null],"b":1}`), json, jsonb, true},
		"json array order":     {text(`[1,2]`), text(`[2,1]`), json, json, false},
		"json twice":           {text(`{"a":1,"a":2}`), text(`{"a":2}`), json, jsonb, true},
		"json twice, kept":     {text(`{"a":1,"a":2}`), text(`{"a":2}`), json, json, false},
		"json escapes":         {text(`"\u00fc"`), text(`"ü"`), json, json, true},
		"half a pair":          {text(`"\ud800"`), text(`"\ud801"`), json, json, false},
		"no json":              {text(`{bad`), text(`{bad `), json, json, false},
		"instant and local":    {moment(change.Instant, leap, 5), moment(change.Timestamp, leap, 5), plain, plain, true},
		"a microsecond":        {moment(change.Timestamp, leap, 5), moment(change.Timestamp, leap, 6), plain, plain, false},
		"date and midnight": {vector(change.Date, func(v *change.Vector) { v.AppendInt(int64(leap)) }),
			moment(change.Timestamp, leap, 0), plain, plain, true},
		"moment and text": {moment(change.Timestamp, leap, 500_000), text("2024-02-29 00:00:00.500000"), plain, plain, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, swap := range []bool{false, true} {
				a, b, of, to := c.a, c.b, c.of, c.to
				if swap {
					a, b, of, to = b, a, to, of
				}
				r := ruleFor(held{a.Layout, of}, held{b.Layout, to})
				same := string(r.append(nil, a, 0)) == string(r.append(nil, b, 0))
				require.Equal(t, c.wantSame, same, "%q %q", r.append(nil, a, 0), r.append(nil, b, 0))
				if r.digest && string(appendForm(nil, r.form, a, 0)) == string(appendForm(nil, r.form, b, 0)) {
					require.True(t, same, "a form is never coarser than the rule")
				}
			}
		})
	}
}

// Parts cover every key once, at whatever ends of 64 bits.
func TestPartsCoverKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Int64().Draw(t, "low")
		high := rapid.Int64Min(low).Draw(t, "high")
		span := uint64(high) - uint64(low)
		width := max(span/rapid.Uint64Range(1, 500).Draw(t, "buckets"), 1, span/maxBuckets)
		if width >= 1<<62 {
			return
		}
		parts := cut(low, high, int64(width), min(width, 1<<62/chunkBuckets)*chunkBuckets)
		key := rapid.Int64Range(low, high).Draw(t, "key")
		for _, k := range []int64{low, high, key} {
			seen := 0
			for _, q := range parts {
				if k < q.low || k > q.high {
					continue
				}
				seen++
				u := within(q, k/q.width)
				require.True(t, u.low <= k && k <= u.high, "key %d is not in %+v of %+v", k, u, q)
				for _, other := range []int64{u.low, u.high} {
					require.Equal(t, k/q.width, other/q.width, "ends of a bucket are in it")
				}
			}
			require.Equal(t, 1, seen, "key %d in %v", k, parts)
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,null,true,"x"],"b":{}}`, `"\ud83d\udc26"`, `1e400`, `{"a":1,"a":2}`, `[[[[`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		once := appendJSON(nil, document, false)
		require.Equal(t, string(once), string(appendJSON(nil, document, false)))
		require.Equal(t, "kept", string(appendJSON([]byte("kept"), document, false)[:4]))
	})
}

func TestFieldsAreNotTakenForOthers(t *testing.T) {
	r := rule{form: connector.Exact}
	a := appendField(appendField(nil, &r, text("a"), 0), &r, text("bc"), 0)
	b := appendField(appendField(nil, &r, text("ab"), 0), &r, text("c"), 0)
	require.NotEqual(t, a, b)
	null := vector(change.Text, func(v *change.Vector) { v.AppendNull() })
	require.NotEqual(t, appendField(nil, &r, null, 0), appendField(nil, &r, text(""), 0))
}
