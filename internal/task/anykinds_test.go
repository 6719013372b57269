package task_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// form is how values of unlike engines are compared.
type form int

const (
	exactText form = iota
	number
	float4
	float8
	boolean
	bytesForm
	moment
	padded
)

// The years in which every engine keeps every moment.
var year1000, year9999 = time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMicro()

func micros(at int64) time.Time { return time.UnixMicro(at).UTC() }

var (
	noPostgreSQL = []catalog.Family{catalog.PostgreSQL}
	noMySQL      = []catalog.Family{catalog.MySQL}
	neither      = []catalog.Family{catalog.PostgreSQL, catalog.MySQL}
	noOther      = []catalog.Family{catalog.MySQL, catalog.SQLite}
)

// anyKinds are the types of random tables. The first of each is what keys and references are made of.
var anyKinds = map[catalog.Family][]anyKind{
	catalog.PostgreSQL: {
		{"integer", number, integers(-1<<31, 1<<31-1)},
		{"smallint", number, integers(-1<<15, 1<<15-1)},
		{"bigint", number, integers(-1<<63, 1<<63-1)},
		{"numeric(12,2)", number, hard(decimals(12, 2), literal{"'NaN'", noOther})},
		{"numeric(30,10)", number, decimals(30, 10)},
		{"numeric", number, decimals(40, 20)},
		{"real", float4, floats(catalog.PostgreSQL)},
		{"double precision", float8, hard(doubles(catalog.PostgreSQL), literal{"'NaN'", noOther})},
		{"boolean", boolean, plain("true", "false")},
		{"text", exactText, texts(catalog.PostgreSQL, 60)},
		{"varchar(40)", exactText, texts(catalog.PostgreSQL, 40)},
		{"char(10)", padded, plain("'ab'", "''", "'0123456789'", "'ü'")},
		{"bytea", bytesForm, someBytes(catalog.PostgreSQL)},
		{"date", moment, hard(moments(time.DateOnly, year1000, year9999), literal{"'infinity'", noMySQL})},
		{"time", moment, moments("15:04:05.999999", 0, 86_399_999_999)},
		{"timestamp", moment, hard(moments("2006-01-02 15:04:05.999999", year1000, year9999), literal{"'-infinity'", noMySQL})},
		{"timestamptz", moment, moments("2006-01-02 15:04:05.999999+00", year1000, year9999)},
		{"uuid", exactText, plain("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'")},
		{"json", exactText, plain(`'{"a" :  [1, null, "ü"]}'`, "'null'", `'"\\u0041"'`)},
		{"jsonb", exactText, plain(`'{"a": [1, null, "ü"]}'`, "'{}'", "'1.50'")},
		{"interval", exactText, plain("'1 year 2 mons -3 days'", "'-04:05:06.789'", "'0'")},
		{"text[]", exactText, plain("'{}'", `'{"a,b",NULL,"c\"d"}'`, "'{{a,b},{c,d}}'")},
		{"int4range", exactText, plain("'[1,5)'", "'empty'", "'(,)'")},
		{"inet", exactText, plain("'10.1.2.3/8'", "'::1'")},
		{"bit(8)", exactText, plain("B'10110001'", "B'00000000'")},
	},
	catalog.MySQL: {
		{"int", number, integers(-1<<31, 1<<31-1)},
		{"tinyint", number, integers(-128, 127)},
		{"smallint unsigned", number, integers(0, 65535)},
		{"int unsigned", number, integers(0, 1<<32-1)},
		{"bigint", number, integers(-1<<63, 1<<63-1)},
		{"bigint unsigned", number, plain("0", "18446744073709551615", "9223372036854775808")},
		{"decimal(12,2)", number, decimals(12, 2)},
		{"decimal(65,30)", number, decimals(65, 30)},
		{"float", float4, floats(catalog.MySQL)},
		{"double", float8, doubles(catalog.MySQL)},
		{"text", exactText, texts(catalog.MySQL, 60)},
		{"varchar(40)", exactText, texts(catalog.MySQL, 40)},
		{"char(10)", padded, plain("'ab'", "''", "'0123456789'", "'ü'")},
		{"varchar(40) character set latin1", exactText, plain("'Größe €'", "''", "'a b '")},
		{"varchar(40) character set utf16", exactText, plain("'東京 🐦'", "''")},
		{"varchar(40) character set gbk", exactText, plain("'北京'", "'\\\\'")},
		{"varbinary(40)", bytesForm, someBytes(catalog.MySQL)},
		{"longblob", bytesForm, someBytes(catalog.MySQL)},
		{"date", moment, hard(moments(time.DateOnly, year1000, year9999), literal{"'0000-00-00'", noPostgreSQL})},
		{"datetime(6)", moment, hard(moments("2006-01-02 15:04:05.999999", year1000, year9999), literal{"'2020-00-10'", noPostgreSQL})},
		{"timestamp(6)", moment, moments("2006-01-02 15:04:05.999999", 1_000_000, 2_147_483_647_000_000)},
		{"time(6)", moment, hard(moments("15:04:05.999999", 0, 86_399_999_999), literal{"'-100:00:00.5'", noPostgreSQL})},
		{"year", number, plain("1901", "2155", "2000")},
		{"enum('red','it''s','')", exactText, plain("'red'", "'it''s'", "''")},
		{"set('a','b','c')", exactText, plain("'a,c'", "''", "'a,b,c'")},
		{"json", exactText, plain(`'{"a" :  [1, null, "ü"]}'`, "'null'")},
		{"uuid", exactText, plain("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'")},
		{"inet6", exactText, plain("'2001:db8::1'")},
	},
	catalog.SQLite: {
		{"INTEGER", number, integers(-1<<63, 1<<63-1)},
		{"INT", number, hard(integers(-1<<63, 1<<63-1), literal{"'a text'", neither})},
		{"REAL", float8, hard(doubles(catalog.SQLite), literal{"9e999", noMySQL})},
		{"DOUBLE", float8, hard(doubles(catalog.SQLite), literal{"'none'", neither})},
		{"TEXT", exactText, hard(texts(catalog.SQLite, 60), literal{"CAST(x'ff' AS TEXT)", neither})},
		{"VARCHAR(40)", exactText, hard(texts(catalog.SQLite, 40), literal{"'" + strings.Repeat("x", 41) + "'", neither})},
		{"BLOB", bytesForm, someBytes(catalog.SQLite)},
		{"DECIMAL(12,2)", number, hard(plain("12.5", "0", "-9999999999.99", "7"), literal{"1.005", neither})},
		{"BOOLEAN", boolean, hard(plain("0", "1"), literal{"2", neither})},
		{"DATE", moment, hard(moments(time.DateOnly, year1000, year9999), literal{"'soon'", neither})},
		{"DATETIME", moment, hard(moments("2006-01-02 15:04:05.999999", year1000, year9999), literal{"x'00'", neither})},
		{"JSON", exactText, plain(`'{"a" :  [1, null, "ü"]}'`, "'null'")},
	},
}

