package sqlite

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var declaredTypes = []string{"INTEGER", "INT", "BIGINT", "TEXT", "VARCHAR(20)", "BLOB", "", "REAL", "DOUBLE", "NUMERIC",
	"DECIMAL(10,2)", "DECIMAL_TEXT(40,10)", "BOOLEAN", "DATE", "DATETIME", "TIMESTAMPTZ", "TIME", "JSON", "UUID", "ANY"}

// anyValue draws a value of any storage class, with a taste for edges.
func anyValue() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Custom(func(t *rapid.T) any { return rapid.Int64().Draw(t, "int") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.Float64().Draw(t, "real") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.String().Draw(t, "text") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "blob") }),
		rapid.SampledFrom([]any{int64(0), int64(1), int64(math.MaxInt64), int64(math.MinInt64), int64(1 << 53), int64(1<<53 + 1),
			0.0, math.Copysign(0, -1), 1.5, 0.1 + 0.2, 1e300, -5e-324, 9.3e18, math.Inf(1), math.Inf(-1), 12.34,
			"", "a\x00b", "\xff\xfe", "12", " 12 ", "1e5", "012", "9999999999999999999", "123456789012345678.25", "0x10", "Zoë 🐦",
			"2024-02-29", "2024-02-29 12:30:00.123456", "2024-02-29T12:30:00+02:00", "0000-00-00", "infinity", "-838:59:59", "12:30",
			[]byte{}, []byte("text"), []byte{0, 255}, int64(1700000000), int64(1700000000123), 2460000.5, "true", "NaN"}),
	)
}

func bindAny(s *stmt, i int, v any) {
	switch v := v.(type) {
	case nil:
		s.bindNull(i)
	case int64:
		s.bindInt(i, v)
	case float64:
		s.bindReal(i, v)
	case string:
		s.bindCopy(i, v)
	case []byte:
		p := libc.Xmalloc(s.c.tls, libc.Tsize_t(len(v)+1))
		copy(view(p, len(v)), v)
		lib.Xsqlite3_bind_blob(s.c.tls, s.p, int32(i+1), p, int32(len(v)), transient)
		libc.Xfree(s.c.tls, p)
	}
}

// drawFile makes a database with one table of random columns and rows.
func drawFile(t *rapid.T, path string) {
	var columns []string
	n := rapid.IntRange(1, 6).Draw(t, "columns")
	for i := range n {
		columns = append(columns, fmt.Sprintf("%s %s", quote(fmt.Sprintf("c %d\"", i)), rapid.SampledFrom(declaredTypes).Draw(t, "type")))
	}
	options := rapid.SampledFrom([]string{"", " STRICT"}).Draw(t, "options")
	if options != "" {
		for i := range columns {
			columns[i] = fmt.Sprintf("c%d %s", i, rapid.SampledFrom([]string{"INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"}).Draw(t, "strict"))
		}
	}
	at, err := parseURL("sqlite:"+path, "rwc")
	require.NoError(t, err)
	c, err := openConn(at, 6)
	require.NoError(t, err)
	defer c.close()
	require.NoError(t, c.exec("PRAGMA synchronous=OFF; CREATE TABLE t (id INTEGER PRIMARY KEY, "+strings.Join(columns, ", ")+")"+options))
	s, err := c.prepare("INSERT INTO t VALUES (NULL" + strings.Repeat(",?", n) + ")")
	require.NoError(t, err)
	defer s.finalize()
	for range rapid.IntRange(0, 12).Draw(t, "rows") {
		for i := range n {
			bindAny(s, i, anyValue().Draw(t, "value"))
		}
		_, err := s.step() // a STRICT table refuses some rows
		require.True(t, err == nil || options != "", err)
		s.reset()
	}
}

// TestNativeKeepsEveryValue: between two SQLite files every value arrives as stored, class and bits.
func TestNativeKeepsEveryValue(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		from, to := filepath.Join(dir, "from.db"), filepath.Join(dir, "to.db")
		defer os.Remove(from)
		defer os.Remove(to)
		drawFile(rt, from)
		m := &carrier{native: true, segment: 100}
		carryFiles(t, m, from, to)
		require.Empty(rt, m.rejected)
		require.Equal(rt, stored(t, from), stored(t, to))
	})
}

