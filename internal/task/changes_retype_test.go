package task_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// retyping is a change of a column's type with rows that are there, and what the column gets afterwards.
type retyping struct {
	from, to string
	values   []string
	later    string
	// inPlace are the targets on which it is followed; on the others the table is given up.
	inPlace []catalog.Family
}

var (
	everywhere = []catalog.Family{catalog.PostgreSQL, catalog.MySQL, catalog.SQLite}
	notSQLite  = []catalog.Family{catalog.PostgreSQL, catalog.MySQL}
	onlyMySQL  = []catalog.Family{catalog.MySQL}
	onlySQLite = []catalog.Family{catalog.SQLite}
)

var retypings = map[catalog.Family][]retyping{
	catalog.PostgreSQL: {
		{"smallint", "int", []string{"-32768", "32767", "0"}, "70000", everywhere},
		{"int", "bigint", []string{"-2147483648", "2147483647"}, "5000000000", everywhere},
		{"int", "bigint USING v::bigint", []string{"-2147483648", "2147483647"}, "5000000000", everywhere},
		{"int", "numeric(12,2)", []string{"-2147483648", "2147483647", "0", "100"}, "1.25", everywhere},
		{"bigint", "numeric(25,4)", []string{"-9223372036854775808", "9223372036854775807", "10"}, "0.0001", everywhere},
		{"bigint", "numeric(19)", []string{"-9223372036854775808", "9223372036854775807", "10"}, "7", everywhere},
		{"int", "numeric", []string{"-2147483648", "10", "0"}, "1.250", everywhere},
		{"int", "float8", []string{"-2147483648", "2147483647", "0"}, "0.1", everywhere},
		{"smallint", "real", []string{"-32768", "32767"}, "0.1", everywhere},
		{"int", "text", []string{"-2147483648", "0", "7"}, "'x'", everywhere},
		{"bigint", "varchar(20)", []string{"-9223372036854775808"}, "'x'", everywhere},
		{"numeric(10,2)", "numeric(14,2)", []string{"99999999.99", "-0.01", "5.00", "5.10", "0"}, "123456789012.50", everywhere},
		{"numeric(10,2)", "numeric(14,4)", []string{"99999999.99", "-0.01", "5.00", "5.10", "0"}, "0.1250", everywhere},
		{"numeric(10,2)", "numeric(24,4)", []string{"99999999.99", "-0.01", "5.00", "5.10", "0"}, "0.1250", everywhere},
		{"numeric(15,5)", "numeric(30,5)", []string{"9999999999.99999", "-0.00001", "1000000000.10000"}, "0.1250", everywhere},
		{"numeric(20,2)", "numeric(30,6)", []string{"123456789012345678.99", "-0.01", "5.00"}, "0.1250", everywhere},
		{"numeric(20,2)", "numeric", []string{"123456789012345678.99", "5.00"}, "0.12500", everywhere},
		{"numeric(10,2)", "numeric", []string{"5.00", "5.10"}, "0.12500", notSQLite},
		{"numeric(10,0)", "numeric", []string{"5", "-10"}, "0.12500", everywhere},
		{"numeric(66,2)", "numeric(70,2)", []string{"5.00", "-0.10"}, "0.25", everywhere},
		{"numeric(66,2)", "numeric(70,4)", []string{"5.00", "-0.10"}, "0.25", onlySQLite},
		{"numeric(3,-2)", "numeric(5,-2)", []string{"12300", "-100"}, "1234500", everywhere},
		{"real", "float8", []string{"0.1", "3.4e38", "1e-40", "-2.5"}, "0.1", everywhere},
		{"varchar(5)", "varchar(50)", []string{"'a '", "'ünïç€'", "''"}, "'longer than five'", everywhere},
		{"varchar(5)", "text", []string{"'a '", "'ünïç€'", "''"}, "'longer than five'", everywhere},
		{"char(5)", "char(10)", []string{"'a'", "'abcde'"}, "'abcdefgh'", notSQLite},
		{"timestamp(3)", "timestamp", []string{"'2024-02-29 23:59:59.999'", "'1970-01-01 00:00:00'", "'2001-01-01 00:00:00.5'"}, "'2024-02-29 23:59:59.123456'", everywhere},
		{"timestamptz(0)", "timestamptz(3)", []string{"'2024-02-29 23:59:59+02'", "'1970-01-01 00:00:00Z'"}, "'2024-02-29 23:59:59.125Z'", everywhere},
		{"time(0)", "time(6)", []string{"'23:59:59'", "'00:00:00'"}, "'12:00:00.5'", everywhere},
		{"date", "timestamp", []string{"'2024-02-29'", "'0001-01-01'"}, "'2024-02-29 23:59:59.5'", notSQLite},
		{"letter", "text", []string{"'a'", "'c'"}, "'zzz'", onlyMySQL},

		{"numeric(10,4)", "numeric(10,2)", []string{"0.1250", "-0.1250", "2.3450", "7.9951"}, "1.25", nil},
		{"numeric(10,2)", "numeric(6,2)", []string{"5.00"}, "1.25", nil},
		{"numeric", "numeric(10,2)", []string{"0.125"}, "1.25", nil},
		{"numeric(10,2)", "int", []string{"0.50", "1.50", "2.50", "-0.50"}, "7", nil},
		{"float8", "int", []string{"0.5", "1.5", "2.5", "-0.5"}, "7", nil},
		{"float8", "numeric(12,2)", []string{"0.125", "2.675"}, "7", nil},
		{"float8", "real", []string{"0.1"}, "0.1", nil},
		{"float8", "text", []string{"0.1", "1e21", "5"}, "'x'", nil},
		{"real", "numeric", []string{"0.1", "16777216"}, "0.1", nil},
		{"bigint", "int", []string{"1"}, "7", nil},
		{"bigint", "float8", []string{"9223372036854775807"}, "0.1", nil},
		{"int", "real", []string{"16777217"}, "0.1", nil},
		{"int", "numeric(8,2)", []string{"1"}, "0.1", nil},
		{"timestamp", "timestamp(0)", []string{"'2024-02-29 23:59:59.5'", "'2024-02-29 23:59:59.499999'"}, "'2024-03-01 00:00:00'", nil},
		{"timestamptz", "timestamptz(3)", []string{"'2024-02-29 23:59:59.9996Z'"}, "'2024-03-01 00:00:00Z'", nil},
		{"timestamp", "date", []string{"'2024-02-29 23:59:59.9996'"}, "'2024-03-01'", nil},
		{"timestamp", "timestamptz", []string{"'2024-02-29 23:59:59.9996'"}, "'2024-03-01 00:00:00Z'", nil},
		{"time(6)", "time(0)", []string{"'12:00:00.5'"}, "'12:00:00'", nil},
		{"date", "text", []string{"'2024-02-29'"}, "'x'", nil},
		{"text", "varchar(3)", []string{"'abc   '", "'ab '"}, "'xyz'", nil},
		{"char(5)", "varchar(5)", []string{"'ab'"}, "'xyz'", nil},
		{"char(5)", "text", []string{"'ab'"}, "'xyz'", nil},
		{"varchar(5)", "char(8)", []string{"'ab'"}, "'xyz'", nil},
		{"text", "int USING v::int", []string{"' 12'", "'7'"}, "9", nil},
		{"boolean", "text", []string{"true", "false"}, "'x'", nil},
		{"boolean", "int USING v::int", []string{"true", "false"}, "7", nil},
		{"json", "jsonb", []string{`'{"b": 1,  "a": 2, "b": 3}'`}, "'1'", nil},
		{"interval", "interval(0)", []string{"'1 second 500 milliseconds'"}, "'1 day'", nil},
		{"numeric(10,4)[]", "numeric(10,2)[]", []string{"'{0.1250}'"}, "'{1}'", nil},
		{"bit(4)", "bit varying(8)", []string{"B'0101'"}, "B'1'", nil},
	},
	catalog.MySQL: {
		{"tinyint", "int", []string{"-128", "127"}, "70000", everywhere},
		{"mediumint", "int", []string{"-8388608", "8388607"}, "70000000", everywhere},
		{"int", "bigint", []string{"-2147483648", "2147483647"}, "5000000000", everywhere},
		{"int unsigned", "bigint", []string{"4294967295", "0"}, "-1", everywhere},
		{"int unsigned", "bigint unsigned", []string{"4294967295", "0"}, "18446744073709551615", everywhere},
		{"int", "decimal(12,2)", []string{"-2147483648", "100"}, "1.25", everywhere},
		{"bigint unsigned", "decimal(24,2)", []string{"18446744073709551615", "100", "0"}, "1.25", everywhere},
		{"int", "double", []string{"-2147483648", "100"}, "1.25", everywhere},
		{"int", "varchar(11)", []string{"-2147483648", "100"}, "'x'", everywhere},
		{"decimal(10,2)", "decimal(14,2)", []string{"99999999.99", "5.00", "5.10"}, "123456789012.5", everywhere},
		{"decimal(10,2)", "decimal(24,4)", []string{"99999999.99", "5.00", "5.10"}, "0.125", everywhere},
		{"decimal(20,2)", "decimal(30,6)", []string{"123456789012345678.99", "5.00"}, "0.125", everywhere},
		{"float", "double", []string{"0.1", "3.4e38", "-2.5"}, "0.1", everywhere},
		{"varchar(5)", "varchar(50)", []string{"'a '", "'ünïç€'", "''"}, "'longer than five'", everywhere},
		{"varchar(5)", "text", []string{"'a '", "'ünïç€'", "''"}, "'longer than five'", everywhere},
		{"tinytext", "varchar(255)", []string{"'a '", "'ünïç€'", "''"}, "'longer than five'", everywhere},
		{"text", "longtext", []string{"'a '"}, "'longer than five'", everywhere},
		{"varbinary(4)", "blob", []string{"x'00ff'", "x'2020'"}, "x'0102030405'", everywhere},
		{"char(5)", "char(10)", []string{"'a'", "'abcde'"}, "'abcdefgh'", everywhere},
		{"datetime", "datetime(3)", []string{"'2024-02-29 23:59:59'"}, "'2024-02-29 23:59:59.125'", everywhere},
		{"timestamp NULL", "timestamp(3) NULL", []string{"'2024-02-29 23:59:59'"}, "'2024-02-29 23:59:59.125'", everywhere},
		{"time", "time(6)", []string{"'23:59:59'"}, "'12:00:00.5'", everywhere},
		{"date", "datetime", []string{"'2024-02-29'"}, "'2024-02-29 12:00:00'", notSQLite},
		{"enum('a','b')", "enum('c','a','b')", []string{"'a'", "'b'"}, "'a'", everywhere},
		{"set('a','b')", "set('a','b','c')", []string{"'a,b'", "''"}, "'a,c'", everywhere},

		{"enum('a','b')", "text", []string{"'a'", "'b'"}, "'a'", nil},
		{"int", "mediumint", []string{"2147483647"}, "7", nil},
		{"int", "int unsigned", []string{"-1"}, "7", nil},
		{"int", "decimal(8,2)", []string{"2147483647"}, "7", nil},
		{"decimal(10,4)", "decimal(10,2)", []string{"0.1250", "-0.1250", "2.3450", "7.9951"}, "1.25", nil},
		{"decimal(10,2)", "int", []string{"0.50", "1.50", "2.50", "-0.50"}, "7", nil},
		{"double", "int", []string{"0.5", "1.5", "2.5", "-0.5"}, "7", nil},
		{"double", "double(10,2)", []string{"0.125", "2.675"}, "7", nil},
		{"float", "double(10,2)", []string{"0.125"}, "7", nil},
		{"double", "decimal(12,2)", []string{"0.125", "2.675"}, "7", nil},
		{"double", "varchar(40)", []string{"0.1", "1e21", "5"}, "'x'", nil},
		{"datetime(6)", "datetime", []string{"'2024-02-29 23:59:59.5'"}, "'2024-02-29 12:00:00'", nil},
		{"timestamp NULL", "datetime", []string{"'2024-02-29 23:59:59'"}, "'2024-02-29 12:00:00'", nil},
		{"varchar(50)", "varchar(3)", []string{"'abcdef'", "'ab  '"}, "'x'", nil},
		{"varchar(200)", "tinytext", []string{"repeat('€', 200)"}, "'x'", nil},
		{"char(5)", "varchar(5)", []string{"'ab'"}, "'x'", nil},
		{"varchar(5)", "char(8)", []string{"'ab '"}, "'x'", nil},
		{"varchar(5)", "int", []string{"'12ab'", "''"}, "7", nil},
		{"int zerofill", "varchar(20)", []string{"7"}, "'x'", nil},
		{"enum('a','b')", "enum('a','c')", []string{"'b'"}, "'c'", nil},
		{"set('a','b')", "set('b','a')", []string{"'a,b'"}, "'a'", nil},
		{"binary(2)", "binary(4)", []string{"'ab'"}, "'a'", nil},
		{"bit(1)", "int", []string{"b'1'"}, "7", nil},
	},
}

