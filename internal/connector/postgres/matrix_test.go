package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// kinds lists types with their edge values as SQL expressions.
var kinds = []struct {
	name, typ string
	values    []string
}{
	{"bool", "boolean", []string{"true", "false"}},
	{"int2", "smallint", []string{"-32768", "0", "32767"}},
	{"int4", "integer", []string{"-2147483648", "0", "2147483647"}},
	{"int8", "bigint", []string{"-9223372036854775808", "0", "9223372036854775807"}},
	{"numeric", "numeric", []string{
		"0", "0.0", "0.000100", "-0.5", "1", "9999", "10000", "10000.0001", "123456789012345678901234567890.123456789", "1e-30", "1e30",
		"'NaN'", "'Infinity'", "'-Infinity'", "('9'||repeat('0',130000))::numeric", "('0.'||repeat('0',16000)||'7')::numeric", "100000000.00000", "-0.00001230",
	}},
	{"numericsized", "numeric(12,2)", []string{"-9999999999.99", "0", "0.01", "9999999999.99"}},
	{"numericnegative", "numeric(5,-2)", []string{"-9999900", "100"}},
	{"money", "money", []string{"'-92233720368547758.08'", "'0'", "'12.34'"}},
	{"float4", "real", []string{"'NaN'", "'Infinity'", "'-Infinity'", "'-0'", "1e-45", "3.4028235e38", "0.1"}},
	{"float8", "double precision", []string{"'NaN'", "'Infinity'", "'-Infinity'", "'-0'", "5e-324", "1.7976931348623157e308", "0.1", "1e15", "1e16"}},
	{"text", "text", []string{"''", "'plain'", `E'tab\tnewline\nreturn\rback\\slash'`, `'\N'`, `'\.'`, "'ünïcödé 𝄞 漢字'", "repeat('ä', 500000)", `' blanks '`}},
	{"varchar", "varchar(5)", []string{"''", "'ééééé'", "'a    '"}},
	{"char", "char(5)", []string{"''", "'ab'", "'ééééé'"}},
	{"internalchar", `"char"`, []string{"'a'", "''"}},
	{"name", "name", []string{"'Some Name'"}},
	{"bytea", "bytea", []string{"''", `'\x00ff5c0a0d09'`, "decode(repeat('00ff', 500000), 'hex')"}},
	{"date", "date", []string{"'4713-11-24 BC'", "'0001-01-01 BC'", "'0001-01-01'", "'1999-12-31'", "'2000-02-29'", "'5874897-12-31'", "'infinity'", "'-infinity'"}},
	{"time", "time", []string{"'00:00'", "'23:59:59.999999'", "'24:00'"}},
	{"timetz", "timetz", []string{"'00:00+14'", "'23:59:59.999999-12:30'", "'24:00+00'"}},
	{"timestamp", "timestamp", []string{"'4713-11-24 00:00 BC'", "'0044-03-15 12:00 BC'", "'1999-12-31 23:59:59.999999'", "'294276-12-31 23:59:59.999999'", "'infinity'", "'-infinity'"}},
	{"timestamp3", "timestamp(3)", []string{"'2020-01-01 00:00:00.123'"}},
	{"timestamptz", "timestamptz", []string{"'4713-11-24 00:00+00 BC'", "'1970-01-01 00:00+05:30'", "'294276-12-31 23:59:59.999999+00'", "'infinity'", "'-infinity'"}},
	{"interval", "interval", []string{"'0'", "'-1 year 2 mons -3 days 04:05:06.789'", "'178000000 years'", "'1 day -00:00:00.000001'"}},
	{"uuid", "uuid", []string{"'00000000-0000-0000-0000-000000000000'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"}},
	{"json", "json", []string{`'{"b":1, "a" : [1,2,null]}'`, `'"\u00e4"'`, "'null'"}},
	{"jsonb", "jsonb", []string{`'{"b":1, "a" : [1,2,null], "n": 1e400}'`, `'"ä"'`, "'null'", "to_jsonb(repeat('x', 300000))"}},
	{"jsonpath", "jsonpath", []string{`'$.a[*] ? (@ > 1)'`}},
	{"xml", "xml", []string{"'<a b=\"c\">ä</a>'", "'text'"}},
	{"bit", "bit(5)", []string{"B'00000'", "B'10110'"}},
	{"varbit", "varbit(70)", []string{"B''", "B'1'", "repeat('10', 35)::varbit"}},
	{"inet", "inet", []string{"'0.0.0.0/0'", "'192.168.1.5/24'", "'::1'", "'2001:db8::/32'"}},
	{"cidr", "cidr", []string{"'10.0.0.0/8'", "'2001:db8::/32'"}},
	{"macaddr", "macaddr", []string{"'08:00:2b:01:02:03'"}},
	{"macaddr8", "macaddr8", []string{"'08:00:2b:01:02:03:04:05'"}},
	{"point", "point", []string{"'(1.5,-2)'", "'(Infinity,NaN)'"}},
	{"line", "line", []string{"'{1,2,3}'"}},
	{"lseg", "lseg", []string{"'[(1,2),(3,4)]'"}},
	{"box", "box", []string{"'(3,4),(1,2)'"}},
	{"path", "path", []string{"'[(1,2),(3,4)]'", "'((1,2),(3,4))'"}},
	{"polygon", "polygon", []string{"'((1,2),(3,4),(5,6))'"}},
	{"circle", "circle", []string{"'<(1,2),3>'"}},
	{"tsvector", "tsvector", []string{"''", "'''fat'':1A ''rat'':2'"}},
	{"tsquery", "tsquery", []string{"'fat & (rat | !cat)'"}},
	{"int4range", "int4range", []string{"'empty'", "'(,)'", "'[1,5)'"}},
	{"numrange", "numrange", []string{"'[1.5,2.50]'"}},
	{"tstzrange", "tstzrange", []string{"'[2020-01-01 00:00+00,infinity)'"}},
	{"int4multirange", "int4multirange", []string{"'{}'", "'{[1,3),[5,)}'"}},
	{"intarray", "int[]", []string{"'{}'", "'{1,NULL,-3}'", "'{{1,2},{3,4}}'", "'[2:3]={7,8}'"}},
	{"textarray", "text[]", []string{`ARRAY['a,b', '"q"', NULL, 'NULL', '', E'back\\slash\n']`}},
	{"numericarray", "numeric[]", []string{"ARRAY[1.50, 'NaN']::numeric[]"}},
	{"timestamptzarray", "timestamptz[]", []string{"ARRAY['2020-01-01 00:00+00']::timestamptz[]"}},
	{"enum", "mood", []string{"'happy'", "'so ''so'''"}},
	{"enumarray", "mood[]", []string{"'{happy,NULL}'"}},
	{"domain", "positive", []string{"1.50", "99.99"}},
	{"domainarray", "positive[]", []string{"'{1.50}'"}},
	{"composite", "pairing", []string{`ROW(1, 'a,"b"', NULL)`, "ROW(NULL, NULL, NULL)"}},
	{"compositearray", "pairing[]", []string{`ARRAY[ROW(1, E'x\ny', 'happy')::pairing, NULL]`}},
	{"compositedomain", "pairingdomain", []string{`ROW(1, 'z', NULL)`}},
	{"moodrange", "moodrange", []string{"'[happy,\"so ''so''\"]'"}},
	{"regclass", "regclass", []string{"'pg_class'"}},
	{"regtype", "regtype", []string{"'int4'", "'mood'"}},
	{"oid", "oid", []string{"0", "4294967295"}},
	{"lsn", "pg_lsn", []string{"'0/0'", "'FFFFFFFF/FFFFFFFF'"}},
	{"snapshot", "pg_snapshot", []string{"'10:20:10,14'"}},
	{"xid8", "xid8", []string{"'18446744073709551615'"}},
	{"aclitem", "aclitem", []string{"'postgres=r/postgres'"}},
}

