package mapping

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func table(schema, name string, columns ...*catalog.Column) *catalog.Table {
	return &catalog.Table{Name: catalog.Name{Schema: schema, Name: name}, Columns: columns}
}

func column(name, native string, t datatype.Type) *catalog.Column {
	return &catalog.Column{Name: name, NativeType: native, BaseType: native, Type: t}
}

func id() *catalog.Column { return column("id", "bigint", datatype.Type{Kind: datatype.Int8}) }

// shop is a PostgreSQL source with partitions (one in another schema), a view, a schema without tables, Whimbrel's
// own tables and, borrowed from MySQL, a table with named partitions.
func shop() *catalog.Catalog {
	partition := func(schema, name string, of catalog.Name) *catalog.Table {
		t := table(schema, name, id(), column("at", "date", datatype.Type{Kind: datatype.Date}))
		t.PartitionOf, t.Bound = &of, "FOR VALUES IN ('"+name+"')"
		return t
	}
	events := table("app", "events", id(), column("at", "date", datatype.Type{Kind: datatype.Date}))
	events.PartitionBy = "LIST (at)"
	year := partition("app", "events_2025", events.Name)
	year.PartitionBy = "LIST (id)"
	logs := table("app", "logs", id())
	logs.Partitions = []string{"p0", "p1"}
	customers := table("app", "customers", id(), column("Name", "varchar(40)", datatype.Type{Kind: datatype.WString, Length: 40}))
	view := &catalog.View{Name: catalog.Name{Schema: "app", Name: "big_orders"}, Columns: []*catalog.Column{id()}, Rows: 7}
	return &catalog.Catalog{Family: catalog.PostgreSQL, Schemas: []*catalog.Schema{
		{
			Name: "app",
			Tables: []*catalog.Table{
				orderTable(), customers, events, year, partition("app", "events_2025_a", year.Name), logs, table("app", "tmp_a", id()),
				table("app", "awsdms_status", id()), table("app", "awsdms_load_progress", id()), table("app", "awsdms_changes123", id()),
			},
			Views: []*catalog.View{view},
		},
		{Name: "archive", Tables: []*catalog.Table{partition("archive", "events_2024", events.Name)}},
		{Name: "Sales", Tables: []*catalog.Table{table("Sales", "Lead", column("Id", "integer", datatype.Type{Kind: datatype.Int4}))}},
		{Name: "lib", Objects: []catalog.Object{{Kind: "function"}}},
		{Name: "void"},
	}}
}

func orderTable() *catalog.Table {
	return table("app", "orders", id(),
		column("customer_id", "integer", datatype.Type{Kind: datatype.Int4}),
		column("total", "numeric(12,2)", datatype.Type{Kind: datatype.Numeric, Precision: 12, Scale: 2}),
		column("note", "text", datatype.Type{Kind: datatype.NClob}),
		column("email", "varchar(80)", datatype.Type{Kind: datatype.WString, Length: 80}),
		column("phone", "varchar(20)", datatype.Type{Kind: datatype.String, Length: 20}),
		column("ref", "uuid", datatype.Type{Kind: datatype.String, Length: 36, Hint: datatype.UUID}),
		column("weight", "real", datatype.Type{Kind: datatype.Real4}),
	)
}