// TestTypesChangeExactly: what a change of type makes of rows that are there is told by no change. Between unlike engines each table either
// holds what a load of the source as it is then makes, or is given up with the column, both types and what mends it.
func TestTypesChangeExactly(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-18", "mariadb"}, {"postgresql-15", "sqlite"}, {"mariadb", "postgresql-18"}, {"mariadb", "sqlite"}, {"mysql", "postgresql-15"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target, fresh := newEnd(t, pair[0]), newEnd(t, pair[1]), newEnd(t, pair[1])
			cases := retypings[source.family]
			if source.family == catalog.PostgreSQL {
				source.exec(t, "CREATE TYPE letter AS ENUM ('a', 'b', 'c')")
			}
			for i, c := range cases {
				source.exec(t, fmt.Sprintf("CREATE TABLE r%d (id int NOT NULL PRIMARY KEY, v %s)", i, c.from), fmt.Sprintf("INSERT INTO r%d (id) VALUES (0)", i))
				for n, v := range append(c.values, c.values[0]) {
					source.exec(t, fmt.Sprintf("INSERT INTO r%d VALUES (%d, %s)", i, n+1, v))
				}
			}
			load(t, source, target)
			retype := map[catalog.Family]string{catalog.PostgreSQL: "ALTER TABLE r%d ALTER COLUMN v TYPE %s", catalog.MySQL: "ALTER TABLE r%d MODIFY COLUMN v %s"}[source.family]
			for i, c := range cases {
				source.exec(t, fmt.Sprintf(retype, i, c.to), fmt.Sprintf("UPDATE r%d SET v = %s WHERE id = %d", i, c.later, len(c.values)+1), fmt.Sprintf("INSERT INTO r%d VALUES (99, %s)", i, c.later))
			}
			report := catchUp(t, source, target)
			migrate(t, source, fresh)
			for i, c := range cases {
				name, what := fmt.Sprintf("r%d", i), c.from+" to "+c.to
				counts := changesOf(t, report, name)
				if slices.Contains(c.inPlace, target.family) {
					require.Empty(t, counts.Suspended, what)
					require.Zero(t, counts.Failed, what)
					require.Equal(t, fresh.kept(t, source, name), target.kept(t, source, name), what)
					continue
				}
				require.Contains(t, counts.Suspended, "the type of column v has changed from ", what)
				require.Contains(t, counts.Suspended, " to "+strings.Split(source.typeOf(t, name), " USING")[0], what)
				require.Contains(t, counts.Suspended, "load the table anew", what)
			}
		})
	}
}

