package mapping

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// everyTable is a selection rule for documents whose other rules are under test.
const everyTable = `{"rule-type":"selection","rule-id":"1","rule-name":"all","object-locator":{"schema-name":"%","table-name":"%"},"rule-action":"include"}`

func withAll(rules ...string) string {
	return `{"rules":[` + strings.Join(append([]string{everyTable}, rules...), ",") + `]}`
}

// sel is selection rule 2 "b" with the members given.
func sel(members string) string {
	return withAll(`{"rule-type":"selection","rule-id":2,"rule-name":"b",` + members + `}`)
}

// tra is transformation rule 2 "b" with the members given.
func tra(members string) string {
	return withAll(`{"rule-type":"transformation","rule-id":2,"rule-name":"b",` + members + `}`)
}

// col is a transformation of app.orders.total.
func col(action, members string) string {
	return tra(`"rule-target":"column","rule-action":"` + action + `","object-locator":{"schema-name":"app","table-name":"orders","column-name":"total"}` + members)
}

func tab(members string) string {
	return withAll(`{"rule-type":"table-settings","rule-id":2,"rule-name":"b",` + members + `}`)
}

const orders = `"object-locator":{"schema-name":"app","table-name":"orders"}`

func TestParseErrors(t *testing.T) {
	const s, tr, ts = `selection rule 2 "b": rules[1]`, `transformation rule 2 "b": rules[1]`, `table-settings rule 2 "b": rules[1]`
	for name, c := range map[string]struct{ doc, want string }{
		"syntax":                {"{\"rules\": [\n  {\"rule-type\": selection}\n]}", "line 2:17: the document is not valid JSON: invalid character 's' looking for beginning of value"},
		"cut short":             {"{\"rules\": [\n", "line 2:1: the document is not valid JSON: unexpected end of JSON input"},
		"empty":                 {"", "line 1:1: the document is not valid JSON: unexpected end of JSON input"},
		"encoding":              {"{\"rules\": \"\xff\"}", "line 1:12: the document is not valid UTF-8"},
		"not an object":         {`[]`, `is an array of 0; want an object`},
		"no rules":              {`{}`, `rules: is missing; want an array of rules`},
		"rules kind":            {`{"rules":{}}`, `rules: is an object; want an array`},
		"rule kind":             {`{"rules":[1]}`, `rules[0]: is 1; want an object`},
		"nothing selected":      {`{"rules":[]}`, `rules: holds no selection rule; at least one is needed`},
		"top-level key":         {`{"rules":[` + everyTable + `],"version":1}`, `version: the key has no meaning here; keys that have: rules`},
		"no rule-type":          {withAll(`{"rule-id":2,"rule-name":"b"}`), `rule 2 "b": rules[1].rule-type: is missing; want one of object-mapping, post-processing, selection, table-settings, transformation, validation`},
		"rule-type":             {withAll(`{"rule-type":"select","rule-id":2,"rule-name":"b"}`), `select rule 2 "b": rules[1].rule-type: is "select"; want one of object-mapping, post-processing, selection, table-settings, transformation, validation`},
		"no id and name":        {withAll(`{"rule-type":"selection",` + orders + `,"rule-action":"include"}`), "selection rule ? \"\": rules[1].rule-id: is missing; want a number no other rule has\nselection rule ? \"\": rules[1].rule-name: is missing; want a name no other rule has"},
		"empty name":            {withAll(`{"rule-type":"selection","rule-id":2,"rule-name":"",` + orders + `,"rule-action":"include"}`), `selection rule 2 "": rules[1].rule-name: is empty; want a name no other rule has`},
		"id kind":               {withAll(`{"rule-type":"selection","rule-id":"x","rule-name":"b",` + orders + `,"rule-action":"include"}`), `selection rule x "b": rules[1].rule-id: is "x"; want a whole number from 0 to 9223372036854775807`},
		"id twice":              {withAll(`{"rule-type":"selection","rule-id":1,"rule-name":"b",` + orders + `,"rule-action":"include"}`), `selection rule 1 "b": rules[1].rule-id: 1 is also the id of rules[0]; give each rule its own`},
		"name twice":            {withAll(`{"rule-type":"selection","rule-id":2,"rule-name":"all",` + orders + `,"rule-action":"include"}`), `selection rule 2 "all": rules[1].rule-name: "all" is also the name of rules[0]; give each rule its own`},
		"key twice":             {sel(orders + `,"rule-action":"include","rule-action":"exclude"`), `rules[1].rule-action: the key occurs twice in its object; keep one`},
		"unknown key":           {sel(orders + `,"rule-action":"include","colour":1`), s + `.colour: the key has no meaning here; keys that have: filters, load-order, object-locator, rule-action, rule-id, rule-name, rule-type`},
		"key of another type":   {sel(orders + `,"rule-action":"include","value":"x"`), s + `.value: the key has no meaning here; keys that have: filters, load-order, object-locator, rule-action, rule-id, rule-name, rule-type`},
		"no action":             {sel(orders), s + `.rule-action: is missing; want one of include, exclude, explicit`},
		"action":                {sel(orders + `,"rule-action":"Include"`), s + `.rule-action: is "Include"; want one of include, exclude, explicit`},
		"no locator":            {sel(`"rule-action":"include"`), s + `.object-locator: is missing; want an object`},
		"locator kind":          {sel(`"rule-action":"include","object-locator":"app.orders"`), s + `.object-locator: is "app.orders"; want an object`},
		"locator members":       {sel(`"rule-action":"include","object-locator":{"schema-name":5,"table":"x"}`), s + ".object-locator.schema-name: is 5; want a string\n" + s + ".object-locator.table-name: is missing; want a name or a pattern, % for all\n" + s + ".object-locator.table: the key has no meaning here; keys that have: schema-name, table-name, table-type"},
		"empty pattern":         {sel(`"rule-action":"include","object-locator":{"schema-name":"","table-name":"%"}`), s + `.object-locator.schema-name: is empty; want a name or a pattern, % for all`},
		"open bracket":          {sel(`"rule-action":"include","object-locator":{"schema-name":"%","table-name":"a[b"}`), s + `.object-locator.table-name: is "a[b": a [ is not closed; write [[] for the character itself`},
		"empty set":             {sel(`"rule-action":"include","object-locator":{"schema-name":"%","table-name":"a[]"}`), s + `.object-locator.table-name: is "a[]": the set [] is empty; put characters between the brackets`},
		"backward range":        {sel(`"rule-action":"include","object-locator":{"schema-name":"%","table-name":"[z-a]"}`), s + `.object-locator.table-name: is "[z-a]": the range z-a runs backwards`},
		"table-type":            {sel(`"rule-action":"include","object-locator":{"schema-name":"%","table-name":"%","table-type":"views"}`), s + `.object-locator.table-type: is "views"; want one of table, view, all`},
		"explicit wildcard":     {sel(`"rule-action":"explicit","object-locator":{"schema-name":"app","table-name":"o%"}`), s + `.object-locator.table-name: is "o%": an explicit rule needs the exact schema and table name; write the one name, without wildcards`},
		"load-order":            {sel(orders + `,"rule-action":"include","load-order":"0"`), s + `.load-order: is "0"; want a whole number from 1 to 2147483647`},
		"load-order of exclude": {sel(orders + `,"rule-action":"exclude","load-order":2`), s + `.load-order: has no meaning with exclude; leave it out`},

		"filters of exclude": {sel(orders + `,"rule-action":"exclude","filters":[{"filter-type":"source","column-name":"id","filter-conditions":[{"filter-operator":"null"}]}]`), s + `.filters: filters are honoured with include alone, not with exclude`},
		"filters wildcard":   {sel(`"object-locator":{"schema-name":"a[ab]","table-name":"%"},"rule-action":"include","filters":[{"filter-type":"source","column-name":"id","filter-conditions":[{"filter-operator":"null"}]}]`), s + ".object-locator.schema-name: is \"a[ab]\": a rule with filters needs the exact schema and table name; write the one name, without wildcards\n" + s + ".object-locator.table-name: is \"%\": a rule with filters needs the exact schema and table name; write the one name, without wildcards"},
		"filters kind":       {sel(orders + `,"rule-action":"include","filters":{}`), s + `.filters: is an object; want an array`},
		"filter members":     {sel(orders + `,"rule-action":"include","filters":[{"filter-type":"target","filter-conditions":[]}]`), s + ".filters[0].filter-type: is \"target\"; want one of source\n" + s + ".filters[0].column-name: is missing; want the name of a column\n" + s + ".filters[0].filter-conditions: is missing; want at least one condition"},
		"filter operator":    {sel(orders + `,"rule-action":"include","filters":[{"filter-type":"source","column-name":"id","filter-conditions":[{"filter-operator":"gt","value":"1"},{"value":"1"}]}]`), s + ".filters[0].filter-conditions[0].filter-operator: is \"gt\"; want one of between, eq, gte, lte, notbetween, noteq, notnull, null, ste\n" + s + ".filters[0].filter-conditions[1].filter-operator: is missing; want one of between, eq, gte, lte, notbetween, noteq, notnull, null, ste"},
		"filter operands":    {sel(orders + `,"rule-action":"include","filters":[{"filter-type":"source","column-name":"id","filter-conditions":[{"filter-operator":"eq"},{"filter-operator":"between","start-value":1},{"filter-operator":"null","value":"1"},{"filter-operator":"eq","value":[1]}]}]`), s + ".filters[0].filter-conditions[0].value: is missing; want a string or a number\n" + s + ".filters[0].filter-conditions[1].end-value: is missing; want a string or a number\n" + s + ".filters[0].filter-conditions[2].value: the key has no meaning here; keys that have: filter-operator\n" + s + ".filters[0].filter-conditions[3].value: is an array of 1; want a string or a number"},
		"filters twice": {withAll(
			`{"rule-type":"selection","rule-id":2,"rule-name":"b",`+orders+`,"rule-action":"include","filters":[{"filter-type":"source","column-name":"id","filter-conditions":[{"filter-operator":"null"}]}]}`,
			`{"rule-type":"selection","rule-id":3,"rule-name":"c",`+orders+`,"rule-action":"include","filters":[{"filter-type":"source","column-name":"id","filter-conditions":[{"filter-operator":"notnull"}]}]}`),
			`selection rule 3 "c": selection rule 2 "b" also has filters for app.orders; keep one of the rules`},

		"no target":               {tra(`"rule-action":"rename",` + orders + `,"value":"x"`), tr + `.rule-target: is missing; want one of schema, table, column, table-tablespace, index-tablespace`},
		"transformation action":   {tra(`"rule-target":"table","rule-action":"renam",` + orders), tr + `.rule-action: is "renam"; want one of add-before-image-columns, add-column, add-prefix, add-suffix, change-data-type, convert-lowercase, convert-uppercase, data-masking-digits-mask, data-masking-digits-randomize, data-masking-hash-mask, define-primary-key, include-column, remove-column, remove-prefix, remove-suffix, rename, replace-prefix, replace-suffix`},
		"action of another level": {tra(`"rule-target":"table","rule-action":"remove-column",` + orders), tr + `.rule-action: remove-column does not exist for rule-target table; it exists for column`},
		"schema with table":       {tra(`"rule-target":"schema","rule-action":"convert-lowercase",` + orders), tr + `.object-locator.table-name: has no meaning for rule-target schema; leave it out`},
		"column without column":   {tra(`"rule-target":"column","rule-action":"remove-column",` + orders), tr + `.object-locator.column-name: is missing; want a name or a pattern, % for all`},
		"tablespace":              {tra(`"rule-target":"table-tablespace","rule-action":"rename","value":"x","object-locator":{"index-tablespace-name":"y"}`), tr + ".object-locator.table-tablespace-name: is missing; want a name or a pattern, % for all\n" + tr + ".object-locator.index-tablespace-name: the key has no meaning here; keys that have: schema-name, table-name, table-tablespace-name"},
		"rename to nothing":       {tra(`"rule-target":"table","rule-action":"rename",` + orders), tr + `.value: is missing; want the new name (or an expression that gives it)`},
		"rename twice":            {tra(`"rule-target":"table","rule-action":"rename","value":"x","expression":"'x'",` + orders), tr + `.expression: stands beside a value; a rename takes one of the two`},
		"rename empty":            {tra(`"rule-target":"table","rule-action":"rename","value":"",` + orders), tr + `.value: is empty; want the new name`},
		"prefix":                  {tra(`"rule-target":"table","rule-action":"add-prefix",` + orders), tr + `.value: is missing; want the prefix or suffix`},
		"replace":                 {tra(`"rule-target":"table","rule-action":"replace-suffix",` + orders), tr + ".old-value: is missing; want the prefix or suffix to replace\n" + tr + ".value: is missing; want the new prefix or suffix"},
		"lowercase with value":    {tra(`"rule-target":"table","rule-action":"convert-lowercase","value":"x",` + orders), tr + `.value: the key has no meaning here; keys that have: object-locator, rule-action, rule-id, rule-name, rule-target, rule-type`},
		"locator data-type":       {tra(`"rule-target":"column","rule-action":"remove-column","object-locator":{"schema-name":"%","table-name":"%","column-name":"%","data-type":"int%"}`), tr + `.object-locator.data-type: is "int%"; want a DMS data type such as int4 or string, without wildcards`},
		"add-column locator":      {tra(`"rule-target":"column","rule-action":"add-column","value":"x","data-type":{"type":"int4"},"object-locator":{"schema-name":"app","table-name":"orders","column-name":"%"}`), tr + `.object-locator.column-name: the key has no meaning here; keys that have: schema-name, table-name`},
		"add-column":              {tra(`"rule-target":"column","rule-action":"add-column","expression":"",` + orders), tr + ".value: is missing; want the name of the new column\n" + tr + ".data-type: is missing; want an object such as {\"type\": \"string\", \"length\": 40}\n" + tr + ".expression: is empty; want an expression in SQLite's syntax"},
		"data type":               {col("change-data-type", `,"data-type":{"type":"varchar","length":10}`), tr + `.data-type.type: is "varchar"; want a DMS data type such as int4 or string`},
		"data type kind":          {col("change-data-type", `,"data-type":"string"`), tr + `.data-type: is "string"; want an object`},
		"data type missing":       {col("change-data-type", `,"data-type":{}`), tr + `.data-type.type: is missing; want a DMS data type such as int4 or string`},
		"length of a number":      {col("change-data-type", `,"data-type":{"type":"int4","length":"10"}`), tr + `.data-type.length: the key has no meaning here; keys that have: type`},
		"scale over precision":    {col("change-data-type", `,"data-type":{"type":"numeric","precision":4,"scale":5}`), tr + `.data-type.scale: is 5; want at most the precision, 4`},
		"precision":               {col("change-data-type", `,"data-type":{"type":"numeric","precision":1001}`), tr + `.data-type.precision: is 1001; want a whole number from 0 to 1000`},
		"fraction":                {col("change-data-type", `,"data-type":{"type":"datetime","precision":3,"scale":6}`), tr + `.data-type.scale: is 6 beside a precision of 3; both are the fractional digits, give one`},
		"mask character":          {col("data-masking-digits-mask", `,"value":"##"`), tr + `.value: is "##"; want one printable ASCII character other than the space`},
		"mask without character":  {col("data-masking-digits-mask", ``), tr + `.value: is missing; want the character that takes the place of digits`},
		"hash with value":         {col("data-masking-hash-mask", `,"value":"#"`), tr + `.value: the key has no meaning here; keys that have: object-locator, rule-action, rule-id, rule-name, rule-target, rule-type`},
		"key wildcard":            {tra(`"rule-target":"table","rule-action":"define-primary-key","primary-key-def":{"name":"k","columns":["id"]},"object-locator":{"schema-name":"app","table-name":"%"}`), tr + `.object-locator.table-name: is "%": define-primary-key needs the exact schema and table name; write the one name, without wildcards`},
		"key missing":             {tra(`"rule-target":"table","rule-action":"define-primary-key",` + orders), tr + `.primary-key-def: is missing; want an object such as {"name": "pk", "columns": ["id"]}`},
		"key members":             {tra(`"rule-target":"table","rule-action":"define-primary-key","primary-key-def":{"origin":"index","columns":["a","a",1]},` + orders), tr + ".primary-key-def.name: is missing; want the name of the key\n" + tr + ".primary-key-def.origin: is \"index\"; want one of primary-key, unique-index\n" + tr + ".primary-key-def.columns[1]: column \"a\" occurs twice in the key\n" + tr + ".primary-key-def.columns[2]: is 1; want the name of a column"},
		"key without columns":     {tra(`"rule-target":"table","rule-action":"define-primary-key","primary-key-def":{"name":"k","columns":[]},` + orders), tr + `.primary-key-def.columns: is missing; want at least one column`},
		"before image missing":    {tra(`"rule-target":"column","rule-action":"add-before-image-columns",` + orders), tr + `.before-image-def: is missing; want an object such as {"column-prefix": "BI_", "column-filter": "pk-only"}`},
		"before image names":      {tra(`"rule-target":"column","rule-action":"add-before-image-columns","before-image-def":{"column-prefix":"","column-filter":"some"},` + orders), tr + ".before-image-def.column-filter: is \"some\"; want one of pk-only, non-lob, all\n" + tr + ".before-image-def: column-prefix and column-suffix are both empty; give one, so that the new columns have names of their own"},

		"settings wildcard":      {tab(`"object-locator":{"schema-name":"app","table-name":"%"},"lob-settings":{"mode":"unlimited"}`), ts + `.object-locator.table-name: is "%": Exact schema and table name required when using table settings rule; write the one name, without wildcards`},
		"settings empty":         {tab(orders), ts + `.parallel-load: is missing, and so is lob-settings; a table-settings rule needs one or both`},
		"lob mode":               {tab(orders + `,"lob-settings":{"mode":"full"}`), ts + `.lob-settings.mode: is "full"; want one of limited, unlimited, none`},
		"lob size":               {tab(orders + `,"lob-settings":{}`), ts + `.lob-settings.bulk-max-size: is missing; want the number of KB at which values are cut, more than 0, in mode limited`},
		"lob size 0":             {tab(orders + `,"lob-settings":{"mode":"limited","bulk-max-size":"0"}`), ts + `.lob-settings.bulk-max-size: is 0; mode limited cuts values there, so want more than 0 (mode unlimited cuts nothing)`},
		"parallel type":          {tab(orders + `,"parallel-load":{"type":"range"}`), ts + `.parallel-load.type: is "range"; want one of none, partitions-auto, subpartitions-auto, partitions-list, ranges`},
		"partition list":         {tab(orders + `,"parallel-load":{"type":"partitions-list"}`), ts + `.parallel-load.partitions: is missing; want the names of the partitions to load`},
		"partition twice":        {tab(orders + `,"parallel-load":{"type":"partitions-list","partitions":["p","p"]}`), ts + `.parallel-load.partitions: partition "p" occurs twice; its rows would be loaded twice`},
		"range members":          {tab(orders + `,"parallel-load":{"type":"ranges"}`), ts + ".parallel-load.columns: is missing; want 1 to 10 columns\n" + ts + ".parallel-load.boundaries: is missing; want at least one boundary: a value for each column"},
		"range columns":          {tab(orders + `,"parallel-load":{"type":"ranges","columns":["a","b","c","d","e","f","g","h","i","j","k"],"boundaries":[]}`), ts + ".parallel-load.columns: holds 11 columns; want 1 to 10\n" + ts + ".parallel-load.boundaries: is missing; want at least one boundary: a value for each column"},
		"range width":            {tab(orders + `,"parallel-load":{"type":"ranges","columns":["a"],"boundaries":[[1,2],3,[null]]}`), ts + ".parallel-load.boundaries[0]: holds 2 values; want 1, one for each column\n" + ts + ".parallel-load.boundaries[1]: is 3; want an array with a value for each column\n" + ts + ".parallel-load.boundaries[2][0]: is null; want a string"},
		"segment names":          {tab(orders + `,"parallel-load":{"type":"ranges","columns":["a"],"boundaries":[["1"]],"segment-names":["x"]}`), ts + `.parallel-load.segment-names: holds 1 names; want 2, one for each segment (boundaries and one more)`},
		"partitions with ranges": {tab(orders + `,"parallel-load":{"type":"partitions-auto","columns":["a"],"number-of-partitions":0}`), ts + ".parallel-load.number-of-partitions: is 0; want a whole number from 1 to 2147483647\n" + ts + ".parallel-load.columns: the key has no meaning here; keys that have: batch-size, collection-count-from-metadata, max-records-skip-per-page, number-of-partitions, type"},
		"settings twice": {withAll(
			`{"rule-type":"table-settings","rule-id":2,"rule-name":"b",`+orders+`,"lob-settings":{"mode":"unlimited"},"parallel-load":{"type":"none"}}`,
			`{"rule-type":"table-settings","rule-id":3,"rule-name":"c",`+orders+`,"lob-settings":{"mode":"none"},"parallel-load":{"type":"none"}}`),
			"table-settings rule 3 \"c\": table-settings rule 2 \"b\" also has parallel-load for app.orders; keep one of the rules\ntable-settings rule 3 \"c\": table-settings rule 2 \"b\" also has lob-settings for app.orders; keep one of the rules"},

		"object mapping":  {withAll(`{"rule-type":"object-mapping","rule-id":2,"rule-name":"b","rule-action":"map",` + orders + `,"mapping-parameters":{"partition-key-type":"attribute-name","attribute-mappings":[{"attribute-type":"list"}],"condition-expression":{}}}`), "object-mapping rule 2 \"b\": rules[1].rule-action: is \"map\"; want one of map-record-to-record, map-record-to-document\nobject-mapping rule 2 \"b\": rules[1].mapping-parameters.partition-key-name: is missing; want the column or attribute that partition-key-type attribute-name is about\nobject-mapping rule 2 \"b\": rules[1].mapping-parameters.attribute-mappings[0].target-attribute-name: is missing; want the name of the attribute\nobject-mapping rule 2 \"b\": rules[1].mapping-parameters.attribute-mappings[0].attribute-type: is \"list\"; want one of scalar, document\nobject-mapping rule 2 \"b\": rules[1].mapping-parameters.attribute-mappings[0].value: is missing; want a template such as ${column}\nobject-mapping rule 2 \"b\": rules[1].mapping-parameters.condition-expression.expression: is missing; want a DynamoDB condition expression"},
		"post-processing": {withAll(`{"rule-type":"post-processing","rule-id":2,"rule-name":"b","rule-action":"add-tag",` + orders + `,"tag-set":[{"value":"v"}]}`), `post-processing rule 2 "b": rules[1].tag-set[0].key: is missing; want the key of the tag`},
		"tags":            {withAll(`{"rule-type":"post-processing","rule-id":2,"rule-name":"b","rule-action":"add-tag",` + orders + `}`), `post-processing rule 2 "b": rules[1].tag-set: is missing; want 1 to 10 tags`},
		"validation":      {withAll(`{"rule-type":"validation","rule-target":"column","rule-action":"override-validation-function",` + orders + `}`), "validation rule ? \"\": rules[1].object-locator.column-name: is missing; want a name or a pattern, % for all\nvalidation rule ? \"\": rules[1].source-function: is missing; want an SQL expression with ${column-name} (or a target-function, or both)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.doc))
			require.EqualError(t, err, c.want)
		})
	}
}

