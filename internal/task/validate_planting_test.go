package task_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// plant makes one difference, and tells the statements. A database may refuse it: what has become of the rows is read afterwards.
func (g *gardener) plant(side *end, table string, b bed) (done []string) {
	ids := side.column(g, "SELECT id FROM "+table+" WHERE id IS NOT NULL")
	if len(ids) < 2 {
		return nil
	}
	one := ids[g.rand.IntN(len(ids))]
	other := ids[g.rand.IntN(len(ids))]
	i := g.rand.IntN(len(g.kinds))
	c := fmt.Sprintf("c%d", i)
	var statements []string
	switch g.rand.IntN(12) {
	default:
		near := g.nearly(side, table, g.kinds[i], c, one)
		statements = []string{fmt.Sprintf("UPDATE %s SET %s = %s WHERE id = %s", table, c, near[g.rand.IntN(len(near))], one)}
	case 0:
		statements = []string{fmt.Sprintf("UPDATE %s SET %s = NULL WHERE id = %s", table, c, one)}
	case 1, 2: // two rows change values: both are read before either is written
		held := func(id string) string {
			return fmt.Sprintf("(SELECT v FROM (SELECT %s AS v FROM %s WHERE id = %s LIMIT 1) q)", c, table, id)
		}
		statements = []string{fmt.Sprintf("UPDATE %s SET %s = CASE WHEN id = %s THEN %s ELSE %s END WHERE id IN (%s, %s)", table, c, one, held(other), held(one), one, other)}
	case 3: // so do two whose value is unique
		held := slices.Concat(side.column(g, "SELECT u FROM "+table+" WHERE id = "+one), side.column(g, "SELECT u FROM "+table+" WHERE id = "+other))
		set := "UPDATE " + table + " SET u = %s WHERE id = %s"
		if one != other && len(held) == 2 {
			statements = []string{fmt.Sprintf(set, "NULL", one), fmt.Sprintf(set, held[0], other), fmt.Sprintf(set, held[1], one)}
		}
	case 4:
		statements = []string{fmt.Sprintf("DELETE FROM %s WHERE id = %s", table, one)}
	case 5:
		statements = []string{g.added(side, table, one, len(b.key) == 0)}
	case 6: // another key
		statements = []string{"UPDATE " + table + " SET " + []string{"id = id + 3000017", "k = " + joined(side, "k", "'!'"), "d = d + 1000", "m = " + aMicrosecondLater(side, "m")}[g.rand.IntN(4)] + " WHERE id = " + one}
	case 7: // the same but for its case
		statements = []string{"UPDATE " + table + " SET k = upper(k) WHERE id = " + one}
	}
	for _, s := range statements {
		if _, err := side.db.ExecContext(context.Background(), s); err != nil {
			s += " -- " + err.Error()
		}
		done = append(done, s)
	}
	return done
}

// added is one more row, of a table without a key perhaps one that is there.
func (g *gardener) added(side *end, table, id string, bag bool) string {
	var columns []string
	for i := range g.kinds {
		columns = append(columns, fmt.Sprintf("c%d", i))
	}
	values := "id + 1000003, " + joined(side, "k", "'+'") + ", " + aMicrosecondLater(side, "m") + ", d + 500, NULL"
	if bag && g.rand.IntN(2) == 0 {
		values = "id, k, m, d, u"
	}
	return fmt.Sprintf("INSERT INTO %[1]s (id, k, m, d, u, %[2]s) SELECT %[3]s, %[2]s FROM %[1]s WHERE id = %[4]s", table, strings.Join(columns, ", "), values, id)
}

func joined(e *end, a, b string) string {
	if e.family == catalog.MySQL {
		return "CONCAT(" + a + ", " + b + ")"
	}
	return a + " || " + b
}

func aMicrosecondLater(e *end, c string) string {
	switch e.family {
	case catalog.PostgreSQL:
		return c + " + interval '1 microsecond'"
	case catalog.MySQL:
		return c + " + INTERVAL 1 MICROSECOND"
	}
	bare := "replace(" + c + ", '+00:00', '')"
	return fmt.Sprintf("CASE WHEN instr(%[1]s, 'infinity') THEN '2020-01-01 00:00:00' WHEN instr(%[1]s, '.') THEN substr(%[2]s, 1, length(%[2]s) - 1) || ((substr(%[2]s, -1) + 1) %% 10) ELSE %[2]s || '.000001' END || substr(%[1]s, length(%[2]s) + 1)", c, bare)
}