// kept are the values of a table as the target keeps them.
func (e *end) kept(t *testing.T, source *end, name string) []string {
	t.Helper()
	row := map[catalog.Family]string{
		catalog.PostgreSQL: "id || ' ' || coalesce(v::text, 'NULL')", catalog.MySQL: "concat(id, ' ', coalesce(v, 'NULL'))", catalog.SQLite: "id || ' ' || typeof(v) || ' ' || quote(v)",
	}[e.family]
	return e.text(t, e.table(t, source, name), row)
}

// typeOf is the type of a table's column v, as its engine spells it.
func (e *end) typeOf(t *testing.T, name string) string {
	t.Helper()
	if e.family == catalog.PostgreSQL {
		return e.column(t, "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '"+name+"'::regclass AND attname = 'v'")[0]
	}
	return e.column(t, "SELECT column_type FROM information_schema.columns WHERE table_schema = database() AND table_name = '"+name+"' AND column_name = 'v'")[0]
}

// TestReloadAfterAType: a table that was given up for a change of type is the source's again once it has been loaded anew, whose column has the
// source's type by then.
func TestReloadAfterAType(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-18", "mariadb"}, {"postgresql-15", "sqlite"}, {"mariadb", "postgresql-18"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			retype := map[catalog.Family]string{catalog.PostgreSQL: "ALTER TABLE item ALTER COLUMN v TYPE int USING v::int", catalog.MySQL: "ALTER TABLE item MODIFY COLUMN v int"}[source.family]
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, v varchar(20))", "INSERT INTO item VALUES (1, ' 7'), (2, '8 ')")
			load(t, source, target)
			source.exec(t, retype)
			c := changesConfig(source, target)
			r := start(t, c)
			source.exec(t, "INSERT INTO item VALUES (3, 9)")
			r.await(t, "the table is given up", func() bool { return r.suspended("item") != "" })
			require.NoError(t, r.task.Reload(t.Context(), []catalog.Name{r.config.ChangeStats.Counts().Tables[0].Source}))
			r.await(t, "the table is taken up", func() bool { return r.suspended("item") == "" })
			source.exec(t, "UPDATE item SET v = v + 1 WHERE id = 2", "INSERT INTO item VALUES (4, 10)")
			r.await(t, "the changes arrive", func() bool {
				return slices.Equal([]string{"1 7", "2 9", "3 9", "4 10"}, target.text(t, target.table(t, source, "item"), map[bool]string{true: "id || ' ' || v", false: "concat(id, ' ', v)"}[target.family == catalog.SQLite]))
			})
		})
	}
}