// show writes a plan for people to review.
func show(p *Plan) string {
	var b strings.Builder
	schemas := make([]string, 0, len(p.Schemas))
	for from, to := range p.Schemas {
		schemas = append(schemas, from+" -> "+to)
	}
	slices.Sort(schemas)
	fmt.Fprintf(&b, "schemas: %s\n", strings.Join(schemas, ", "))
	for _, t := range p.Tables {
		kind := "table"
		if t.View != nil {
			kind = "view"
		}
		fmt.Fprintf(&b, "%s %s -> %s", kind, t.Source.Name, t.Target)
		if t.LoadOrder != 0 {
			fmt.Fprintf(&b, ", load order %d", t.LoadOrder)
		}
		if t.Source.PartitionOf != nil {
			fmt.Fprintf(&b, ", partition of %s", t.Source.PartitionOf)
		}
		fmt.Fprintf(&b, ", untouched %t\n", t.Untouched())
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "  %s\n", showColumn(c))
		}
		if t.Key != nil {
			fmt.Fprintf(&b, "  key %+v\n", *t.Key)
		}
		for _, w := range t.Where {
			fmt.Fprintf(&b, "  where %+v\n", w)
		}
		if t.Parallel != nil {
			fmt.Fprintf(&b, "  parallel %+v\n", *t.Parallel)
		}
		if t.LOB != nil {
			fmt.Fprintf(&b, "  lob %+v\n", *t.LOB)
		}
	}
	for _, u := range p.Unmatched {
		fmt.Fprintf(&b, "unmatched: %s\n", u)
	}
	for _, u := range p.Overruled {
		fmt.Fprintf(&b, "overruled: %s\n", u)
	}
	return b.String()
}

func showColumn(c ColumnPlan) string {
	s := "(added)"
	if c.Source != nil {
		s = c.Source.Name
	}
	s += " -> " + c.Name
	if c.Type != nil {
		s += " " + c.Type.String()
		if c.Type.Hint != datatype.NoHint {
			s += fmt.Sprintf(" hint %d", c.Type.Hint)
		}
	}
	if c.Expression != "" {
		s += " = " + c.Expression
	}
	for _, m := range c.Masks {
		s += " " + string(m.Method)
		if m.Char != 0 {
			s += " " + string(rune(m.Char))
		}
	}
	return s
}

// evaluate stands in for the expression language: it knows placeholders joined by ||.
func evaluate(expression string, names map[string]string) (string, error) {
	out := ""
	for _, term := range strings.Split(expression, "||") {
		term = strings.TrimSpace(term)
		name, placeholder := strings.CutPrefix(term, "$")
		value, known := names[name]
		switch {
		case placeholder && known:
			out += value
		case placeholder:
			return "", errors.New("no such name " + term)
		default:
			out += strings.Trim(term, "'")
		}
	}
	return out, nil
}

// rulesOf numbers rules from 1 and names them r1, r2 …; each is given without type, id and name.
func rulesOf(rules ...string) string {
	var out []string
	for i, r := range rules {
		kind, members, _ := strings.Cut(r, " ")
		kind = map[string]string{"s": "selection", "t": "transformation", "l": "table-settings"}[kind]
		out = append(out, fmt.Sprintf(`{"rule-type":%q,"rule-id":%d,"rule-name":"r%d",%s}`, kind, i+1, i+1, members))
	}
	return `{"rules":[` + strings.Join(out, ",") + `]}`
}

// at is an object-locator: schema, table, column.
func at(schema string, rest ...string) string {
	s := fmt.Sprintf(`"object-locator":{"schema-name":%q`, schema)
	for i, r := range rest {
		s += fmt.Sprintf(`,%q:%q`, []string{"table-name", "column-name", "data-type"}[i], r)
	}
	return s + "}"
}

func includes(schema, table string) string {
	return `s "rule-action":"include",` + at(schema, table)
}

func excludes(schema, table string) string {
	return `s "rule-action":"exclude",` + at(schema, table)
}

func names(action, value, target, locator string) string {
	s := fmt.Sprintf(`t "rule-target":%q,"rule-action":%q,%s`, target, action, locator)
	if value != "" {
		s += fmt.Sprintf(`,"value":%q`, value)
	}
	return s
}

func columns(action, locator, members string) string {
	return fmt.Sprintf(`t "rule-target":"column","rule-action":%q,%s%s`, action, locator, members)
}

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

