package typemap

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

func TestTypesThatDMSWouldLose(t *testing.T) {
	for _, c := range []struct {
		from       catalog.Family
		native     string
		want, docs string
		hint       datatype.Hint
	}{
		{catalog.PostgreSQL, "boolean", "BOOLEAN", "STRING(5)", datatype.NoHint},
		{catalog.PostgreSQL, "numeric", "NUMERIC", "NUMERIC(28,6)", datatype.Unbounded},
		{catalog.PostgreSQL, "numeric(50,2)", "NUMERIC(50,2)", "STRING(52)", datatype.NoHint},
		{catalog.PostgreSQL, "timestamp(0) with time zone", "DATETIME", "DATETIME", datatype.WithZone},
		{catalog.PostgreSQL, "timestamptz", "DATETIME(6)", "DATETIME(6)", datatype.WithZone},
		{catalog.PostgreSQL, "timetz", "STRING(21)", "TIME(6)", datatype.NoHint},
		{catalog.PostgreSQL, "uuid", "STRING(36)", "STRING(36)", datatype.UUID},
		{catalog.MySQL, "bit(12)", "STRING(12)", "BYTES(8)", datatype.Bit},
		{catalog.MySQL, "float", "REAL4", "REAL8", datatype.NoHint},
		{catalog.MySQL, "time(3)", "TIME(3)", "STRING(17)", datatype.NoHint},
		{catalog.MySQL, "bigint unsigned", "UINT8", "UINT8", datatype.NoHint},
	} {
		base, got := FromNative(c.from, c.native)
		require.Equal(t, c.want, got.String(), c.native)
		require.Equal(t, c.hint, got.Hint, c.native)
		documented := Documented(c.from, base, got)
		require.Equal(t, c.docs, documented.String(), c.native)
		require.Equal(t, datatype.NoHint, documented.Hint, c.native)
	}
}

func TestAffinityFollowsTheRulesOfSQLite(t *testing.T) {
	// The table of section 3.1.1 of "Datatypes In SQLite".
	for declared, want := range map[string]string{
		"INT": "INTEGER", "UNSIGNED BIG INT": "INTEGER", "INT8": "INTEGER", "CHARACTER": "TEXT", "NATIVE CHARACTER": "TEXT",
		"NVARCHAR": "TEXT", "CLOB": "TEXT", "BLOB": "BLOB", "": "BLOB", "DOUBLE PRECISION": "REAL", "FLOAT": "REAL",
		"DECIMAL": "NUMERIC", "DATETIME": "NUMERIC", "FLOATING POINT": "INTEGER", "STRING": "NUMERIC",
		"DECIMAL_TEXT": "TEXT", "UUID_TEXT": "TEXT", "JSON_TEXT": "TEXT",
	} {
		require.Equal(t, want, affinity(declared), declared)
	}
}

func TestKeysOfMySQLAreBounded(t *testing.T) {
	for native, want := range map[string]string{
		"text": "varchar(384)", "varchar(900)": "varchar(384)", "varchar(40)": "varchar(40)", "bytea": "varbinary(1536)",
		"uuid": "char(36)", "jsonb": "varchar(384)", "integer": "int", "numeric": "varchar(384)",
	} {
		_, typ := FromNative(catalog.PostgreSQL, native)
		require.Equal(t, want, ToMySQL(typ, Use{KeyParts: 2}), native)
	}
	_, long := FromNative(catalog.PostgreSQL, "text")
	_, short := FromNative(catalog.PostgreSQL, "varchar(40)")
	require.False(t, Keeps(catalog.MySQL, long, Use{KeyParts: 1}))
	require.True(t, Keeps(catalog.MySQL, short, Use{KeyParts: 1}))
	require.True(t, Keeps(catalog.MySQL, long, Use{}))
}

