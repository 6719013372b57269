package convert

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

const (
	pg = catalog.PostgreSQL
	my = catalog.MySQL
	sl = catalog.SQLite
)

// tableOf makes a table from "name type" texts; the columns keep their names on the target unless renamed says else.
func tableOf(f catalog.Family, name catalog.Name, columns ...string) *catalog.Table {
	t := &catalog.Table{Name: name, Rows: -1, Bytes: -1}
	for _, c := range columns {
		n, native, _ := strings.Cut(c, " ")
		col := &catalog.Column{Name: n, NativeType: native}
		col.BaseType, col.Type = typemap.FromNative(f, native)
		t.Columns = append(t.Columns, col)
	}
	return t
}

// translatorFor makes a translator over columns whose target types are those of package typemap.
func translatorFor(from, to catalog.Family, columns ...string) translator {
	s := tableOf(from, catalog.Name{Schema: "s", Name: "t"}, columns...)
	names := &tableNames{to: s.Name, source: s, columns: map[string]string{}}
	target := &catalog.Table{Name: s.Name}
	for _, c := range s.Columns {
		names.columns[c.Name] = c.Name
		target.Columns = append(target.Columns, &catalog.Column{Name: c.Name, NativeType: typemap.To(to, c.Type, typemap.Use{})})
	}
	return translator{from: from, to: to, table: names, target: target}
}

func TestChecksThatMeanTheSameAreTranslated(t *testing.T) {
	postgres := []string{"qty integer", "price numeric(12,2)", "status varchar(10)", "active boolean", "born date", "at timestamp", "upto timestamp", "doc jsonb", "code char(3)"}
	mysql := []string{"qty int", "status varchar(10)", "active tinyint(1)"}
	sqlite := []string{"qty INTEGER", "active BOOLEAN", "name TEXT", "price DECIMAL(20,2)"}
	for _, c := range []struct {
		from, to catalog.Family
		columns  []string
		sql      string
		want     string // empty when it does not carry
	}{
		{pg, my, postgres, "(qty > 0)", "`qty` > 0"},
		{pg, my, postgres, "((qty > 0) AND (price >= (0)::numeric))", "(`qty` > 0) AND (`price` >= 0)"},
		{pg, my, postgres, "((status)::text = ANY ((ARRAY['new'::character varying, 'it''s'::character varying])::text[]))", "`status` IN ('new', 'it''s')"},
		{pg, sl, postgres, "status <> ALL (ARRAY['a'::text])", `"status" NOT IN ('a')`},
		{pg, my, postgres, `status = 'a\b'`, "`status` = 'a\\\\b'"},
		{pg, sl, postgres, "price > 1.5", `"price" > 1.5`},
		{pg, sl, []string{"price numeric(30,2)"}, "price > 1.5", `CAST("price" AS REAL) > 1.5`},
		{pg, my, postgres, "char_length((status)::text) <= 10", "char_length(`status`) <= 10"},
		{pg, sl, postgres, "length(status) BETWEEN 1 AND 10", `length("status") BETWEEN 1 AND 10`},
		{pg, my, postgres, "active OR (qty IS NOT NULL)", "`active` OR (`qty` IS NOT NULL)"},
		{pg, sl, postgres, "NOT active", `NOT "active"`},
		{pg, sl, postgres, "active = true", `"active" = 1`},
		{pg, my, postgres, "upto >= at", "`upto` >= `at`"},
		{pg, sl, postgres, "born > '1900-01-01'::date", `"born" > '1900-01-01'`},
		{pg, my, postgres, "doc IS NULL", "`doc` IS NULL"},
		{pg, my, postgres, "qty % 2 = 0", ""},
		{pg, my, postgres, "status ~ '^a'", ""},
		{pg, my, postgres, "status LIKE 'a%'", ""},
		{pg, my, postgres, "status < 'm'", ""},
		{pg, my, postgres, "at > '2020-01-01'::timestamp", ""},
		{pg, my, postgres, "doc = '{}'::jsonb", ""},
		{pg, my, postgres, "length(code) = 3", ""},
		{pg, my, postgres, "qty / 2 > 1", ""},
		{pg, my, postgres, "qty = (price)::integer", ""},
		{pg, my, postgres, "gone > 1", ""},
		{pg, my, postgres, "qty", ""},
		{pg, my, postgres, "my_function(qty)", ""},
		{pg, my, postgres, "qty > 0; DROP TABLE t", ""},
		{my, pg, mysql, "`qty` >= 0 and `qty` <= 100", `("qty" >= 0) AND ("qty" <= 100)`},
		{my, pg, mysql, "`status` in (_utf8mb4'New','paid')", `lower("status") IN ('new', 'paid')`},
		{my, pg, mysql, "`status` = 'é'", ""},
		{my, pg, mysql, "length(`status`) > 1", `octet_length("status") > 1`},
		{my, sl, mysql, "length(`status`) > 1", `length(CAST("status" AS BLOB)) > 1`},
		{my, pg, mysql, "`active` in (0,1)", `"active" IN (0, 1)`},
		{my, pg, mysql, "`qty` || `active`", ""},
		{my, pg, mysql, "json_valid(`status`)", ""},
		{sl, pg, sqlite, "active IN (0, 1)", `"active" IN (FALSE, TRUE)`},
		{sl, pg, sqlite, "active IN (0, 2)", ""},
		{sl, pg, sqlite, "qty > 0 OR NAME = 'x'", `("qty" > 0) OR ("name" = 'x')`},
		{sl, pg, sqlite, "[qty] == 1", `"qty" = 1`},
		{sl, my, sqlite, "qty <> 'a'", ""},
		{sl, pg, sqlite, "typeof(qty) = 'integer'", ""},
		{sl, pg, sqlite, "name GLOB 'a*'", ""},
	} {
		got, err := translatorFor(c.from, c.to, c.columns...).translate(c.sql)
		if c.want == "" {
			require.Error(t, err, "%s to %s: %s", c.from, c.to, c.sql)
			continue
		}
		require.NoError(t, err, "%s to %s: %s", c.from, c.to, c.sql)
		require.Equal(t, c.want, got)
	}
}