// suspended is why a table is.
func (r *running) suspended(table string) string {
	for _, c := range r.config.ChangeStats.Counts().Tables {
		if c.Source.Name == table {
			return c.Suspended
		}
	}
	return ""
}

// TestTypesChangeBySession: between like engines the target converts as the source has done, unless settings of the source's session have
// decided, of which no change tells.
func TestTypesChangeBySession(t *testing.T) {
	for _, c := range []struct {
		from, to, session string
		retyping
		followed bool
	}{
		{"postgresql-15", "postgresql-18", "SET TimeZone = 'Asia/Tokyo'", retyping{from: "timestamp", to: "timestamptz", values: []string{"'2024-02-29 12:00:00'"}}, false},
		{"postgresql-15", "postgresql-18", "SET TimeZone = 'Asia/Tokyo'", retyping{from: "timestamptz", to: "date", values: []string{"'2024-02-29 23:00:00Z'"}}, false},
		{"postgresql-15", "postgresql-18", "SET DateStyle = 'German'", retyping{from: "date", to: "text", values: []string{"'2024-02-29'"}}, false},
		{"postgresql-15", "postgresql-18", "SET DateStyle = 'SQL, DMY'", retyping{from: "text", to: "date USING v::date", values: []string{"'01/02/2024'"}}, false},
		{"postgresql-15", "postgresql-18", "SET extra_float_digits = -5", retyping{from: "float8", to: "text", values: []string{"0.123456789012345"}}, false},
		{"postgresql-15", "postgresql-18", "SET IntervalStyle = 'iso_8601'", retyping{from: "interval", to: "text", values: []string{"'1 day'"}}, false},
		{"postgresql-15", "postgresql-18", "SET bytea_output = 'escape'", retyping{from: "bytea", to: "text USING v::text", values: []string{`'\x00ff'`}}, false},
		{"postgresql-15", "postgresql-18", "SET extra_float_digits = -5", retyping{from: "float8", to: "numeric(12,2)", values: []string{"0.125", "2.675"}}, true},
		{"postgresql-15", "postgresql-18", "SET TimeZone = 'Asia/Tokyo'", retyping{from: "timestamptz", to: "timestamptz(0)", values: []string{"'2024-02-29 23:59:59.5Z'"}}, true},
		{"postgresql-15", "postgresql-18", "SET TimeZone = 'Asia/Tokyo'", retyping{from: "numeric(10,4)", to: "numeric(10,2)", values: []string{"0.1250", "-0.1250"}}, true},
		{"postgresql-15", "postgresql-18", "SET DateStyle = 'German'", retyping{from: "timestamp", to: "date", values: []string{"'2024-02-29 23:59:59.9'"}}, true},
		{"mariadb", "mysql", "SET time_zone = '+09:00'", retyping{from: "timestamp NULL", to: "datetime", values: []string{"'2024-02-29 12:00:00'"}}, false},
		{"mariadb", "mariadb", "SET sql_mode = 'TIME_ROUND_FRACTIONAL'", retyping{from: "datetime(6)", to: "datetime", values: []string{"'2024-02-29 12:00:00.9'"}}, false},
		{"mariadb", "mysql", "SET sql_mode = ''", retyping{from: "time(6)", to: "time(0)", values: []string{"'12:00:00.9'"}}, false},
		{"mariadb", "mysql", "SET sql_mode = ''", retyping{from: "datetime(6)", to: "date", values: []string{"'2024-02-29 23:59:59.9'"}}, false},
		{"mariadb", "mysql", "SET sql_mode = ''", retyping{from: "decimal(10,4)", to: "decimal(10,2)", values: []string{"0.1250", "-0.1250", "2.3450"}}, true},
		{"mariadb", "mysql", "SET sql_mode = ''", retyping{from: "double", to: "decimal(10,2)", values: []string{"0.125", "2.675", "1.005"}}, true},
		{"mariadb", "mysql", "SET sql_mode = ''", retyping{from: "double", to: "int", values: []string{"0.5", "1.5", "2.5", "-0.5"}}, true},
		{"mariadb", "mysql", "SET sql_mode = ''", retyping{from: "datetime", to: "varchar(40)", values: []string{"'2024-02-29 23:59:59'"}}, true},
		{"mariadb", "mysql", "SET sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'", retyping{from: "char(5)", to: "varchar(9)", values: []string{"'ab'"}}, false},
		{"mariadb", "mysql", "SET sql_mode = ''", retyping{from: "char(5)", to: "varchar(9)", values: []string{"'ab'"}}, true},
	} {
		t.Run(fmt.Sprintf("%s to %s, %s: %s to %s", c.from, c.to, c.session, c.retyping.from, c.retyping.to), func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, c.from), newEnd(t, c.to)
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, v "+c.retyping.from+")")
			for n, v := range c.values {
				source.exec(t, fmt.Sprintf("INSERT INTO item VALUES (%d, %s)", n, v))
			}
			load(t, source, target)
			session, err := source.db.Conn(t.Context())
			require.NoError(t, err)
			retype := map[catalog.Family]string{catalog.PostgreSQL: "ALTER TABLE item ALTER COLUMN v TYPE ", catalog.MySQL: "ALTER TABLE item MODIFY COLUMN v "}[source.family]
			for _, statement := range []string{c.session, retype + c.retyping.to} {
				_, err := session.ExecContext(t.Context(), statement)
				require.NoError(t, err)
			}
			source.exec(t, "INSERT INTO item (id) VALUES (99)")
			counts := changesOf(t, catchUp(t, source, target), "item")
			if !c.followed {
				require.Contains(t, counts.Suspended, "of the session")
				return
			}
			require.Empty(t, counts.Suspended)
			require.Equal(t, source.kept(t, source, "item"), target.kept(t, source, "item"))
		})
	}
}

