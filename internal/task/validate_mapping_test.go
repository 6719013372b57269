package task_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

const validatedMapping = `{"rules":[
	{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"public","table-name":"person"},"rule-action":"include",
	 "filters":[{"filter-type":"source","column-name":"age","filter-conditions":[{"filter-operator":"gte","value":"18"}]}]},
	{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-target":"table","object-locator":{"schema-name":"public","table-name":"person"},"rule-action":"rename","value":"adult"},
	{"rule-type":"transformation","rule-id":"3","rule-name":"3","rule-target":"column","object-locator":{"schema-name":"public","table-name":"person","column-name":"name"},"rule-action":"rename","value":"called"},
	{"rule-type":"transformation","rule-id":"4","rule-name":"4","rule-target":"column","object-locator":{"schema-name":"public","table-name":"person"},"rule-action":"add-column","value":"loud","expression":"upper($name)","data-type":{"type":"string","length":50}},
	{"rule-type":"transformation","rule-id":"5","rule-name":"5","rule-target":"column","object-locator":{"schema-name":"public","table-name":"person","column-name":"age"},"rule-action":"change-data-type","data-type":{"type":"string","length":10}},
	{"rule-type":"transformation","rule-id":"6","rule-name":"6","rule-target":"column","object-locator":{"schema-name":"public","table-name":"person","column-name":"phone"},"rule-action":"data-masking-digits-randomize"},
	{"rule-type":"transformation","rule-id":"7","rule-name":"7","rule-target":"column","object-locator":{"schema-name":"public","table-name":"person","column-name":"card"},"rule-action":"data-masking-digits-mask","value":"#"}
]}`

// What the mapping makes of rows is what the target must hold; a column that is masked at random is said not to be compared, and a repair
// leaves it alone.
func TestValidationThroughMappings(t *testing.T) {
	for _, to := range []string{"postgresql-15", "mariadb", "sqlite"} {
		t.Run(to, func(t *testing.T) {
			source, target := newEnd(t, "postgresql-18"), newEnd(t, to)
			source.exec(t, "CREATE TABLE person (id int PRIMARY KEY, name text, age int, phone varchar(20), card varchar(20))",
				"INSERT INTO person VALUES (1, 'ann', 30, '555-1', '1234'), (2, 'bob', 17, '555-2', '4321'), (3, 'cid', 44, '555-3', NULL)")
			c := config(source, target)
			document(t, validatedMapping)(&c)
			_, err := run(context.Background(), c)
			require.NoError(t, err)
			v := compareEnds(t, c, false)
			require.True(t, v.Equal(), "%+v", v.Tables[0])
			require.EqualValues(t, 2, v.Tables[0].SourceRows)
			require.Equal(t, []validate.Skipped{{Column: "phone", Why: "masked with random digits"}}, v.Tables[0].Skipped)

			target.exec(t, "UPDATE adult SET loud = 'ann', phone = 'kept' WHERE id = 1", "UPDATE adult SET card = '####' WHERE id = 3")
			v = compareEnds(t, c, false)
			require.EqualValues(t, 2, v.Tables[0].Different, v.Tables[0].Failures)
			require.Equal(t, []validate.Difference{{Column: "loud", Source: "ANN", Target: "ann"}}, v.Tables[0].Failures[0].Columns)
			require.True(t, compareEnds(t, c, true).Equal())
			require.Equal(t, []string{"kept"}, target.column(t, "SELECT phone FROM adult WHERE id = 1"))
			target.exec(t, "DELETE FROM adult WHERE id = 1")
			require.True(t, compareEnds(t, c, true).Equal())
			require.Equal(t, []string{"2"}, target.column(t, "SELECT count(*) FROM adult WHERE phone IS NOT NULL"), "a row that was missing comes whole")
		})
	}
}

