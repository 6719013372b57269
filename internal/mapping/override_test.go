package mapping

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func overriding(locator, functions string) string {
	return `{"rule-type":"validation","rule-target":"column","rule-action":"override-validation-function","object-locator":` + locator + `,` + functions + `}`
}

func TestOverridesOfComparisons(t *testing.T) {
	const column = `{"schema-name":"%","table-name":"orders","column-name":"`
	r, err := Parse([]byte(withAll(
		overriding(column+`total"}`, `"source-function":"round(${column-name}, 2)","target-function":"${column-name} + 0"`),
		overriding(column+`t%"}`, `"target-function":"upper(${column-name})"`),
		overriding(column+`nothing"}`, `"source-function":"'it''s; -- \"quoted\" (' || ${column-name}"`))))
	require.NoError(t, err)
	plan, err := r.Plan(shop(), Options{})
	require.NoError(t, err)
	found := map[string]*Override{}
	for _, table := range plan.Tables {
		for _, c := range table.Columns {
			if c.Compare != nil {
				found[table.Source.Name.Name+"."+c.Name] = c.Compare
			}
		}
	}
	require.NotNil(t, found["orders.total"])
	require.Equal(t, "round(${column-name}, 2)", found["orders.total"].SourceFunction, "the first rule wins")
	require.Equal(t, "${column-name} + 0", found["orders.total"].TargetFunction)
	for name := range found {
		require.True(t, strings.HasPrefix(name, "orders.t"), name)
	}
	require.Len(t, plan.Unmatched, 1)
	require.Contains(t, plan.Unmatched[0], "nothing")
}

// TestFunctionsThatAreMoreThanOne refuses what could end the statement that a function is put into, or mean one thing to one engine and
// another to the other.
func TestFunctionsThatAreMoreThanOne(t *testing.T) {
	for text, want := range map[string]string{
		"lower(x)":                          "does not name the column",
		"${column-name}) FROM t --":         "has a ) too many",
		"${column-name}; DROP TABLE t":      "has one of ;",
		"${column-name} -- x":               "has one of ;",
		"${column-name} /* x":               "has one of ;",
		"${column-name} # x":                "has one of ;",
		"$$ ${column-name} $$":              "has one of ;",
		"lower(${column-name}":              "has a ( too many",
		"'${column-name}":                   "has a quote that does not end",
		"'${column-name}'":                  "has a \\ or $ within quotes",
		`replace(${column-name}, '\', ')')`: "has a \\ or $ within quotes",
		"`${column-name}`":                  "has a \\ or $ within quotes",
		"${column-name} || \x00":            "has one of ;",
		// SQLite takes what is in brackets for a name: here it ends the SELECT, and a text to all others.
		"${column-name} || (SELECT 1 AS [ ' ])) AS TEXT) FROM secrets UNION ALL SELECT CAST(((SELECT 1 AS [ ' ])": "a quote, a bracket or one of ; \\ $ # -- /* within [ ]",
		"${column-name}[(]":        "within [ ]",
		"${column-name}[1":         "has a [ that does not end",
		"ARRAY[${column-name}]":    "within [ ]",
		"${column-name} ` ' ` ' '": "within ` `",
		"${column-name} `;`":       "within ` `",
	} {
		require.ErrorContains(t, checkFunction(text), want, text)
	}
	_, err := Parse([]byte(withAll(overriding(`{"schema-name":"a","table-name":"b","column-name":"c"}`, `"source-function":"now()"`))))
	require.ErrorContains(t, err, `source-function: is "now()", which does not name the column by ${column-name}; want one SQL expression`)
}

// TestFunctionsWithBrackets may ask for elements of arrays, and for names that are quoted.
func TestFunctionsWithBrackets(t *testing.T) {
	for _, text := range []string{"${column-name}[1]", "(${column-name})[1:n + 2]", "`a b`.${column-name}", "[a b].${column-name}"} {
		require.NoError(t, checkFunction(text), text)
	}
}

func FuzzFunction(f *testing.F) {
	for _, s := range []string{"lower(${column-name})", "'a''b' || ${column-name}", "((${column-name}))", "`x`.${column-name}", "'--' || ${column-name}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if checkFunction(text) != nil {
			return
		}
		// Without what is quoted, nothing is left that could end the expression.
		var bare strings.Builder
		for rest := strings.ReplaceAll(text, columnHere, "c"); rest != ""; {
			at := strings.IndexAny(rest, "'\"`")
			if at < 0 {
				bare.WriteString(rest)
				break
			}
			bare.WriteString(rest[:at])
			end := strings.IndexByte(rest[at+1:], rest[at])
			require.GreaterOrEqual(t, end, 0)
			rest = rest[at+2+end:]
		}
		for _, bad := range []string{";", "--", "/*", "#", "$", "\\", "\x00"} {
			require.NotContains(t, bare.String(), bad)
		}
		require.Equal(t, strings.Count(bare.String(), "("), strings.Count(bare.String(), ")"))
	})
}