// TestTypesChangeUnderTheMapping: what the task itself has made of a column, or selected by it, is not worked out anew for rows that are there.
func TestTypesChangeUnderTheMapping(t *testing.T) {
	const selection = `{"rule-type": "selection", "rule-id": "1", "rule-name": "1", "object-locator": {"schema-name": "public", "table-name": "%"}, "rule-action": "include"}`
	for name, c := range map[string]struct {
		rule, from, to string
		followed       bool
	}{
		"expression": {`{"rule-type": "transformation", "rule-id": "2", "rule-name": "2", "rule-action": "add-column", "rule-target": "column", "object-locator": {"schema-name": "public", "table-name": "item"}, "value": "w", "expression": "$v || '!'", "data-type": {"type": "string", "length": 40}}`, "numeric(10,2)", "numeric(10,1)", false},
		"type":       {`{"rule-type": "transformation", "rule-id": "2", "rule-name": "2", "rule-action": "change-data-type", "rule-target": "column", "object-locator": {"schema-name": "public", "table-name": "item", "column-name": "v"}, "data-type": {"type": "string", "length": 40}}`, "numeric(10,2)", "numeric(12,3)", false},
		"wider":      {`{"rule-type": "transformation", "rule-id": "2", "rule-name": "2", "rule-action": "change-data-type", "rule-target": "column", "object-locator": {"schema-name": "public", "table-name": "item", "column-name": "v"}, "data-type": {"type": "string", "length": 40}}`, "int", "bigint", true},
	} {
		for _, to := range []string{"postgresql-18", "mariadb"} {
			t.Run(name+" to "+to, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, "postgresql-15"), newEnd(t, to)
				rules := document(t, `{"rules": [`+selection+`, `+c.rule+`]}`)
				source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, v "+c.from+")", "INSERT INTO item VALUES (1, 1.25), (2, 2)")
				load(t, source, target, rules)
				source.exec(t, "ALTER TABLE item ALTER COLUMN v TYPE "+c.to, "INSERT INTO item VALUES (3, 4)")
				counts := changesOf(t, catchUp(t, source, target, rules), "item")
				if c.followed {
					require.Empty(t, counts.Suspended)
					return
				}
				require.Contains(t, counts.Suspended, "the type of column v has changed from "+c.from)
				require.Contains(t, counts.Suspended, "load the table anew")
			})
		}
	}
}

