package mysql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// edges lists column types and SQL expressions of values at their edges. loose values go in with ALLOW_INVALID_DATES.
var edges = []struct {
	column string
	values []string
}{
	{"tinyint(4)", []string{"-128", "0", "127"}},
	{"tinyint(1)", []string{"-128", "2", "1"}},
	{"tinyint(3) unsigned", []string{"0", "255"}},
	{"smallint(6)", []string{"-32768", "32767"}},
	{"mediumint(9)", []string{"-8388608", "8388607"}},
	{"int(11)", []string{"-2147483648", "2147483647"}},
	{"int(8) unsigned zerofill", []string{"0", "42", "4294967295"}},
	{"bigint(20)", []string{"-9223372036854775808", "9223372036854775807"}},
	{"bigint(20) unsigned", []string{"0", "9223372036854775808", "18446744073709551615"}},
	{"decimal(65,30)", []string{"99999999999999999999999999999999999.999999999999999999999999999999", "-0.000000000000000000000000000001", "0"}},
	{"decimal(10,0)", []string{"-9999999999", "7"}},
	{"float", []string{"0.1", "3.4028234663852886e38", "1.1754943508222875e-38", "1.401298464324817e-45", "-16777217", "123456789"}},
	{"float(7,4)", []string{"999.0001", "-0.3333"}},
	{"double", []string{"0.1", "1.7976931348623157e308", "2.2250738585072014e-308", "5e-324", "-0.30000000000000004", "9007199254740993"}},
	{"double(22,4)", []string{"123456789012345678.25", "0.3333"}},
	{"bit(1)", []string{"b'0'", "b'1'"}},
	{"bit(9)", []string{"b'0'", "b'100001010'", "b'111111111'", "b'1001'"}},
	{"bit(64)", []string{"b'0'", "0x8000000000000000", "0x095C0A5C4E000D1A", "0xffffffffffffffff"}},
	{"date", []string{"'1000-01-01'", "'9999-12-31'", "'0000-00-00'", "'2020-00-15'", "'2020-02-31'", "'0001-01-01'", "'2000-02-29'", "'1900-02-29'"}},
	{"datetime", []string{"'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'", "'0000-00-00 00:00:00'", "'2020-02-00 12:13:14'"}},
	{"datetime(6)", []string{"'1969-12-31 23:59:59.999999'", "'2038-01-19 03:14:08.000001'", "'0000-00-00 00:00:00.000000'", "'2020-02-31 01:02:03.100000'"}},
	{"datetime(3)", []string{"'2020-01-01 00:00:00.120'", "'2020-01-01 00:00:00'"}},
	{"timestamp NULL", []string{"'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'", "'0000-00-00 00:00:00'"}},
	{"timestamp(6) NULL", []string{"'1970-01-01 00:00:01.000001'", "'2038-01-19 03:14:07.999999'"}},
	{"time", []string{"'-838:59:59'", "'838:59:59'", "'00:00:00'", "'-00:00:01'", "'24:00:00'"}},
	{"time(6)", []string{"'-838:59:59.999999'", "'838:59:59.999999'", "'-00:00:00.000001'", "'100:00:00.5'"}},
	{"year(4)", []string{"0", "1901", "2155"}},
	{"char(10)", []string{"''", "'a b'", "'ÄÖÜ😀'", `'\\N'`}},
	{"varchar(40)", []string{"''", "'  lead and trail  '", `'a\tb\nc\\d\re\0f'`, `'\\N'`, `'NULL'`, "'😀 naïve 漢字'"}},
	{"varchar(40) CHARACTER SET latin1", []string{"'Äé€ÿ'", `'tab\there'`, "''"}},
	{"varchar(40) CHARACTER SET utf8mb3", []string{"'漢字'", "'Ä'"}},
	{"varchar(40) CHARACTER SET utf16", []string{"'😀x'", "'Ä'"}},
	{"varchar(40) CHARACTER SET sjis", []string{"'表示ソ'", "'abc'"}},
	{"varchar(40) CHARACTER SET gbk", []string{"'縗漢字'", "'abc'"}},
	{"varchar(40) CHARACTER SET ascii", []string{"'abc'", `'x\ty'`}},
	{"varchar(40) CHARACTER SET koi8r", []string{"'Привет'"}},
	{"varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", []string{"'Aa'", "'ÿ'"}},
	{"text", []string{"REPEAT('ä\\n\\t\\\\', 5000)", "''"}},
	{"mediumtext", []string{"REPEAT('0123456789', 30000)", "REPEAT('x\\t\\\\\\n', 100000)"}},
	{"longtext CHARACTER SET latin1", []string{"REPEAT('ä\\t', 100000)"}},
	{"binary(4)", []string{"x'00000000'", "x'0a095c00'", "x'ff'"}},
	{"varbinary(300)", []string{"''", "x'c328'", "x'e25c6e'", "UNHEX(CONCAT_WS('', " + hexOfAllBytes() + "))"}},
	{"blob", []string{"''", "REPEAT(x'5c0a0900ff', 10000)"}},
	{"longblob", []string{"REPEAT(x'5c0a0900ffe282', 150000)", "x'00'"}},
	{"enum('a','b''c','ü','x,y','1','2','')", []string{"'a'", "'b''c'", "'ü'", "'x,y'", "'2'", "''"}},
	{"set('a','b','ü')", []string{"''", "'a'", "'a,b,ü'", "'b,ü'"}},
	{"json", []string{`'{"a": [1, 2.50, "ä\\n😀"]}'`, "'null'"}},
	{"geometry", []string{"ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))', 4326)", "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')"}},
	{"point", []string{"ST_GeomFromText('POINT(-0.1 1e300)')"}},
	{"uuid", []string{"'123e4567-e89b-12d3-a456-426655440000'"}},
	{"inet6", []string{"'2001:db8::ff00:42:8329'"}},
}

