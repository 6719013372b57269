package serve_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver of MariaDB
	_ "github.com/jackc/pgx/v5/stdlib" // the driver of PostgreSQL
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// shop is a database with two tables, as an endpoint of DMS reaches it.
type shop struct {
	db                                       *sql.DB
	engine, host, port, name, user, password string
	schema                                   string // that a mapping names
	postgres                                 bool
}

// postgresShop is an empty database on a server that keeps what change data capture needs.
func postgresShop(t testing.TB) *shop {
	t.Helper()
	return shopAt(t, "postgres", servertest.PostgreSQL(t, servertest.PostgreSQL15))
}

func mariadbShop(t testing.TB) *shop {
	t.Helper()
	return shopAt(t, "mariadb", servertest.MariaDB(t))
}

// lonelyShop has a server of its own, where locks that are held for long keep no other test's lock of all tables waiting, and with that
// all others.
func lonelyShop(t testing.TB) *shop {
	t.Helper()
	return shopAt(t, "mariadb", servertest.PrivateMariaDB(t))
}

func shopAt(t testing.TB, engine string, d *servertest.Database) *shop {
	t.Helper()
	at, err := url.Parse(d.URL)
	require.NoError(t, err)
	password, _ := at.User.Password()
	s := &shop{engine: engine, host: at.Hostname(), port: at.Port(), name: strings.TrimPrefix(at.Path, "/"), user: at.User.Username(), password: password, postgres: engine == "postgres"}
	if s.postgres {
		s.schema, s.db = "public", servertest.OpenDB(t, "pgx", d.URL)
		return s
	}
	s.schema = s.name
	s.db = servertest.OpenDB(t, "mysql", fmt.Sprintf("%s:%s@tcp(%s)/%s?parseTime=true", s.user, s.password, at.Host, s.name))
	return s
}

// endpoint are the arguments of `aws dms create-endpoint`, or words of an SDK's input.
func (s *shop) endpoint() []string {
	args := []string{"--engine-name", s.engine, "--server-name", s.host, "--port", s.port, "--database-name", s.name, "--username", s.user}
	if s.password != "" {
		args = append(args, "--password", s.password)
	}
	return args
}

// stock fills the tables.
func (s *shop) stock(t testing.TB, rows int) {
	t.Helper()
	servertest.Exec(t, s.db,
		"CREATE TABLE customer (id integer PRIMARY KEY, name varchar(60) NOT NULL, born date, letter text)",
		"CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL, total numeric(12,2) NOT NULL, note varchar(200))")
	for at := 1; at <= rows; at += 500 {
		var customers, orders []string
		for i := at; i < at+500 && i <= rows; i++ {
			length := 3
			if i <= 3 {
				length = 7000 // 49 KB: longer than the LobMaxSize of DMS
			}
			customers = append(customers, fmt.Sprintf("(%d, 'Zoë %d', '19%02d-03-01', '%s')", i, i, i%100, strings.Repeat("letter ", length)))
			orders = append(orders, fmt.Sprintf("(%d, %d, %d.%02d, NULL)", i, i%97+1, i, i%100))
		}
		servertest.Exec(t, s.db, "INSERT INTO customer VALUES "+strings.Join(customers, ","), "INSERT INTO orders VALUES "+strings.Join(orders, ","))
	}
}

// trade changes some rows: inserts, updates, deletes.
func (s *shop) trade(t testing.TB, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		servertest.Exec(t, s.db,
			fmt.Sprintf("INSERT INTO orders VALUES (%d, %d, 9.90, 'new %d')", i, i%97+1, i),
			fmt.Sprintf("UPDATE customer SET name = 'Ænne %d' WHERE id = %d", i, i%50+1),
			fmt.Sprintf("DELETE FROM orders WHERE id = %d", i-from+1))
	}
}

// rows spells a table, in the order of its key.
func (s *shop) rows(t testing.TB, schema, table string) []string {
	t.Helper()
	columns := "id, customer, total, note"
	if table == "customer" {
		columns = "id, name, born, md5(letter)"
	}
	name := table
	if schema != "" {
		name = schema + "." + table
	}
	got, err := s.db.QueryContext(t.Context(), "SELECT "+columns+" FROM "+name+" ORDER BY id")
	if err != nil {
		return []string{err.Error()}
	}
	defer got.Close()
	var all []string
	for got.Next() {
		values := make([]any, strings.Count(columns, ",")+1)
		for i := range values {
			values[i] = new(sql.NullString)
		}
		require.NoError(t, got.Scan(values...))
		line := ""
		for i, v := range values {
			text := v.(*sql.NullString).String
			if table == "customer" && i == 2 {
				text = text[:len(time.DateOnly)]
			}
			line += text + "|"
		}
		all = append(all, line)
	}
	require.NoError(t, got.Err())
	return all
}

// arrives waits until both tables of the target are those of the source.
func arrives(t testing.TB, source, target *shop, schema string) {
	t.Helper()
	for _, table := range []string{"customer", "orders"} {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			assert.Equal(c, source.rows(t, "", table), target.rows(t, schema, table), table)
		}, patient, 300*time.Millisecond)
	}
}

// mappings selects everything of a schema; into renames it.
func mappings(schema, into string) string {
	rules := `{"rule-type":"selection","rule-id":"1","rule-name":"1","rule-action":"include","object-locator":{"schema-name":"` + schema + `","table-name":"%"}}`
	if into != "" {
		rules += `,{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-action":"rename","rule-target":"schema","object-locator":{"schema-name":"` + schema + `"},"value":"` + into + `"}`
	}
	return `{"rules":[` + rules + `]}`
}
