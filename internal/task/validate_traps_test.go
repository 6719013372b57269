package task_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// trap is a table named trap_…, with rows that digests, collations or the servers' settings might make a false alarm of, and changes of the target's that
// each must be found: one more row of want each time.
type trap struct {
	name    string
	source  []string // {t} is the table
	plants  []plantedTrap
	targets []catalog.Family // nil: all
}

type plantedTrap struct {
	sql  string // {t} is the target's table, {bytes:X} the bytes of hexadecimal digits
	want tally
}

var one = tally{different: 1}

// fromPostgreSQL and fromMySQL say what their engines hold that another one, or a digest, might take for something else.
var fromPostgreSQL = []trap{
	{
		name: "floats", source: []string{
			"CREATE TABLE {t} (id int PRIMARY KEY, f float8, r real)",
			"INSERT INTO {t} VALUES (1, '-0', '-0'), (2, 5e-324, 1e-45), (3, 2.2250738585072014e-308, 1.17549435e-38), (4, 1.7976931348623157e308, 3.4028235e38), (5, 0.1, 0.1), (6, 1e15, 16777217), (7, 123456789012345680, 8388608.5), (8, 0.30000000000000004, 1e-5)",
		},
		plants: []plantedTrap{{"UPDATE {t} SET f = 0.3 WHERE id = 8", one}, {"UPDATE {t} SET f = 2.225073858507201e-308 WHERE id = 3", one}, {"UPDATE {t} SET r = 0.100000009 WHERE id = 5", one}, {"UPDATE {t} SET f = 1000000000000000.1 WHERE id = 6", one}},
	},
	{
		name: "float_specials", targets: []catalog.Family{catalog.PostgreSQL}, source: []string{
			"CREATE TABLE {t} (id int PRIMARY KEY, f float8, r real, n numeric)", "INSERT INTO {t} VALUES (1, 'NaN', 'NaN', 'NaN'), (2, 'Infinity', '-Infinity', 'Infinity'), (3, 0, 0, 0), (4, NULL, NULL, NULL), (5, 1, 1, ('1e400')::numeric)",
		},
		plants: []plantedTrap{{"UPDATE {t} SET f = '-Infinity' WHERE id = 2", one}, {"UPDATE {t} SET r = 'NaN' WHERE id = 4", one}, {"UPDATE {t} SET n = n + 1 WHERE id = 5", one}},
	},
	{
		name: "scales", source: []string{
			"CREATE TABLE {t} (id int PRIMARY KEY, n numeric, s numeric(30,10), i numeric(20,0))",
			"INSERT INTO {t} VALUES (1, 1.10, 1.1, 0), (2, 1.1000, -0.0, 100), (3, 12345678901234567890.5, 0.0000000001, 99999999999999999999), (4, 100, 100, 100), (5, 0.000, 10, -10)",
		},
		plants: []plantedTrap{{"UPDATE {t} SET s = -0.0000000001 WHERE id = 3", one}, {"UPDATE {t} SET n = 10 WHERE id = 4", one}, {"UPDATE {t} SET i = 10 WHERE id = 5", one}},
	},
	{
		name: "keys", source: []string{
			"CREATE TABLE {t} (k varchar(40) PRIMARY KEY, v int)",
			`INSERT INTO {t} VALUES ('a', 1), ('A', 2), ('a ', 3), ('a  ', 4), ('ä', 5), (E'a\u0308', 6), ('', 7), (' ', 8), ('ß', 9), ('ss', 10), (E'a\t', 11), (E'a\n', 12), ('ﬀ', 13), (E'\u200b', 14)`,
		},
		plants: []plantedTrap{{"UPDATE {t} SET v = 0 WHERE v = 3", one}, {"DELETE FROM {t} WHERE v = 2", tally{missingTarget: 1}}, {"UPDATE {t} SET k = 'A' WHERE v = 1", tally{different: 1}}},
	},
	{
		name: "composite", source: []string{
			"CREATE TABLE {t} (a varchar(20), b varchar(20), v int, PRIMARY KEY (a, b))", "INSERT INTO {t} VALUES ('a', 'bc', 1), ('ab', 'c', 1), ('a,b', 'c', 1), ('a', 'b,c', 1), ('', 'abc', 1), ('abc', '', 1), ('1;a', '', 1), ('', '1;a', 1)",
		},
		plants: []plantedTrap{{"UPDATE {t} SET v = 2 WHERE a = 'ab'", one}, {"UPDATE {t} SET v = 2 WHERE b = '1;a'", one}},
	},
	{
		name: "null_keys", source: []string{
			"CREATE TABLE {t} (a int, b varchar(20), v int, UNIQUE (a, b))",
			"INSERT INTO {t} VALUES (1, NULL, 1), (1, NULL, 1), (NULL, 'x', 2), (NULL, NULL, 3), (NULL, NULL, 3), (NULL, NULL, 4), (1, '', 1)",
		},
		plants: []plantedTrap{{"UPDATE {t} SET v = 3 WHERE v = 4", tally{missingSource: 1, missingTarget: 1}}, {"INSERT INTO {t} VALUES (NULL, NULL, 3)", tally{missingSource: 1}}},
	},
	{
		name: "many_alike", source: []string{"CREATE TABLE {t} (a int, b varchar(20))", "INSERT INTO {t} SELECT 1, 'same' FROM generate_series(1, 5000)", "INSERT INTO {t} SELECT 2, NULL FROM generate_series(1, 256)"},
		plants: []plantedTrap{{"INSERT INTO {t} VALUES (2, NULL), (2, NULL)", tally{missingSource: 2}}, {"INSERT INTO {t} SELECT a, b FROM {t} WHERE a = 2", tally{missingSource: 258}}},
	},
	{
		name: "moments", source: []string{
			"CREATE TABLE {t} (id int PRIMARY KEY, z timestamptz, l timestamp, d date, c time)",
			"INSERT INTO {t} VALUES (1, '2021-10-31 02:30:00+02', '2021-10-31 02:30:00', '2021-10-31', '02:30'), (2, '2021-10-31 02:30:00+01', '2021-03-28 02:30:00', '1582-10-10', '23:59:59.999999'), (3, '2021-03-28 01:59:59.999999+00', '1900-02-28 23:59:59.5', '1000-01-01', '00:00')",
		},
		plants: []plantedTrap{{"UPDATE {t} SET z = '2021-10-31 01:30:00+00:00' WHERE id = 1", one}, {"UPDATE {t} SET l = '2021-03-28 03:30:00' WHERE id = 2", one}, {"UPDATE {t} SET c = '02:30:00.000001' WHERE id = 1", tally{}}, {"UPDATE {t} SET d = '1582-10-20' WHERE id = 2", tally{}}},
	},
	{
		name: "old_moments", targets: []catalog.Family{catalog.PostgreSQL}, source: []string{
			"CREATE TABLE {t} (id int PRIMARY KEY, z timestamptz, d date, v interval, c timetz)", "INSERT INTO {t} VALUES (1, '0001-01-01 00:00:00+00 BC', '4713-01-01 BC', '1 mon', '02:00+02'), (2, 'infinity', '-infinity', '30 days', '00:00+00'), (3, '294276-12-31 23:59:59+00', '5874897-12-31', '720:00:00', '24:00:00+15')",
		},
		plants: []plantedTrap{{"UPDATE {t} SET d = '4713-01-01' WHERE id = 1", one}, {"UPDATE {t} SET v = '1 mon' WHERE id = 2", one}, {"UPDATE {t} SET v = '30 days' WHERE id = 3", one}},
	},
	{
		name: "intervals", source: []string{"CREATE TABLE {t} (id int PRIMARY KEY, v interval)", "INSERT INTO {t} VALUES (1, '1 mon'), (2, '30 days'), (3, '720:00:00'), (4, '-1 year 2 mons -3 days 04:05:06.7'), (5, '0')"},
		plants: []plantedTrap{{"UPDATE {t} SET v = '1 mon' WHERE id = 2", one}},
	},
	{
		name: "long_texts", source: []string{
			"CREATE TABLE {t} (id int PRIMARY KEY, v text, w bytea)", "INSERT INTO {t} SELECT i, repeat('é', 65535 + i), decode(repeat('ff', 65535 + i), 'hex') FROM generate_series(-2, 2) i", "INSERT INTO {t} VALUES (9, repeat('x', 3000000), decode(repeat('00', 2000000), 'hex'))",
		},
		plants: []plantedTrap{{"UPDATE {t} SET v = replace(v, 'xx', 'yx') WHERE id = 9", one}, {"UPDATE {t} SET v = {join:v:'!'} WHERE id = 2", one}},
	},
	{
		name: "bits", source: []string{"CREATE TABLE {t} (id int PRIMARY KEY, b bit(3), v varbit, f boolean)", "INSERT INTO {t} VALUES (1, B'001', B'001', true), (2, B'100', B'01', false), (3, B'000', B'', NULL)"},
		plants: []plantedTrap{{"UPDATE {t} SET v = '1' WHERE id = 2", one}},
	},
	{
		name: "documents", source: []string{
			"CREATE TABLE {t} (id int PRIMARY KEY, j json, b jsonb)",
			`INSERT INTO {t} VALUES (1, '{"a": 1, "b": 1.0}', '{"b": 1.0, "a": 1}'), (2, '1e2', '1e2'), (3, E'"\\u00e9\\/"', '"é/"'), (4, '[ ]', '[]'), (5, '{"a": 12345678901234567890}', '{"a": 12345678901234567890}'), (6, '"1"', '"1"'), (7, 'null', 'null'), (8, NULL, NULL)`,
		},
		plants: []plantedTrap{{"UPDATE {t} SET b = '1' WHERE id = 6", one}, {"UPDATE {t} SET j = '{\"a\": 12345678901234567891}' WHERE id = 5", one}, {"UPDATE {t} SET j = NULL WHERE id = 7", one}, {"UPDATE {t} SET b = '[[]]' WHERE id = 4", one}},
	},
	{
		name: "great_numbers", targets: []catalog.Family{catalog.PostgreSQL, catalog.SQLite}, source: []string{"CREATE TABLE {t} (id int PRIMARY KEY, j json)", `INSERT INTO {t} VALUES (1, '1e400'), (2, '1e-400'), (3, '0.1e1')`},
		plants: []plantedTrap{{"UPDATE {t} SET j = '1e401' WHERE id = 1", one}, {"UPDATE {t} SET j = '0' WHERE id = 2", one}},
	},
	{
		name: "generated", source: []string{"CREATE TABLE {t} (id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED)", "INSERT INTO {t} VALUES (1, 1), (2, NULL)"},
		plants: []plantedTrap{{"UPDATE {t} SET n = 0 WHERE id = 2", one}},
	},
	{
		name: "spelled", source: []string{
			"CREATE TABLE {t} (id int PRIMARY KEY, m money, a int[], u uuid, n inet, c cidr, r int4range, x char(5), t text)",
			`INSERT INTO {t} VALUES (1, '1234.50', ARRAY[1,NULL], 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '10.0.0.1/8', '10.0.0.0/8', '[1,3]', 'a ', 'a '), (2, '-0.01', '{}', NULL, '::1', '::1/128', 'empty', '', '')`,
		},
		plants: []plantedTrap{{"UPDATE {t} SET t = 'a' WHERE id = 1", one}, {"UPDATE {t} SET x = ' a' WHERE id = 1", tally{}}, {"UPDATE {t} SET t = NULL WHERE id = 2", one}},
	},
}