func TestParseTolerates(t *testing.T) {
	for name, doc := range map[string]string{
		"nulls and empty filters":  `{"rules":[{"rule-type":"transformation","rule-id":"4","rule-name":"4","rule-target":"schema","object-locator":{"schema-name":"app","table-name":"%","column-name":null},"rule-action":"rename","value":"x","old-value":null,"filters":[],"data-type":null},` + everyTable + `]}`,
		"byte order mark":          "\ufeff" + withAll(),
		"empty sizes":              col("change-data-type", `,"data-type":{"type":"string","length":"20","precision":"","scale":""}`),
		"empty old-value":          tra(`"rule-target":"table","rule-action":"add-prefix","value":"x","old-value":"",` + orders),
		"numeric name":             withAll(`{"rule-type":"selection","rule-id":2,"rule-name":2,"rule-action":"exclude",` + orders + `}`),
		"rules without id or name": withAll(`{"rule-type":"validation","rule-target":"column","rule-action":"override-validation-function","object-locator":{"schema-name":"a","table-name":"b","column-name":"c"},"target-function":"${column-name}"}`),
		"literal wildcard":         tab(`"object-locator":{"schema-name":"app","table-name":"a[_]b[%]"},"lob-settings":{"mode":"none"}`),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(doc))
			require.NoError(t, err)
		})
	}
}