func TestGeneratedColumnsComeOutTheSameOrStayBehind(t *testing.T) {
	columns := []string{"a integer", "b integer", "price numeric(12,2)", "first varchar(20)", "last varchar(20)", "weight double precision", "code char(3)"}
	for _, c := range []struct {
		from, to  catalog.Family
		sql, want string
	}{
		{pg, my, "(a * b)", "`a` * `b`"},
		{pg, my, "((a)::numeric * price)", "`a` * `price`"},
		{pg, my, "(((first)::text || ' '::text) || (last)::text)", "concat(concat(`first`, ' '), `last`)"},
		{pg, sl, "(((first)::text || ' '::text) || (last)::text)", `("first" || ' ') || "last"`},
		{pg, my, "lower((first)::text)", "lower(`first`)"},
		{pg, sl, "lower((first)::text)", ""},
		{pg, sl, "(a * b)", `"a" * "b"`},
		{pg, sl, "(price * 2)", ""},
		{pg, my, "(weight * 2)", ""},
		{pg, my, "COALESCE(a, 0)", "coalesce(`a`, 0)"},
		{pg, my, "((first)::text || (a)::text)", ""},
		{pg, my, "((code)::text || 'x')", ""},
		{pg, my, "(a / b)", ""},
		{my, pg, "concat(`first`,'-',`last`)", `"first" || '-' || "last"`},
		{sl, pg, "a + 1", `"a" + 1`},
		{sl, pg, "a || b", ""},
	} {
		own := columns
		if c.from == sl {
			own = []string{"a INTEGER", "b INTEGER"}
		}
		tr := translatorFor(c.from, c.to, own...)
		tr.generated = true
		got, err := tr.translate(c.sql)
		if c.want == "" {
			require.Error(t, err, c.sql)
			continue
		}
		require.NoError(t, err, c.sql)
		require.Equal(t, c.want, got)
	}
}

func TestTokensJoinedAreTheText(t *testing.T) {
	for f, sql := range map[catalog.Family]string{
		pg: `SELECT "a""b", 'it''s', E'a\'b', $x$ $$ '$x$, b'10', x'ff', 1.5e-3, a.b::text[] -- rest` + "\n/* a /* b */ c */ FROM t WHERE $1 >= 2",
		my: "SELECT `a``b`, 'it\\'s', \"x\"\"y\", _utf8mb4'z', 0xff # rest\n, 1 -- more",
		sl: `SELECT [a b], "c", ` + "`d`" + `, 'e''f', x'00' /* g */`,
	} {
		tokens, err := tokenize(f, sql)
		require.NoError(t, err)
		joined := ""
		for _, tok := range tokens {
			joined += tok.text
		}
		require.Equal(t, sql, joined)
	}
	_, err := tokenize(pg, "SELECT 'open")
	require.ErrorContains(t, err, "not closed")
	_, err = tokenize(pg, "SELECT $a$ open")
	require.Error(t, err)
}

func TestStringsMeanTheSameWhenQuotedForAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		f := rapid.SampledFrom([]catalog.Family{pg, my, sl}).Draw(t, "family")
		tokens, err := tokenize(f, quoteString(f, value))
		require.NoError(t, err)
		require.Len(t, tokens, 1)
		require.Equal(t, value, tokens[0].value)
		tokens, err = tokenize(f, quoteName(f, value))
		require.NoError(t, err)
		require.Len(t, tokens, 1)
		require.Equal(t, value, tokens[0].value)
	})
}

func FuzzExpression(f *testing.F) {
	f.Add("((a > 0) AND (b = ANY (ARRAY['x'::text])))", byte(0))
	f.Add("concat(`a`,'-',\"b\")", byte(1))
	f.Add("a IN (1,2) OR NOT [b] BETWEEN 1 AND 2", byte(2))
	f.Fuzz(func(t *testing.T, sql string, which byte) {
		families := []catalog.Family{pg, my, sl}
		from, to := families[which%3], families[(which/3)%3]
		text, err := translatorFor(from, to, "a int", "b varchar(9)").translate(sql)
		if err == nil {
			_, err = parseExpression(to, text)
			require.NoError(t, err, "%s became %s", sql, text)
		}
	})
}