var kindTypes = []string{
	`CREATE TYPE mood AS ENUM ('happy', 'so ''so''')`,
	`CREATE DOMAIN positive AS numeric(6,2) CHECK (VALUE > 0)`,
	`CREATE TYPE pairing AS (a int, b text, c mood)`,
	`CREATE DOMAIN pairingdomain AS pairing`,
	`CREATE TYPE moodrange AS RANGE (subtype = mood)`,
}

func TestEveryTypeArrivesAsItWas(t *testing.T) {
	bothWays(t, func(t *testing.T, p *pair) {
		// Other objects first, so that identifiers differ between the servers.
		execute(t, p.to, `CREATE TABLE spacer (a int)`, `CREATE TYPE spacer_type AS (a int)`)
		p.both(kindTypes...)
		var ddl strings.Builder
		for _, k := range kinds {
			fmt.Fprintf(&ddl, "CREATE TABLE t_%s (id int PRIMARY KEY, v %s);", k.name, k.typ)
		}
		p.both(ddl.String())
		var fill strings.Builder
		for _, k := range kinds {
			fmt.Fprintf(&fill, "INSERT INTO t_%s VALUES (0, NULL)", k.name)
			for i, v := range k.values {
				fmt.Fprintf(&fill, ", (%d, (%s)::%s)", i+1, v, k.typ)
			}
			fill.WriteString(";")
		}
		execute(t, p.from, fill.String())
		p.plan()
		s := p.snapshot()
		c, err := p.source.Inspect(t.Context(), connector.InspectOptions{})
		require.NoError(t, err)
		for _, k := range kinds {
			for _, m := range modes {
				t.Run(k.name+"/"+m.name, func(t *testing.T) {
					execute(t, p.to, "TRUNCATE t_"+k.name)
					q := *p
					q.t = t
					table := c.Schema("public").Tables[0]
					for _, x := range c.Schema("public").Tables {
						if x.Name.Name == "t_"+k.name {
							table = x
						}
					}
					rejects, err := q.move(s, table, m, connector.SplitOptions{})
					require.NoError(t, err)
					require.Empty(t, rejects)
					q.same(fmt.Sprintf(`SELECT id || ' ' || md5(t::text) || left(t::text, 80) FROM t_%s t ORDER BY id`, k.name))
				})
			}
		}
	})
}