// TestValuesMadeToFit: without a strict sql_mode a statement of MySQL changes the values that do not fit what a column becomes, and logs
// none of them. With one it fails for such values, so that all stay what they are.
func TestValuesMadeToFit(t *testing.T) {
	for _, pair := range [][2]string{{"mariadb", "mariadb"}, {"mysql", "postgresql-15"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			session, err := source.db.Conn(t.Context())
			require.NoError(t, err)
			run := func(statement string) {
				_, err := session.ExecContext(t.Context(), statement)
				require.NoError(t, err, statement)
			}
			for _, table := range []string{"nulls", "letters", "fits", "late"} {
				run("CREATE TABLE " + table + " (id int NOT NULL PRIMARY KEY, v varchar(9) CHARACTER SET utf8mb4, n int)")
				run("INSERT INTO " + table + " VALUES (1, 'ä', 1), (2, 'a', 2)")
			}
			run("UPDATE nulls SET n = NULL WHERE id = 1")
			run("UPDATE late SET n = NULL WHERE id = 1")
			run("UPDATE letters SET v = '€東' WHERE id = 1")
			load(t, source, target)
			run("SET sql_mode = 'STRICT_ALL_TABLES'")
			run("ALTER TABLE fits MODIFY n int NOT NULL, MODIFY v varchar(9) CHARACTER SET latin1")
			run("ALTER TABLE late ADD w int")
			run("SET sql_mode = ''")
			run("ALTER TABLE nulls MODIFY n int NOT NULL")
			run("ALTER TABLE letters MODIFY v varchar(9) CHARACTER SET latin1")
			run("ALTER TABLE late MODIFY n int NOT NULL")
			for _, table := range []string{"nulls", "letters", "fits", "late"} {
				run("INSERT INTO " + table + " (id, v, n) VALUES (3, 'b', 3)")
			}
			report := catchUp(t, source, target)
			require.Contains(t, changesOf(t, report, "nulls").Suspended, "column n has become NOT NULL")
			require.Contains(t, changesOf(t, report, "late").Suspended, "column n has become NOT NULL")
			require.Contains(t, changesOf(t, report, "letters").Suspended, "the character set of column v has changed from utf8mb4 to latin1")
			require.Empty(t, changesOf(t, report, "fits").Suspended)
			require.ElementsMatch(t, source.text(t, "fits", "v"), target.text(t, target.table(t, source, "fits"), "v"))
		})
	}
}