// Columns made by an expression are compared where it says the same of a row each time, whatever it calls and however columns are called.
func TestValidationOfExpressions(t *testing.T) {
	source, target := newEnd(t, "sqlite"), newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE p (id int PRIMARY KEY, born text, random_id int)", "INSERT INTO p VALUES (1, '1990-05-01', 7), (2, '2001-01-02', 8)")
	c := config(source, target)
	column := `{"rule-type":"transformation","rule-id":"%[1]d","rule-name":"%[1]d","rule-target":"column","object-locator":{"schema-name":"%%","table-name":"p"},
		"rule-action":"add-column","value":"%[2]s","expression":"%[3]s","data-type":{"type":"string","length":50}}`
	document(t, `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"p"},"rule-action":"include"},`+
		fmt.Sprintf(column, 2, "year", "strftime('%Y', $born)")+","+fmt.Sprintf(column, 3, "next", "$random_id + 1")+","+
		fmt.Sprintf(column, 4, "age", "julianday('now') - julianday($born)")+`]}`)(&c)
	_, err := run(context.Background(), c)
	require.NoError(t, err)
	v := compareEnds(t, c, false)
	require.True(t, v.Equal(), "%+v", v.Tables[0])
	require.Equal(t, []validate.Skipped{{Column: "age", Why: "made by an expression that has another value each time"}}, v.Tables[0].Skipped)
	target.exec(t, "UPDATE p SET year = '1900', next = '0' WHERE id = 1")
	v = compareEnds(t, c, false)
	require.Equal(t, []validate.Difference{{Column: "year", Source: "1990", Target: "1900"}, {Column: "next", Source: "8", Target: "0"}}, v.Tables[0].Failures[0].Columns)
}

// The settings that say what is compared, and how much of what is found is kept.
func TestValidationOptions(t *testing.T) {
	source, target := newEnd(t, "postgresql-18"), newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE t (id int PRIMARY KEY, v varchar(20), big text, data bytea)",
		"INSERT INTO t SELECT i, 'v' || i, repeat('x', 3000) || i, decode(repeat('ff', 2000), 'hex') FROM generate_series(1, 100) i",
		"CREATE TABLE keyed (k varchar(200) PRIMARY KEY)", "INSERT INTO keyed VALUES (repeat('k', 100))",
		"CREATE TABLE bag (v int)", "INSERT INTO bag VALUES (1), (1)")
	migrate(t, source, target)
	target.exec(t, "UPDATE t SET big = big || '!' WHERE id = 1", "DELETE FROM bag WHERE rowid = 1", "DELETE FROM keyed")
	compare := func(document string) map[string]*validate.Result {
		out := map[string]*validate.Result{}
		for _, r := range compareEnds(t, validating(t, source, target, document), false).Tables {
			out[r.Source.Name] = r
		}
		return out
	}
	plain := compare(`{"ValidationSettings":{"EnableValidation":true}}`)
	require.EqualValues(t, 1, plain["t"].Different)
	require.Equal(t, "big", plain["t"].Failures[0].Columns[0].Column)
	require.EqualValues(t, 1, plain["bag"].MissingTarget)
	require.EqualValues(t, 1, plain["keyed"].MissingTarget)
	require.Equal(t, "digests in the source, rows read from the target", plain["t"].Method)

	require.Equal(t, validate.Validated, compare(`{"ValidationSettings":{"EnableValidation":true,"ValidationPartialLobSize":2}}`)["t"].State)
	require.EqualValues(t, 1, compare(`{"ValidationSettings":{"EnableValidation":true,"ValidationPartialLobSize":3}}`)["t"].Different)
	skipped := compare(`{"ValidationSettings":{"EnableValidation":true,"SkipLobColumns":true}}`)["t"]
	require.Equal(t, validate.Validated, skipped.State)
	require.Len(t, skipped.Skipped, 2)
	require.Equal(t, "rows read from both", compare(`{"ValidationSettings":{"EnableValidation":true,"ValidationMode":"ROW_LEVEL"}}`)["t"].Method)
	suspended := compare(`{"ValidationSettings":{"EnableValidation":true,"MaxKeyColumnSize":50}}`)["keyed"]
	require.Equal(t, validate.SuspendedRecords, suspended.State)
	require.EqualValues(t, 1, suspended.Suspended)
	dms := compare(`{"ValidationSettings":{"EnableValidation":true},"WhimbrelSettings":{"Compatibility":"dms"}}`)
	require.Equal(t, validate.NoPrimaryKey, dms["bag"].State)

	target.exec(t, "UPDATE t SET v = 'other' WHERE id > 10")
	few := compare(`{"ValidationSettings":{"EnableValidation":true,"TableFailureMaxCount":7}}`)["t"]
	require.Len(t, few.Failures, 7)
	require.EqualValues(t, 91, few.Failed)
	require.NotEmpty(t, few.Given)
	over := compare(`{"ValidationSettings":{"EnableValidation":true,"FailureMaxCount":1,"ThreadCount":1}}`)
	given := 0
	for _, r := range over {
		if strings.Contains(r.Given, "FailureMaxCount") {
			given++
		}
	}
	require.Positive(t, given)
	require.Equal(t, catalog.Name{Schema: "public", Name: "t"}, over["t"].Source)
}
