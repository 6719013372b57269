package mapping

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var planCases = map[string]struct {
	doc     string
	options Options
}{
	"everything":     {doc: rulesOf(includes("%", "%"))},
	"folded":         {rulesOf(includes("%", "%")), Options{FoldPartitions: true, TargetSchema: "one"}},
	"exclude-wins":   {doc: rulesOf(excludes("app", "tmp[_]%"), excludes("app", "events"), excludes("%", "nothing"), includes("app", "%"))},
	"exclude-branch": {doc: rulesOf(includes("app", "events"), excludes("app", "events_2025"))},
	"partition-only": {rulesOf(includes("app", "events_2025"), includes("archive", "%")), Options{}},
	"partition-fold": {rulesOf(includes("app", "events_2025"), includes("archive", "%")), Options{FoldPartitions: true}},
	"views": {doc: rulesOf(
		`s "rule-action":"include","object-locator":{"schema-name":"app","table-name":"%","table-type":"view"}`,
		`s "rule-action":"explicit","load-order":"2","object-locator":{"schema-name":"app","table-name":"orders","table-type":"all"}`,
		`s "rule-action":"explicit","object-locator":{"schema-name":"app","table-name":"Orders"}`)},
	"load-order": {doc: rulesOf(includes("app", "customers"),
		`s "rule-action":"include","load-order":3,`+at("app", "%s"), `s "rule-action":"include","load-order":9,`+at("app", "l%"))},
	"filters": {doc: rulesOf(includes("app", "%"),
		`s "rule-action":"include",`+at("app", "events")+`,"filters":[{"filter-type":"source","column-name":"id","filter-conditions":[{"filter-operator":"gte","value":"10"}]}]`,
		`s "rule-action":"include",`+at("app", "events_2025_a")+`,"filters":[{"filter-type":"source","column-name":"at","filter-conditions":[{"filter-operator":"notnull"}]}]`)},
	"names": {rulesOf(includes("%", "%"), excludes("%", "%[_]%"),
		names("rename", "shop", "schema", at("app")), names("convert-lowercase", "", "schema", at("%")),
		names("add-prefix", "t_", "table", at("app", "o%")), names("convert-uppercase", "", "table", at("app", "%")),
		names("remove-suffix", "ead", "table", at("Sales", "%")),
		names("replace-prefix", "cust", "column", at("app", "orders", "customer[_]%"))+`,"old-value":"customer"`,
		names("replace-suffix", "X", "column", at("app", "orders", "total"))+`,"old-value":"al"`,
		names("remove-prefix", "em", "column", at("app", "orders", "%ail")),
		names("add-suffix", "_", "column", at("app", "orders", "%", "real4")),
		names("convert-lowercase", "", "column", at("app", "%", "%"))), Options{TargetSchema: "ignored"}},
	"expressions": {rulesOf(includes("app", "orders"),
		`t "rule-target":"schema","rule-action":"rename","expression":"'x_' || $AR_M_SOURCE_SCHEMA",`+at("app"),
		`t "rule-target":"table","rule-action":"rename","expression":"$AR_M_SOURCE_SCHEMA || '_' || $AR_M_SOURCE_TABLE_NAME",`+at("app", "%"),
		`t "rule-target":"column","rule-action":"rename","expression":"$AR_M_SOURCE_TABLE_NAME || '_' || $AR_M_SOURCE_COLUMN_NAME || $AR_M_SOURCE_COLUMN_DATATYPE",`+at("app", "%", "id")),
		Options{RenameExpression: evaluate}},
	"columns": {doc: rulesOf(includes("app", "%s"),
		columns("remove-column", at("app", "orders", "%", "nclob"), ""), columns("remove-column", at("app", "orders", "weight"), ""),
		columns("include-column", at("app", "customers", "Name"), ""), columns("remove-column", at("app", "customers", "Name"), ""),
		columns("change-data-type", at("app", "%", "%", "int8"), `,"data-type":{"type":"string","length":20}`),
		columns("change-data-type", at("app", "orders", "id"), `,"data-type":{"type":"int4"}`),
		columns("add-column", at("app", "orders"), `,"value":"origin","data-type":{"type":"string","length":9},"expression":"'eu'"`),
		columns("add-column", at("app", "%"), `,"value":"origin","data-type":{"type":"string","length":3}`),
		columns("add-column", at("app", "orders"), `,"value":"note","data-type":{"type":"wstring","length":50},"expression":"substr($note, 1, 50)"`),
		columns("remove-column", at("app", "orders", "nowhere"), ""))},
	"without-lobs": {rulesOf(includes("app", "orders"),
		columns("change-data-type", at("app", "orders", "weight"), `,"data-type":{"type":"blob"}`)), Options{WithoutLOBs: true}},
	"masks": {doc: rulesOf(includes("app", "orders"),
		columns("change-data-type", at("app", "orders", "phone"), `,"data-type":{"type":"string","length":64}`),
		columns("data-masking-hash-mask", at("app", "orders", "phone"), ""),
		columns("data-masking-digits-mask", at("app", "orders", "ref"), `,"value":"#"`),
		columns("data-masking-digits-randomize", at("app", "orders", "%", "numeric"), ""),
		columns("data-masking-digits-randomize", at("app", "orders", "phone"), ""),
		columns("add-column", at("app", "orders"), `,"value":"copy","data-type":{"type":"wstring","length":80},"expression":"$email"`),
		columns("data-masking-digits-mask", at("app", "orders", "copy"), `,"value":"*"`))},
	"keys": {doc: rulesOf(includes("app", "orders"), includes("app", "events"),
		names("add-prefix", "k_", "column", at("app", "%", "%id")),
		`t "rule-target":"table","rule-action":"define-primary-key",`+at("app", "orders")+`,"primary-key-def":{"name":"pk","columns":["id","k_customer_id"]}`,
		`t "rule-target":"table","rule-action":"define-primary-key",`+at("app", "events")+`,"primary-key-def":{"name":"ux","origin":"unique-index","columns":["at","id"]}`)},
	"load-settings": {doc: rulesOf(includes("app", "orders"), includes("app", "logs"), includes("app", "events"),
		`l `+at("app", "orders")+`,"parallel-load":{"type":"ranges","columns":["id","total"],"boundaries":[["10","1.5"],[20,"2"]]},"lob-settings":{"bulk-max-size":"64"}`,
		`l `+at("app", "logs")+`,"parallel-load":{"type":"partitions-list","partitions":["p1"]},"lob-settings":{"mode":"none","bulk-max-size":4}`,
		`l `+at("app", "events")+`,"parallel-load":{"type":"partitions-auto"},"lob-settings":{"mode":"unlimited","bulk-max-size":0}`,
		`l `+at("app", "gone")+`,"parallel-load":{"type":"none"}`)},
	"whole-schemas": {doc: rulesOf(includes("lib", "%"), includes("void", "%"), includes("Sales", "L%"))},
}

func TestPlanGolden(t *testing.T) {
	for name, c := range planCases {
		t.Run(name, func(t *testing.T) {
			r, err := Parse([]byte(c.doc))
			require.NoError(t, err)
			p, err := r.Plan(shop(), c.options)
			require.NoError(t, err)
			path := filepath.Join("testdata", "plan", name+".golden")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.WriteFile(path, []byte(show(p)), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), show(p))
		})
	}
}

func TestTargetColumn(t *testing.T) {
	r, err := Parse([]byte(rulesOf(includes("app", "customers"), names("convert-lowercase", "", "column", at("%", "%", "%")), columns("remove-column", at("%", "%", "id"), ""))))
	require.NoError(t, err)
	p, err := r.Plan(shop(), Options{})
	require.NoError(t, err)
	name, ok := p.Tables[0].TargetColumn("Name")
	require.True(t, ok)
	require.Equal(t, "name", name)
	_, ok = p.Tables[0].TargetColumn("id")
	require.False(t, ok)
}
