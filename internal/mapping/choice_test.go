package mapping

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// TestSelectionAgainstADefinition compares the choice of tables with the one sentence that defines it: included by
// some rule and excluded by none.
func TestSelectionAgainstADefinition(t *testing.T) {
	tables := []string{"a", "ab", "abc", "b_c", "bxc", "C", "awsdms_status"}
	source := &catalog.Catalog{}
	for _, s := range []string{"s", "s2", "S"} {
		schema := &catalog.Schema{Name: s}
		for _, name := range tables {
			schema.Tables = append(schema.Tables, table(s, name, id()))
		}
		source.Schemas = append(source.Schemas, schema)
	}
	patterns := rapid.SampledFrom([]string{"%", "s", "s%", "S", "a%", "_", "b_c", "b[_]c", "[ab]%", "ab", "%c"})
	rapid.Check(t, func(t *rapid.T) {
		var rules []string
		chosen := map[string]bool{}
		matching := func(schema, name string) []string {
			sp, err := CompilePattern(schema)
			require.NoError(t, err)
			np, err := CompilePattern(name)
			require.NoError(t, err)
			var out []string
			for _, s := range source.Schemas {
				for _, tb := range s.Tables {
					if sp.Match(s.Name) && np.Match(tb.Name.Name) && tb.Name.Name != "awsdms_status" {
						out = append(out, tb.Name.String())
					}
				}
			}
			return out
		}
		barred := map[string]bool{}
		for range rapid.IntRange(1, 6).Draw(t, "rules") {
			schema, name := patterns.Draw(t, "schema"), patterns.Draw(t, "table")
			if rapid.Bool().Draw(t, "exclude") {
				rules = append(rules, excludes(schema, name))
				for _, n := range matching(schema, name) {
					barred[n] = true
				}
				continue
			}
			rules = append(rules, includes(schema, name))
			for _, n := range matching(schema, name) {
				chosen[n] = true
			}
		}
		r, err := Parse([]byte(rulesOf(rules...)))
		require.NoError(t, err)
		p, err := r.Plan(source, Options{})
		require.NoError(t, err)
		for _, tp := range p.Tables {
			require.True(t, r.WantsSchema(tp.Source.Name.Schema))
		}
		var want, got []string
		for n := range chosen {
			if !barred[n] {
				want = append(want, n)
			}
		}
		for _, tp := range p.Tables {
			got = append(got, tp.Source.Name.String())
		}
		require.ElementsMatch(t, want, got)
	})
}

// TestSchemasThatAreWanted are those of which a rule may select something.
func TestSchemasThatAreWanted(t *testing.T) {
	r, err := Parse([]byte(rulesOf(includes("shop_1", "%"), excludes("%", "x"),
		`s "rule-action":"explicit","object-locator":{"schema-name":"plain_1","table-name":"a"}`)))
	require.NoError(t, err)
	for schema, wanted := range map[string]bool{"shop_1": true, "shopx1": true, "plain_1": true, "plainx1": false, "other": false} {
		require.Equal(t, wanted, r.WantsSchema(schema), schema)
	}
}