func TestPlanErrors(t *testing.T) {
	key := func(columns string) string {
		return `t "rule-target":"table","rule-action":"define-primary-key",` + at("app", "orders") + `,"primary-key-def":{"name":"pk","columns":[` + columns + `]}`
	}
	filter := func(column string) string {
		return `s "rule-action":"include",` + at("app", "customers") + `,"filters":[{"filter-type":"source","column-name":"` + column + `","filter-conditions":[{"filter-operator":"null"}]}]`
	}
	all := includes("app", "orders")
	const tr = `transformation rule 2 "r2": `
	for name, c := range map[string]struct {
		rules []string
		fold  bool
		want  string
	}{
		"one target for two":     {[]string{includes("app", "customers"), all, names("rename", "x", "table", at("app", "%"))}, false, "tables app.orders and app.customers would both go into app.x; rename or exclude one of them"},
		"one name for two":       {[]string{all, names("rename", "id", "column", at("app", "%", "total"))}, false, `table app.orders: column "id" and column "total" would both be column "id" of app.orders; give one another name or remove it`},
		"added twin":             {[]string{all, columns("add-column", at("app", "%"), `,"value":"total","data-type":{"type":"int4"}`)}, false, `table app.orders: column "total" and an added column would both be column "total" of app.orders; give one another name or remove it`},
		"nothing left of a name": {[]string{all, names("remove-prefix", "orders", "table", at("app", "%"))}, false, tr + `rename table "orders": nothing is left of the name`},
		"no expressions":         {[]string{all, `t "rule-target":"table","rule-action":"rename","expression":"'x'",` + at("app", "%")}, false, tr + `rename table "orders": expression "'x'": rename expressions cannot be evaluated here; use a value`},
		"no column left":         {[]string{all, columns("remove-column", at("app", "orders", "%"), "")}, false, "table app.orders: remove-column and include-column rules leave no column of it; exclude the table or keep a column"},
		"filter column":          {[]string{filter("name")}, false, `selection rule 1 "r1": the filter's column "name" is not in app.customers; its columns are id, Name`},
		"filter on a LOB": {[]string{`s "rule-action":"include",` + at("app", "orders") + `,"filters":[{"filter-type":"source","column-name":"note","filter-conditions":[{"filter-operator":"null"}]}]`}, false,
			`selection rule 1 "r1": the filter's column "note" of app.orders is text (NCLOB); filters on large objects do not exist`},
		"key column":         {[]string{all, key(`"ID"`)}, false, tr + `column "ID" of the key is not in app.orders; its columns are id, customer_id, total, note, email, phone, ref, weight`},
		"key column removed": {[]string{all, key(`"id"`), columns("remove-column", at("app", "orders", "id"), "")}, false, tr + `column "id" of app.orders is in the key and left behind by another rule`},
		"key column twice":   {[]string{all, key(`"id","x"`), names("rename", "x", "column", at("app", "orders", "id"))}, false, tr + `column "x" is in the key twice`},
		"mask kind":          {[]string{all, columns("data-masking-hash-mask", at("app", "orders", "note"), "")}, false, tr + `column app.orders.note is NCLOB; data-masking-hash-mask works on STRING, WSTRING (narrow the rule with data-type in its object-locator, or add a change-data-type rule with a smaller rule-id)`},
		"mask width":         {[]string{all, columns("data-masking-hash-mask", at("app", "orders", "phone"), "")}, false, tr + `column app.orders.phone is STRING(20); a hash takes 64 characters (add a change-data-type rule with a smaller rule-id that widens it)`},
		"mask before type": {[]string{all, columns("data-masking-hash-mask", at("app", "orders", "phone"), ""), columns("change-data-type", at("app", "orders", "phone"), `,"data-type":{"type":"string","length":64}`)}, false,
			`transformation rule 3 "r3": column app.orders.phone is masked by rule 2: a change-data-type on a masked column needs the smaller rule-id, so that it runs first`},
		"range column":       {[]string{all, `l ` + at("app", "orders") + `,"parallel-load":{"type":"ranges","columns":["weight","x"],"boundaries":[["1","2"]]}`}, false, "table-settings rule 2 \"r2\": the range column \"weight\" of app.orders is real (REAL4); ranges need a column that is neither a floating-point number nor a large object\ntable-settings rule 2 \"r2\": the range column \"x\" is not in app.orders; its columns are id, customer_id, total, note, email, phone, ref, weight"},
		"partition":          {[]string{includes("app", "logs"), `l ` + at("app", "logs") + `,"parallel-load":{"type":"partitions-list","partitions":["p2"]}`}, false, `table-settings rule 2 "r2": partition "p2" is not in app.logs; its partitions are p0, p1`},
		"partition left out": {[]string{includes("app", "events"), excludes("archive", "%")}, true, `selection rule 2 "r2": excludes archive.events_2024, a partition of app.events, which is read as one table into this target; filter the rows of app.events instead`},
		"tablespace":         {[]string{all, `t "rule-target":"table-tablespace","rule-action":"rename","value":"x","object-locator":{"table-tablespace-name":"y"}`}, false, tr + `rule-target table-tablespace belongs to migrations from Oracle to Oracle, which are not there yet; leave the rule out`},
		"before image":       {[]string{all, columns("add-before-image-columns", at("app", "orders"), `,"before-image-def":{}`)}, false, tr + `before images belong to change data capture into streaming targets, which is not there yet; leave the rule out`},
		"document type":      {[]string{all, columns("change-data-type", at("app", "orders", "id"), `,"data-type":{"type":"map"}`)}, false, tr + `data type map belongs to document and wide-column targets, which are not there yet; choose another type`},
		"elsewhere": {[]string{all, `l ` + at("app", "orders") + `,"parallel-load":{"type":"subpartitions-auto"}`,
			`l ` + at("app", "logs") + `,"parallel-load":{"type":"partitions-list","partitions":["p0"],"subpartitions":["s"]}`,
			`l ` + at("app", "tmp_a") + `,"parallel-load":{"type":"ranges","columns":["id"],"boundaries":[["1"]],"segment-names":["a","b"],"batch-size":0,"collection-count-from-metadata":false}`}, false,
			"table-settings rule 2 \"r2\": parallel-load: type subpartitions-auto (Oracle) belongs to engines that are not there yet; leave it out\n" +
				"table-settings rule 3 \"r3\": parallel-load: subpartitions (Oracle) belongs to engines that are not there yet; leave it out\n" +
				"table-settings rule 4 \"r4\": parallel-load: segment-names (S3) belongs to engines that are not there yet; leave it out\n" +
				"table-settings rule 4 \"r4\": parallel-load: batch-size (MongoDB and DocumentDB) belongs to engines that are not there yet; leave it out\n" +
				"table-settings rule 4 \"r4\": parallel-load: collection-count-from-metadata (MongoDB and DocumentDB) belongs to engines that are not there yet; leave it out"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Parse([]byte(rulesOf(c.rules...)))
			require.NoError(t, err)
			_, err = r.Plan(shop(), Options{FoldPartitions: c.fold})
			require.EqualError(t, err, c.want)
		})
	}
}