// TestTypesChangeInSQLite: SQLite has no change of type. A table that is made anew, or whose definition is written over, is delivered once more,
// so that it is what a load makes of it whatever its columns are by then.
func TestTypesChangeInSQLite(t *testing.T) {
	for name, change := range map[string]string{
		"made anew":    "BEGIN; CREATE TABLE next (id int NOT NULL PRIMARY KEY, v ?); INSERT INTO next SELECT * FROM item; DROP TABLE item; ALTER TABLE next RENAME TO item; COMMIT",
		"written over": "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE item (id int NOT NULL PRIMARY KEY, v ?)' WHERE type = 'table' AND name = 'item'; PRAGMA writable_schema = RESET",
	} {
		for _, to := range []string{"postgresql-18", "mariadb", "sqlite"} {
			for _, types := range [][2]string{{"varchar(20)", "int"}, {"decimal(10,2)", "text"}, {"decimal(10,4)", "real"}} {
				t.Run(fmt.Sprintf("%s to %s, %s to %s", name, to, types[0], types[1]), func(t *testing.T) {
					t.Parallel()
					source, target, fresh := newEnd(t, "sqlite"), newEnd(t, to), newEnd(t, to)
					source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, v "+types[0]+")", "INSERT INTO item VALUES (1, '12'), (2, '-7'), (3, NULL)")
					load(t, source, target)
					source.exec(t, strings.ReplaceAll(change, "?", types[1]), "INSERT INTO item VALUES (4, 9)", "UPDATE item SET v = 5 WHERE id = 2")
					report := catchUp(t, source, target)
					migrate(t, source, fresh)
					require.Empty(t, changesOf(t, report, "item").Suspended)
					require.Equal(t, fresh.kept(t, source, "item"), target.kept(t, source, "item"))
				})
			}
		}
	}
}

