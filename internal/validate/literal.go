package validate

import (
	"encoding/hex"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// literal writes a value so that a predicate on a column of that family finds it; ok is false when none is sure to.
func literal(f catalog.Family, of *catalog.Column, v *change.Vector, i int, native connector.NativeText) (text string, ok bool) {
	switch {
	case v.IsNull(i):
		return "", false
	case v.Layout == change.Native:
		return nativeLiteral(of, v, i, native)
	case v.Layout == change.Bool:
		return string(appendNumber(nil, v, i)), true
	case isFloat(v.Layout):
		return "", false
	case v.Layout == change.Bytes && f == catalog.PostgreSQL:
		return `\x` + hex.EncodeToString(v.Value(i)), true
	case v.Layout == change.Bytes:
		return "0x" + hex.EncodeToString(v.Value(i)), f == catalog.MySQL
	case isMoment(v.Layout):
		m := change.Moment(v.Ints[i])
		return string(change.AppendMoment(nil, m, 0)), f != catalog.SQLite && !m.IsOdd()
	case v.Layout == change.Date:
		d := change.Day(v.Ints[i])
		return string(change.AppendDay(nil, d)), f != catalog.SQLite && !d.IsOdd()
	case v.Layout == change.Time:
		return string(change.AppendTime(nil, v.Ints[i], 0)), f != catalog.SQLite
	case v.Layout == change.Decimal:
		return string(v.Value(i)), f != catalog.SQLite // a DECIMAL_TEXT is compared as a text
	}
	return string(change.AppendValue(nil, v, i, 0)), true
}

// nativeLiteral is for SQLite, where a text and a number are never equal.
func nativeLiteral(of *catalog.Column, v *change.Vector, i int, native connector.NativeText) (string, bool) {
	b := v.Value(i)
	if native == nil || len(b) == 0 {
		return "", false
	}
	text := string(native.AppendNative(nil, v, i))
	switch {
	case b[0] == 'i' && of.Type.Kind.IsInteger():
		return text, true
	case b[0] == 't' && of.Type.Kind.IsText():
		return text, true
	}
	return "", false
}

// keyLiterals are those of a row's key on both sides; nil when the key cannot be asked for.
func (p *pair) keyLiterals(b *change.Batch, i int, source, target catalog.Family) *keyed {
	k := &keyed{}
	from, _ := p.source.snapshot.(connector.NativeText)
	for _, c := range p.keys {
		if !p.plan.Columns[c].Untouched() {
			return nil
		}
		here, ok := literal(source, p.columns[c].source, &b.Columns[c], i, from)
		there, ok2 := literal(target, p.columns[c].target, &b.Columns[c], i, from)
		if !ok || !ok2 {
			return nil
		}
		k.source, k.target = append(k.source, here), append(k.target, there)
	}
	return k
}

// keyed is a key as predicates on both sides have it.
type keyed struct{ source, target []string }

// sameKey reports whether both sides hold the key in the same layouts, so that a literal of one is a literal of the other.
func (p *pair) sameKey() bool {
	for _, k := range p.keys {
		a, b := p.source.layouts[k], p.target.layouts[k]
		if a != b && !(isNumber(a) && isNumber(b)) && !(isMoment(a) && isMoment(b)) {
			return false
		}
	}
	return true
}