// expression prints a column: exactly for a comparison of like engines, plainly for canonical to work on otherwise.
func expression(e *end, column string, k anyKind, like bool) string {
	v := e.quote(column)
	switch {
	case e.family == catalog.PostgreSQL && k.native == "inet":
		return "abbrev(" + v + "::inet)" // a cast writes the length of every network
	case e.family == catalog.PostgreSQL:
		return v + "::text"
	case e.family == catalog.MySQL && k.form == bytesForm:
		return `CONCAT('\\x', LOWER(HEX(` + v + ")))"
	case e.family == catalog.MySQL && k.form == float4:
		return "CAST(CAST(" + v + " AS DOUBLE) AS CHAR)"
	case e.family == catalog.MySQL:
		return "CAST(" + v + " AS CHAR CHARACTER SET utf8mb4)"
	case like:
		return fmt.Sprintf("typeof(%[1]s) || ':' || CASE typeof(%[1]s) WHEN 'real' THEN printf('%%!.17g', %[1]s) ELSE hex(%[1]s) END", v)
	case k.form == bytesForm:
		return fmt.Sprintf(`CASE WHEN %[1]s IS NOT NULL THEN '\x' || lower(hex(%[1]s)) END`, v)
	}
	return fmt.Sprintf("CASE typeof(%[1]s) WHEN 'real' THEN printf('%%!.17g', %[1]s) ELSE CAST(%[1]s AS TEXT) END", v)
}

// canonical is the one text of all spellings of a value.
func canonical(s string, f form) string {
	switch f {
	case number:
		if strings.Contains(s, ".") && !strings.Contains(s, "e") {
			s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
		}
		if s == "-0" {
			return "0"
		}
	case float4, float8:
		bits := 64
		if f == float4 {
			bits = 32
		}
		if x, err := strconv.ParseFloat(s, bits); err == nil {
			return strconv.FormatFloat(x+0, 'g', -1, bits) // adding zero loses the sign of a zero, which not all engines keep
		}
	case boolean:
		return map[string]string{"1": "true", "0": "false", "t": "true", "f": "false"}[s] + map[string]string{"true": "true", "false": "false"}[s]
	case moment:
		s = strings.TrimSuffix(strings.TrimSuffix(s, "+00:00"), "+00")
		if whole, fraction, ok := strings.Cut(s, "."); ok {
			s = strings.TrimSuffix(whole+"."+strings.TrimRight(fraction, "0"), ".")
		}
	case padded:
		return strings.TrimRight(s, " ")
	}
	return s
}
