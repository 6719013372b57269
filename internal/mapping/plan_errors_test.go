package mapping

import (
	"testing"

	"github.com/stretchr/testify/require"
)

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
		"no column left":         {[]string{all, columns("remove-column", at("app", "orders", "%"), "")}, false, "table app.orders: no column of it is left; exclude the table or keep a column"},
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
		`{"rule-type":"post-processing","rule-id":3,"rule-name":"c","rule-action":"add-tag",`+orders+`,"tag-set":[{"key":"k","value":"${schema-name}"}]}`)))
	require.NoError(t, err)
	_, err = r.Plan(shop(), Options{})
	require.EqualError(t, err, `object-mapping rule 2 "b": object mapping belongs to Kafka, Kinesis and DynamoDB targets: not there yet, leave the rule out
post-processing rule 3 "c": post-processing tags belong to S3 targets: not there yet, leave the rule out`)
}