var fromMySQL = []trap{
	{
		name: "folded_keys", source: []string{
			"CREATE TABLE {t} (k varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY, v int)", "INSERT INTO {t} VALUES ('A', 1), ('b', 2), ('É', 3), ('straße', 4), ('c ', 5)",
		},
		plants: []plantedTrap{{"UPDATE {t} SET k = 'a' WHERE v = 1", tally{missingSource: 1, missingTarget: 1}}, {"UPDATE {t} SET k = 'c' WHERE v = 5", tally{missingSource: 1, missingTarget: 1}}, {"UPDATE {t} SET v = 0 WHERE v = 3", one}},
	},
	{
		name: "texts", source: []string{
			"CREATE TABLE {t} (id int PRIMARY KEY, g varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, l varchar(20) CHARACTER SET latin1, c char(5), b binary(4), t longtext CHARACTER SET utf8mb4)",
			"INSERT INTO {t} VALUES (1, 'a ', '€', 'x ', 'a', ''), (2, 'É', 'é', ' x', x'61200000', NULL), (3, 'ss', '', '', x'00', REPEAT('é', 70000)), (4, 'ß', NULL, NULL, NULL, REPEAT('x', 3000000)), (5, 'a\\'b\\\\', 'a\\tb', 'a\\nb', x'ff', 'a\\rb')",
		},
		plants: []plantedTrap{{"UPDATE {t} SET g = 'a' WHERE id = 1", one}, {"UPDATE {t} SET g = 'é' WHERE id = 2", one}, {"UPDATE {t} SET t = replace(t, 'xx', 'yx') WHERE id = 4", one}, {"UPDATE {t} SET b = {bytes:00000001} WHERE id = 3", one}},
	},
	{
		name: "bounds", source: []string{
			"CREATE TABLE {t} (id int PRIMARY KEY, u bigint unsigned, d decimal(65,30), f float, g double, y year, i bit(64), n float(10,2))",
			"INSERT INTO {t} VALUES (1, 18446744073709551615, 12345678901234567890123456789012345.123456789012345678901234567890, 16777217, 5e-324, 2155, b'1', 1.005), (2, 0, -0.000000000000000000000000000001, 1.17549435e-38, 1.7976931348623157e308, 1901, 18446744073709551615, 12345678.12), (3, 1, 0, 0.1, -0.0, 0, 0, -0.01), (4, NULL, NULL, 3.4028234e38, 0.1, NULL, NULL, NULL)",
		},
		plants: []plantedTrap{{"UPDATE {t} SET u = 18446744073709551614 WHERE id = 1", one}, {"UPDATE {t} SET g = 0.10000000000000002 WHERE id = 4", one}, {"UPDATE {t} SET d = 0 WHERE id = 2", one}},
	},
	{
		name: "moments", source: []string{
			"CREATE TABLE {t} (id int PRIMARY KEY, z timestamp(6) NULL, l datetime(3), d date, c time(6))",
			"INSERT INTO {t} VALUES (1, '2021-10-31 00:30:00', '2021-10-31 02:30:00', '2021-10-31', '02:30'), (2, '2021-10-31 01:30:00', '2021-03-28 02:30:00', '1582-10-10', '23:59:59.999999'), (3, '2038-01-19 03:14:07.999999', '1000-01-01', '9999-12-31', '0')",
		},
		plants: []plantedTrap{{"UPDATE {t} SET z = '2021-10-31 01:30:00+00:00' WHERE id = 1", one}, {"UPDATE {t} SET l = '2021-03-28 02:30:00.001' WHERE id = 2", one}, {"UPDATE {t} SET d = '9999-12-30' WHERE id = 3", one}},
	},
	{
		name: "documents", source: []string{"CREATE TABLE {t} (id int PRIMARY KEY, j json)", `INSERT INTO {t} VALUES (1, '{"a": 1, "b": 1.0}'), (2, '1e2'), (3, '"é"'), (4, '[ ]'), (5, '"1"'), (6, 'null'), (7, NULL)`},
		plants: []plantedTrap{{"UPDATE {t} SET j = '1' WHERE id = 5", one}, {"UPDATE {t} SET j = NULL WHERE id = 6", one}, {"UPDATE {t} SET j = '{\"b\": 1, \"a\": 1}' WHERE id = 1", tally{}}},
	},
	{
		name: "null_keys", source: []string{"CREATE TABLE {t} (a int, b varchar(20), v int, UNIQUE (a, b))", "INSERT INTO {t} VALUES (1, NULL, 1), (1, NULL, 1), (NULL, 'x', 2), (NULL, NULL, 3), (NULL, NULL, 3), (NULL, NULL, 4), (1, '', 1)"},
		plants: []plantedTrap{{"UPDATE {t} SET v = 3 WHERE v = 4", tally{missingSource: 1, missingTarget: 1}}, {"INSERT INTO {t} VALUES (NULL, NULL, 3)", tally{missingSource: 1}}},
	},
}