func hexOfAllBytes() string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := range 256 {
		fmt.Fprintf(&b, "%02x", i)
	}
	b.WriteByte('\'')
	return b.String()
}

// TestEdgeValuesArriveAsTheyWere sends the edge values of every type through Native and through the layouts, fast and
// careful, and compares what the server says of both tables.
func TestEdgeValuesArriveAsTheyWere(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	for i, e := range edges {
		from, to := fmt.Sprintf("from%d", i), fmt.Sprintf("to%d", i)
		f.exec("CREATE TABLE "+from+" (id INT AUTO_INCREMENT PRIMARY KEY, v "+e.column+")",
			"CREATE TABLE "+to+" (id INT PRIMARY KEY, v "+e.column+")")
		for _, v := range append(e.values, "NULL") {
			f.exec("SET STATEMENT sql_mode='ALLOW_INVALID_DATES,STRICT_ALL_TABLES', time_zone='+00:00' FOR INSERT INTO " + from + " (v) VALUES (" + v + ")")
		}
		for _, native := range []bool{true, false} {
			for _, careful := range []bool{false, true} {
				t.Run(fmt.Sprintf("%.40s/native=%v/careful=%v", e.column, native, careful), func(t *testing.T) {
					f.exec("TRUNCATE " + to)
					g := *f
					g.t = t
					rejects, err := g.copyTable(f.table(from, "id"), f.table(to, "id"), native, careful)
					require.NoError(t, err)
					require.Empty(t, rejects)
					q := "SELECT id, v IS NULL, IF(LENGTH(v) > 20000, SHA2(v, 256), HEX(v)), LENGTH(v), LEFT(v, 200) FROM "
					if strings.HasPrefix(e.column, "float") || strings.HasPrefix(e.column, "double") {
						q = "SELECT id, v IS NULL, v+0e0 FROM "
					}
					want := g.rowsOf(q + f.name + "." + from + " ORDER BY id")
					require.Len(t, want, len(e.values)+1)
					require.Equal(t, want, g.rowsOf(q+f.name+"."+to+" ORDER BY id"))
				})
			}
		}
	}
}