// TestLayoutsKeepWhatTheyTake: through the layouts, a row arrives with the same values or is rejected.
func TestLayoutsKeepWhatTheyTake(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		from, to := filepath.Join(dir, "from.db"), filepath.Join(dir, "to.db")
		defer os.Remove(from)
		defer os.Remove(to)
		drawFile(rt, from)
		m := &carrier{careful: true, segment: 100}
		carryFiles(t, m, from, to)
		lost := map[string]bool{}
		for _, r := range m.rejected {
			require.NotEmpty(rt, r.Reason)
			lost[r.Key] = true
		}
		want := contents(t, from, lost)
		require.Equal(rt, want, contents(t, to, map[string]bool{}), "%v", m.rejected)
	})
}

func carryFiles(t *testing.T, m *carrier, from, to string) {
	source, err := Engine().OpenSource(t.Context(), connector.Config{URL: "sqlite:" + from})
	require.NoError(t, err)
	defer source.Close()
	opened, err := Engine().OpenTarget(t.Context(), connector.Config{URL: "sqlite:" + to + "?mode=rwc"})
	require.NoError(t, err)
	require.NoError(t, opened.(*target).conn.exec("PRAGMA synchronous=OFF"))
	require.NoError(t, m.carry(t.Context(), source, opened))
	require.NoError(t, opened.Close())
}

// stored lists the rows of a table by SQLite's own functions: storage class and bytes of each value.
func stored(t *testing.T, path string) []string {
	var list []string
	for _, c := range rows(t, path, "SELECT name FROM pragma_table_info('t')") {
		c = quote(c)
		list = append(list, "typeof("+c+")||':'||CASE typeof("+c+") WHEN 'real' THEN format('%!.20g',"+c+") ELSE coalesce(hex("+c+"),'') END")
	}
	return rows(t, path, "SELECT "+strings.Join(list, "||' '||")+" FROM t ORDER BY id")
}

// contents reads a table through the layouts, without the rows whose key is lost.
func contents(t *testing.T, path string, lost map[string]bool) []string {
	source, err := Engine().OpenSource(t.Context(), connector.Config{URL: "sqlite:" + path})
	require.NoError(t, err)
	defer source.Close()
	cat, err := source.Inspect(t.Context(), connector.InspectOptions{})
	require.NoError(t, err)
	sn, err := source.Snapshot(t.Context(), 1)
	require.NoError(t, err)
	defer sn.Close()
	table := cat.Table(catalog.Name{Schema: Schema, Name: "t"})
	r := connector.ReadRequest{Table: table, Pool: change.NewPool(1, 0)}
	for _, c := range table.Columns {
		r.Columns = append(r.Columns, connector.ReadColumn{Column: c, Layout: sn.Layout(c)})
	}
	var out []string
	r.Reject = func(change.Reject) error { return nil }
	r.Emit = func(b *change.Batch) error {
		defer r.Pool.Put(b)
		for row := range b.Rows() {
			id := showValue(&b.Columns[0], row)
			if lost["id="+id] {
				continue
			}
			var line strings.Builder
			for i := range b.Columns {
				v := &b.Columns[i]
				switch {
				case v.IsNull(row):
					line.WriteString(" NULL")
				case v.Layout.Holds() == change.InInts:
					fmt.Fprintf(&line, " %d", v.Ints[row])
				case v.Layout.Holds() == change.InFloats:
					fmt.Fprintf(&line, " %x", v.Floats[row]+0) // SQLite keeps no sign of zero
				case v.Layout == change.Decimal:
					line.WriteString(" " + plainDecimal(string(v.Value(row))))
				default:
					fmt.Fprintf(&line, " %q", v.Value(row))
				}
			}
			out = append(out, line.String())
		}
		return nil
	}
	require.NoError(t, sn.Read(t.Context(), r))
	return out
}