var fromSQLite = []trap{
	{
		name: "folded_keys", source: []string{
			"CREATE TABLE {t} (k VARCHAR(40) COLLATE NOCASE NOT NULL PRIMARY KEY, v INTEGER)", "INSERT INTO {t} VALUES ('A', 1), ('b', 2), ('É', 3), ('é', 4), ('a ', 5), ('', 6), (' ', 7)",
		},
		plants: []plantedTrap{{"UPDATE {t} SET k = 'a' WHERE v = 1", tally{missingSource: 1, missingTarget: 1}}, {"UPDATE {t} SET v = 0 WHERE v = 4", one}},
	},
	{
		name: "trimmed_keys", source: []string{
			"CREATE TABLE {t} (k VARCHAR(40) COLLATE RTRIM NOT NULL, i INTEGER NOT NULL, v INTEGER, PRIMARY KEY (k, i))", "INSERT INTO {t} VALUES ('a ', 1, 1), ('a', 2, 2), ('A', 1, 3), (char(9), 1, 4)",
		},
		plants: []plantedTrap{{"UPDATE {t} SET k = 'a' WHERE v = 1", tally{missingSource: 1, missingTarget: 1}}, {"UPDATE {t} SET v = 0 WHERE v = 3", one}},
	},
	{
		name: "numbers", source: []string{
			"CREATE TABLE {t} (id INTEGER NOT NULL PRIMARY KEY, i BIGINT, r DOUBLE, d DECIMAL(20,4), b BOOLEAN)",
			"INSERT INTO {t} VALUES (1, 1.0, 1, 1, 1), (2, 9223372036854775807, 5e-324, 0.1, 0), (3, -9223372036854775808, 1e308, '123456789012.0001', NULL), (4, '7', '0.1', '-0.0', 1), (5, 9007199254740993, 9007199254740993, 100, 0)",
		},
		plants: []plantedTrap{{"UPDATE {t} SET i = 9007199254740992 WHERE id = 5", one}, {"UPDATE {t} SET r = 0.10000000000000002 WHERE id = 4", one}, {"UPDATE {t} SET d = 123456789012 WHERE id = 3", one}},
	},
	{
		name: "moments", source: []string{
			"CREATE TABLE {t} (id INTEGER NOT NULL PRIMARY KEY, l DATETIME, d DATE, c TIME)",
			"INSERT INTO {t} VALUES (1, '2021-10-31 02:30:00', '2021-10-31', '02:30:00'), (2, '2021-03-28T02:30:00.5', '1582-10-10', '23:59:59.999999'), (3, '2021-03-28 02:30:00+02:00', NULL, NULL), (4, '1000-01-01 00:00:00', '9999-12-31', '00:00:00')",
		},
		plants: []plantedTrap{{"UPDATE {t} SET l = '2021-10-31 01:30:00' WHERE id = 1", one}, {"UPDATE {t} SET d = '9999-12-30' WHERE id = 4", one}},
	},
	{
		name: "texts", source: []string{
			"CREATE TABLE {t} (id INTEGER NOT NULL PRIMARY KEY, t TEXT, b BLOB)", "INSERT INTO {t} VALUES (1, 'a ', x''), (2, '', x'00'), (3, NULL, NULL), (4, 42, x'ff00'), (5, printf('%70000s', 'x'), zeroblob(70000)), (6, 'ß', x'61'), (7, 'a' || char(0x1f600), x'6100')",
		},
		plants: []plantedTrap{{"UPDATE {t} SET t = 'a' WHERE id = 1", one}, {"UPDATE {t} SET b = {bytes:61} WHERE id = 7", one}, {"UPDATE {t} SET t = NULL WHERE id = 2", one}, {"UPDATE {t} SET b = {bytes:} WHERE id = 2", tally{}}},
	},
	{
		name: "bag", source: []string{"CREATE TABLE {t} (a INTEGER, b VARCHAR(20))", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO {t} SELECT 1, 'same' FROM n", "INSERT INTO {t} VALUES (NULL, NULL), (NULL, NULL), (NULL, '')"},
		plants: []plantedTrap{{"INSERT INTO {t} VALUES (NULL, NULL)", tally{missingSource: 1}}, {"INSERT INTO {t} VALUES (NULL, ''), (1, 'same')", tally{missingSource: 2}}},
	},
}

// Strange settings of the servers change what they print of a value, and what a statement means.
var (
	strangePostgreSQL = []string{
		"DateStyle = 'SQL, DMY'", "IntervalStyle = 'sql_standard'", "extra_float_digits = -15", "bytea_output = 'escape'", "TimeZone = 'Europe/Berlin'", "lc_monetary = 'C'",
		"standard_conforming_strings = off", "backslash_quote = on", "array_nulls = off", "quote_all_identifiers = on", "transform_null_equals = on", "xmlbinary = hex",
	}
	strangeMySQL = []string{
		"sql_mode = ANSI_QUOTES,PIPES_AS_CONCAT,PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES,REAL_AS_FLOAT,IGNORE_SPACE,STRICT_ALL_TABLES", "default_time_zone = +05:45", "group_concat_max_len = 1024",
		"div_precision_increment = 0", "character_set_server = latin1", "innodb_strict_mode = off",
	}
)

// strangeEnd is an end on a server with strange settings.
func strangeEnd(t *testing.T, engine string) *end {
	t.Helper()
	switch engine {
	case "mariadb":
		return mariadbEnd(t, servertest.PrivateMariaDB(t, strangeMySQL...))
	case "mysql", "sqlite": // the server of all tests
		return newEnd(t, engine)
	}
	e := newEnd(t, engine)
	for _, s := range strangePostgreSQL {
		e.exec(t, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET "+strings.ReplaceAll(s, "'", "''")+"', current_database()); END $$")
	}
	return e
}

// TestValidationAmongTraps compares rows that are equal however their servers print, order and fold them, and finds each change of them.
func TestValidationAmongTraps(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-18", "mariadb"}, {"postgresql-18", "postgresql-15"}, {"postgresql-15", "sqlite"}, {"mariadb", "postgresql-18"}, {"mariadb", "mariadb"}, {"mysql", "postgresql-15"}, {"sqlite", "postgresql-18"}, {"sqlite", "mariadb"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := strangeEnd(t, pair[0]), strangeEnd(t, pair[1])
			traps := map[catalog.Family][]trap{catalog.PostgreSQL: fromPostgreSQL, catalog.MySQL: fromMySQL, catalog.SQLite: fromSQLite}[source.family]
			set := map[string]*trap{}
			for i := range traps {
				x := &traps[i]
				if x.targets != nil && !slices.Contains(x.targets, target.family) {
					continue
				}
				set["trap_"+x.name] = x
				for _, s := range x.source {
					source.exec(t, strings.ReplaceAll(s, "{t}", "trap_"+x.name))
				}
			}
			c := config(source, target)
			migrate(t, source, target)
			for _, partition := range []int{1, 10000} {
				c.Settings.ValidationSettings.PartitionSize = partition
				v := compareEnds(t, c, false)
				require.Len(t, v.Tables, len(set))
				for _, r := range v.Tables {
					if !r.Equal() {
						t.Errorf("a false alarm in %s (%s): %s %v", r.Source, r.Method, r.Reason, r.Failures)
					}
				}
			}
			springTraps(t, source, target, c, set)
		})
	}
}