// TestTypesChangeThereAndBack: a type that is what it was again when its change is read has cost digits all the same, and so has one that is wider by then.
func TestTypesChangeThereAndBack(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-15", "mariadb"}, {"postgresql-18", "postgresql-15"}, {"mariadb", "postgresql-18"}, {"mysql", "sqlite"}, {"mariadb", "mariadb"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			retype := map[catalog.Family]string{catalog.PostgreSQL: " ALTER COLUMN v TYPE ", catalog.MySQL: " MODIFY COLUMN v "}[source.family]
			wide, narrow, wider := "numeric(10,4)", "numeric(10,2)", "numeric(12,4)"
			for _, table := range []string{"back", "further", "late"} {
				source.exec(t, "CREATE TABLE "+table+" (id int NOT NULL PRIMARY KEY, v "+wide+")", "INSERT INTO "+table+" VALUES (1, 0.1250), (2, 5.0001)")
			}
			load(t, source, target)
			source.exec(t, "ALTER TABLE back"+retype+narrow, "ALTER TABLE back"+retype+wide, "INSERT INTO back VALUES (3, 1.2345)",
				"ALTER TABLE further"+retype+narrow, "ALTER TABLE further"+retype+wider, "INSERT INTO further VALUES (3, 1.2345)",
				"CREATE TABLE made (id int NOT NULL PRIMARY KEY, v "+narrow+")", "INSERT INTO made VALUES (1, 5.25)", "ALTER TABLE made"+retype+wider, "INSERT INTO made VALUES (3, 1.2345)",
				"ALTER TABLE late ADD COLUMN w numeric(10,2)", "UPDATE late SET w = 5.25 WHERE id = 1", strings.Replace("ALTER TABLE late"+retype, " v ", " w ", 1)+"numeric(14,4)", "INSERT INTO late VALUES (3, 1.2345, 1.2345)")
			report := catchUp(t, source, target)
			for _, table := range []string{"back", "further"} {
				counts := changesOf(t, report, table)
				if source.family == target.family {
					require.Empty(t, counts.Suspended, table)
					require.Equal(t, source.kept(t, source, table), target.kept(t, source, table), table)
					continue
				}
				require.Contains(t, counts.Suspended, "the type of column v has changed from ", table)
			}
			for table, column := range map[string]string{"made": "v", "late": "w"} {
				require.Empty(t, changesOf(t, report, table).Suspended, table)
				require.ElementsMatch(t, asNumbers(source.text(t, table, column)), asNumbers(target.text(t, target.table(t, source, table), column)), table)
			}
		})
	}
}
