package console_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// wizardMapping renames, filters, masks, and loads in parallel.
const wizardMapping = `{"rules":[
	{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"public","table-name":"customer"},"rule-action":"include"},
	{"rule-type":"selection","rule-id":"2","rule-name":"2","object-locator":{"schema-name":"public","table-name":"orders"},"rule-action":"include",
		"filters":[{"filter-type":"source","column-name":"total","filter-conditions":[{"filter-operator":"gte","value":"100"}]}]},
	{"rule-type":"transformation","rule-id":"3","rule-name":"3","rule-target":"schema","object-locator":{"schema-name":"public"},"rule-action":"rename","value":"%s"},
	{"rule-type":"transformation","rule-id":"4","rule-name":"4","rule-target":"table","object-locator":{"schema-name":"public","table-name":"customer"},"rule-action":"rename","value":"client"},
	{"rule-type":"transformation","rule-id":"5","rule-name":"5","rule-target":"column","object-locator":{"schema-name":"public","table-name":"customer","column-name":"name"},"rule-action":"rename","value":"full_name"},
	{"rule-type":"transformation","rule-id":"6","rule-name":"6","rule-target":"column","object-locator":{"schema-name":"public","table-name":"customer","column-name":"phone"},"rule-action":"data-masking-digits-mask","value":"#"},
	{"rule-type":"table-settings","rule-id":"7","rule-name":"7","object-locator":{"schema-name":"public","table-name":"orders"},"parallel-load":{"type":"ranges","columns":["id"],"boundaries":[["100"],["200"]]}}]}`

// TestWizardByKeyboard builds and runs a task without a mouse. What the page says that the rules do to each table is what they do.
func TestWizardByKeyboard(t *testing.T) {
	need(t, "aws", "tools/test-clients.sh")
	source, target := servertest.PostgreSQL(t, servertest.PostgreSQL15), servertest.MariaDB(t)
	from, into := endOf(t, "postgres", source), endOf(t, "mariadb", target)
	s := &site{
		t: t, source: servertest.OpenDB(t, "pgx", source.URL), server: start(t, "--dms-roles"),
		target: servertest.OpenDB(t, "mysql", fmt.Sprintf("%s:%s@tcp(%s:%s)/%s", into.User, into.Password, into.Server, into.Port, into.Database)),
	}
	servertest.Exec(t, s.source, "CREATE TABLE customer (id integer PRIMARY KEY, name varchar(60) NOT NULL, phone varchar(40))",
		"INSERT INTO customer SELECT i, 'Zoë ' || i, '+49 30 ' || i FROM generate_series(1, 50) i",
		"CREATE TABLE orders (id integer PRIMARY KEY, total integer NOT NULL)", "INSERT INTO orders SELECT i, i FROM generate_series(1, 300) i",
		"CREATE TABLE scratch (id integer PRIMARY KEY)", "ANALYZE")
	s.connect(from, into)
	mapping := fmt.Sprintf(wizardMapping, into.Database)
	require.True(t, json.Valid([]byte(mapping)))
	id, secret := s.key(t)
	converse(t, script(t, "wizard.mjs", "URL="+s.url, "KEY_ID="+id, "KEY_SECRET="+secret, "MAPPING="+mapping, "DATABASE="+into.Database), s.do)

	names, err := servertest.Column(s.target, "SELECT concat(id, '|', full_name, '|', phone) FROM client ORDER BY id", "NULL")
	require.NoError(t, err)
	require.Len(t, names, 50)
	require.Equal(t, "7|Zoë 7|+## ## #", names[6])
	orders, err := servertest.Column(s.target, "SELECT total FROM orders ORDER BY id", "NULL")
	require.NoError(t, err)
	require.Len(t, orders, 201)
	require.Equal(t, "100", orders[0])
	tables, err := servertest.Column(s.target, "SELECT table_name FROM information_schema.tables WHERE table_schema = database()", "NULL")
	require.NoError(t, err)
	require.NotContains(t, strings.Join(tables, " "), "scratch")
}