func TestRowsOfMySQLFit(t *testing.T) {
	types := make([]datatype.Type, 30)
	uses := make([]Use, 30)
	for i := range types {
		types[i] = datatype.Type{Kind: datatype.WString, Length: 1000 + i}
	}
	uses[29].KeyParts = 1
	types[29].Length = 700
	got := MySQLRow(types, uses)
	total := 0
	for _, n := range got {
		total += mysqlWidth(n)
	}
	require.LessOrEqual(t, total, mysqlRowBytes)
	require.Equal(t, "varchar(1000)", got[0], "the narrowest stay")
	require.Equal(t, "text", got[28], "the widest go")
	require.Equal(t, "varchar(700)", got[29], "keys stay")
}

func TestMembersThatMySQLWouldChangeBecomeText(t *testing.T) {
	enum := func(values ...string) string {
		return ToMySQL(datatype.Type{Kind: datatype.WString, Length: 9, Hint: datatype.Enum, Values: values}, Use{})
	}
	require.Equal(t, `enum('it''s','a\\b')`, enum("it's", `a\b`))
	require.Equal(t, "varchar(9)", enum("new", "New"))
	require.Equal(t, "varchar(9)", enum("new "))
	_, got := FromNative(catalog.MySQL, `enum('it''s','a\\b')`)
	require.Equal(t, []string{"it's", `a\b`}, got.Values)
}

// Every spelling that To gives is one that From understands, and a value's home never gets narrower on the way.
func TestSpellingsAreUnderstood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom(families).Draw(t, "from")
		native := rapid.SampledFrom(natives[from]).Draw(t, "native")[0]
		keyParts := rapid.IntRange(0, 3).Draw(t, "key parts")
		_, typ := FromNative(from, native)
		for range 3 {
			to := rapid.SampledFrom(families).Draw(t, "to")
			spelled := To(to, typ, Use{KeyParts: keyParts})
			base, back := FromNative(to, spelled)
			require.NotEqual(t, datatype.Invalid, back.Kind)
			require.NotEmpty(t, base)
			require.True(t, holds(back, typ, keyParts), "%s as %s on %s is %s", typ, spelled, to, back)
			typ = back
		}
	})
}

// holds reports whether a column of type a has room for the values of b.
func holds(a, b datatype.Type, keyParts int) bool {
	switch {
	case a.Kind.IsText():
		return keyParts > 0 || a.Length == 0 || a.Length >= b.Length && b.Length > 0 || !b.Kind.IsText()
	case a.Kind == datatype.Blob || a.Kind == datatype.Bytes:
		return keyParts > 0 || a.Length == 0 || a.Length >= b.Length && b.Length > 0
	case a.Kind == datatype.Numeric && b.Kind == datatype.Numeric:
		_, scale := plainScale(b.Precision, b.Scale)
		return a.Precision == 0 || b.Precision > 0 && a.Precision >= b.Precision && a.Scale >= scale
	case a.Kind == datatype.Numeric:
		return b.Kind.IsInteger() && a.Precision >= 20
	case a.Kind.IsInteger():
		return b.Kind.IsInteger() && integerBits(a.Kind) >= integerBits(b.Kind)
	case a.Kind == datatype.DateTime || a.Kind == datatype.Time:
		return a.Kind == b.Kind && a.Scale >= b.Scale
	case a.Kind == datatype.Real8:
		return b.Kind == datatype.Real8 || b.Kind == datatype.Real4
	}
	return a.Kind == b.Kind
}

// integerBits returns the bits of the largest value; a signed type has one less than its size.
func integerBits(k datatype.Kind) int {
	bits := map[string]int{"1": 8, "2": 16, "4": 32, "8": 64}[k.String()[len(k.String())-1:]]
	if !strings.HasPrefix(k.String(), "U") {
		bits--
	}
	return bits
}

func FuzzFromSQLite(f *testing.F) {
	f.Add("DECIMAL(10,2)")
	f.Add("(((")
	f.Fuzz(func(t *testing.T, declared string) {
		got := FromSQLite(declared)
		require.NotEqual(t, datatype.Invalid, got.Kind)
		require.NotEqual(t, datatype.Invalid, FromSQLite(ToSQLite(got, Use{})).Kind)
	})
}