func TestParseReadsFilters(t *testing.T) {
	r, err := Parse([]byte(sel(orders + `,"rule-action":"include","load-order":"7","filters":[
		{"filter-type":"source","column-name":"id","filter-conditions":[{"filter-operator":"ste","value":10},{"filter-operator":"gte","value":"20"}]},
		{"filter-type":"source","column-name":"at","filter-conditions":[{"filter-operator":"notbetween","start-value":"2020-01-01","end-value":"2020-12-31"},{"filter-operator":"notnull"}]}]`)))
	require.NoError(t, err)
	require.Equal(t, 7, r.Selections[1].LoadOrder)
	require.Equal(t, []catalog.Predicate{
		{Column: "id", Any: []catalog.Comparison{{Operator: catalog.LessOrEqual, Value: "10"}, {Operator: catalog.GreaterOrEqual, Value: "20"}}},
		{Column: "at", Any: []catalog.Comparison{{Operator: catalog.NotBetween, Low: "2020-01-01", High: "2020-12-31"}, {Operator: catalog.IsNotNull}}},
	}, r.Selections[1].Filters)
}

func TestParseReadsDataTypes(t *testing.T) {
	for text, want := range map[string]datatype.Type{
		`{"type":"numeric","precision":"18","scale":"4"}`: {Kind: datatype.Numeric, Precision: 18, Scale: 4},
		`{"type":"numeric"}`:                              {Kind: datatype.Numeric, Hint: datatype.Unbounded},
		`{"type":"NUMERIC","precision":5}`:                {Kind: datatype.Numeric, Precision: 5},
		`{"type":"datetime"}`:                             {Kind: datatype.DateTime, Scale: 6},
		`{"type":"datetime","precision":3}`:               {Kind: datatype.DateTime, Scale: 3},
		`{"type":"time","scale":"9"}`:                     {Kind: datatype.Time, Scale: 9},
		`{"type":"datetime","scale":0}`:                   {Kind: datatype.DateTime},
		`{"type":"byte","length":16}`:                     {Kind: datatype.Bytes, Length: 16},
		`{"type":"bytes"}`:                                {Kind: datatype.Bytes},
		`{"type":"wstring","length":40,"scale":0}`:        {Kind: datatype.WString, Length: 40},
		`{"type":"boolean"}`:                              {Kind: datatype.Boolean},
		`{"type":"uint8"}`:                                {Kind: datatype.UInt8},
	} {
		r, err := Parse([]byte(col("change-data-type", `,"data-type":`+text)))
		require.NoError(t, err, text)
		require.Equal(t, want, *r.Transformations[0].Type, text)
	}
}