// springTraps plants the first change of every table, then the second, and so on.
func springTraps(t *testing.T, source, target *end, c task.Config, set map[string]*trap) {
	t.Helper()
	want := map[string]tally{}
	for n := 0; ; n++ {
		planted := map[string]string{}
		for table, x := range set {
			if n >= len(x.plants) {
				continue
			}
			p := x.plants[n]
			sql := trapSQL(target, strings.ReplaceAll(p.sql, "{t}", qualified(source, target, table)))
			target.exec(t, sql)
			planted[table] = sql
			w := want[table]
			want[table] = tally{w.different + p.want.different, w.missingSource + p.want.missingSource, w.missingTarget + p.want.missingTarget}
		}
		if len(planted) == 0 {
			return
		}
		v := compareEnds(t, c, false)
		for table, sql := range planted {
			r := resultOf(t, v, table)
			if got := (tally{r.Different, r.MissingSource, r.MissingTarget}); got != want[table] {
				t.Errorf("%s (%s): want %+v, got %+v after %.200s: %s %v", table, r.Method, want[table], got, sql, r.Reason, r.Failures)
			}
		}
	}
}

func trapSQL(e *end, sql string) string {
	if before, rest, ok := strings.Cut(sql, "{bytes:"); ok {
		digits, after, _ := strings.Cut(rest, "}")
		form := "x'%s'"
		if e.family == catalog.PostgreSQL {
			form = `decode('%s', 'hex')`
		}
		sql = before + fmt.Sprintf(form, digits) + after
	}
	if before, rest, ok := strings.Cut(sql, "{join:"); ok {
		both, after, _ := strings.Cut(rest, "}")
		a, b, _ := strings.Cut(both, ":")
		sql = before + joined(e, a, b) + after
	}
	return sql
}