func TestPlanRefusesDeferredRules(t *testing.T) {
	r, err := Parse([]byte(withAll(
		`{"rule-type":"object-mapping","rule-id":2,"rule-name":"b","rule-action":"map-record-to-record",`+orders+`,"kafka-target-topic":"t","mapping-parameters":{"partition-key-type":"attribute-name","partition-key-name":"n","exclude-columns":["a"],"attribute-mappings":[{"target-attribute-name":"n","attribute-type":"scalar","attribute-sub-type":"string","value":"${a}"}]}}`,
		`{"rule-type":"post-processing","rule-id":3,"rule-name":"c","rule-action":"add-tag",`+orders+`,"tag-set":[{"key":"k","value":"${schema-name}"}]}`,
		`{"rule-type":"validation","rule-id":4,"rule-name":"d","rule-target":"column","rule-action":"override-validation-function","object-locator":{"schema-name":"a","table-name":"b","column-name":"c"},"target-function":"${column-name}"}`)))
	require.NoError(t, err)
	_, err = r.Plan(shop(), Options{})
	require.EqualError(t, err, `object-mapping rule 2 "b": object mapping belongs to Kafka, Kinesis and DynamoDB targets: not there yet, leave the rule out
post-processing rule 3 "c": post-processing tags belong to S3 targets: not there yet, leave the rule out
validation rule 4 "d": comparison overrides belong to data validation: not there yet, leave the rule out`)
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