func TestMarshalGivesTheDocumentBack(t *testing.T) {
	r, err := Parse([]byte(withAll()))
	require.NoError(t, err)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.JSONEq(t, withAll(), string(text))
}

func TestFromPatterns(t *testing.T) {
	r, err := FromPatterns([]string{"app.orders", "cust%", "a[.]b.c"}, []string{"%.tmp[_]%"})
	require.NoError(t, err)
	var got []string
	for _, s := range r.Selections {
		got = append(got, fmt.Sprintf("%s %s %s|%s", s.Name, s.Action, s.Schema, s.Table))
	}
	require.Equal(t, []string{
		"only-1 include app|orders", "only-2 include %|cust%", "only-3 include a[.]b|c", "exclude-1 exclude %|tmp[_]%",
	}, got)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	again, err := Parse(text)
	require.NoError(t, err)
	require.Equal(t, r, again)

	r, err = FromPatterns(nil, nil)
	require.NoError(t, err)
	require.True(t, r.Selections[0].Schema.Everything())

	_, err = FromPatterns([]string{"app."}, nil)
	require.EqualError(t, err, `pattern "app.": a part is empty; want a name or a pattern, % for all`)
	_, err = FromPatterns(nil, []string{"a[b"})
	require.EqualError(t, err, `pattern "a[b": a part is "a[b": a [ is not closed; write [[] for the character itself`)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(withAll()))
	f.Add([]byte(col("change-data-type", `,"data-type":{"type":"numeric","precision":"18","scale":"4"}`)))
	f.Add([]byte(tab(orders + `,"parallel-load":{"type":"ranges","columns":["id"],"boundaries":[["1"]]},"lob-settings":{"mode":"limited","bulk-max-size":"64"}`)))
	f.Add([]byte(sel(orders + `,"rule-action":"include","filters":[{"filter-type":"source","column-name":"id","filter-conditions":[{"filter-operator":"eq","value":1}]}]`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Parse(text)
		if err != nil {
			return
		}
		document, err := json.Marshal(r)
		require.NoError(t, err)
		_, err = Parse(document)
		require.NoError(t, err)
		for _, fold := range []bool{false, true} {
			_, _ = r.Plan(shop(), Options{FoldPartitions: fold})
		}
	})
}