// nearly are expressions of values that hardly differ from the one that a column holds.
func (g *gardener) nearly(side *end, table string, k anyKind, c, id string) []string {
	native := strings.ToLower(k.native)
	switch {
	case strings.HasPrefix(native, "json"):
		return []string{`'{"a": [1, null, "Ü"]}'`, `'{"a": [1, null, "ü", 0]}'`, `'{"a": [null, 1, "ü"]}'`, `' null '`}
	case native == "date" && side.family == catalog.SQLite:
		return []string{"date(" + c + ", '-1 day')"}
	case native == "date" && side.family == catalog.MySQL:
		return []string{c + " - INTERVAL 1 DAY"}
	case native == "date":
		return []string{c + " - 1"}
	}
	switch k.form {
	case number:
		return nearNumbers(side, c)
	case float4, float8:
		return g.nearFloats(side, k, c)
	case boolean:
		if side.family == catalog.PostgreSQL {
			return []string{"NOT " + c}
		}
		return []string{"1 - " + c}
	case bytesForm:
		return g.nearBytes(side, table, c, id)
	case moment:
		return []string{aMicrosecondLater(side, c)}
	}
	short := func(expr string) string {
		return fmt.Sprintf("CASE WHEN length(%s) < 39 THEN %s ELSE %s END", c, expr, c)
	}
	accent := "'\u0301'"
	return []string{
		short(joined(side, c, "' '")), short(joined(side, "' '", c)), short(joined(side, c, accent)), "upper(" + c + ")", "lower(" + c + ")", "''", "replace(" + c + ", 'a', 'b')",
	}
}

func nearNumbers(e *end, c string) []string {
	if e.family == catalog.SQLite {
		return []string{fmt.Sprintf("CASE typeof(%[1]s) WHEN 'integer' THEN CASE WHEN %[1]s > 0 THEN %[1]s - 1 ELSE %[1]s + 1 END WHEN 'text' THEN substr(%[1]s, 1, length(%[1]s) - 1) || ((substr(%[1]s, -1) + 1) %% 10) ELSE -%[1]s END", c)}
	}
	return []string{c + " + 1", c + " - 1", "-" + c, c + " + 0.01", c + " - 0.0000000001", "0"}
}

// nearFloats are neighbours; the zero with a sign is the same number.
func (g *gardener) nearFloats(e *end, k anyKind, c string) []string {
	step := "2.3e-16"
	if k.form == float4 {
		step = "1.2e-7"
	}
	near := []string{fmt.Sprintf("%s * (1 + %s)", c, step), "-" + c, "0", "-0.0"}
	switch {
	case e.family == catalog.PostgreSQL && (e == g.target || g.target.family == catalog.PostgreSQL):
		near = append(near, "'-0'", "'NaN'", "'Infinity'")
	case e.family == catalog.SQLite && (e == g.target || g.target.family == catalog.SQLite):
		near = append(near, "9e999", "-9e999")
	}
	return near
}

// nearBytes are bytes of which a bit is another one, or one is missing.
func (g *gardener) nearBytes(e *end, table, c, id string) []string {
	held := e.column(g, "SELECT "+expression(e, c, anyKind{form: bytesForm}, false)+" FROM "+table+" WHERE id = "+id)
	p, err := hex.DecodeString(strings.TrimPrefix(held[0], `\x`))
	if held[0] == "NULL" || len(p) == 0 {
		return []string{bytesOf(e, []byte{0}), bytesOf(e, nil)}
	}
	require.NoError(g, err, strconv.Quote(held[0]))
	shorter := slices.Clone(p[:len(p)-1])
	p[g.rand.IntN(len(p))] ^= 1 << g.rand.IntN(8)
	return []string{bytesOf(e, p), bytesOf(e, shorter)}
}

func bytesOf(e *end, p []byte) string {
	if e.family == catalog.PostgreSQL {
		return `'\x` + hex.EncodeToString(p) + "'"
	}
	return "x'" + hex.EncodeToString(p) + "'"
}
