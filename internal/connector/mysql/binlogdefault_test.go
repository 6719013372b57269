package mysql

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// TestDefaultsThatAreConstants: what an insert gets that names no value, as the server prints it; an expression, or what the server would have to
// round or to take for another value, is no constant.
func TestDefaultsThatAreConstants(t *testing.T) {
	for _, c := range []struct{ native, sql, want string }{
		{"int", "5", "5"}, {"int", "'-7'", "-7"}, {"int", "TRUE", "1"}, {"int", "+5", ""}, {"int", "1.5", ""}, {"int(5) unsigned zerofill", "5", ""},
		{"decimal(9,3)", "-1.5", "-1.500"}, {"decimal(9,0)", "2", "2"}, {"decimal(9,1)", "1.25", ""}, {"decimal(9,1)", "1e3", ""},
		{"float", "0.1", "0.10000000149011612"}, {"double", "'1e20'", "1e+20"}, {"float(7,4)", "0.1", ""}, {"double", "pi()", ""},
		{"date", "'2020-02-29'", "2020-02-29"}, {"date", "'20200229'", ""}, {"date", "curdate()", ""},
		{"datetime(3)", "'2020-02-29 12:30:00.5'", "2020-02-29 12:30:00.500"}, {"datetime", "'2020-02-29'", "2020-02-29 00:00:00"}, {"datetime", "'2020-02-29 12:30:00.5'", ""},
		{"datetime", "CURRENT_TIMESTAMP", ""}, {"timestamp", "'2020-02-29 12:30:00'", ""}, {"timestamp(2)", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00.00"},
		{"time(1)", "'-12:30:00'", "-12:30:00.0"}, {"time", "'123000'", ""}, {"year", "1999", "1999"}, {"year", "'99'", ""},
		{"char(5)", "'a b '", "a b"}, {"varchar(9)", `'it''s \\ \n '`, "it's \\ \n "}, {"varchar(9)", "concat('a','b')", ""}, {"varchar(9)", "'a' 'b'", ""},
		{"binary(3)", "'a'", "a\x00\x00"}, {"varbinary(4)", "X'00ff'", "\x00\xff"}, {"varbinary(4)", "0x61", "a"},
		{"bit(10)", "b'1100000001'", "1100000001"}, {"bit(7)", "65", "1000001"}, {"bit(8)", "0b00110001", "00110001"},
		{"enum('x','y')", "'y'", "y"}, {"enum('x','y')", "'Y'", ""}, {"set('p','q','r')", "'p,r'", "p,r"}, {"set('p','q','r')", "'r,p'", ""}, {"uuid", "'a'", ""},
	} {
		column := &catalog.Column{Name: "c", NativeType: c.native, Default: &c.sql}
		column.BaseType, column.Type = typemap.FromNative(catalog.MySQL, c.native)
		layout := layoutOf(column)
		if column.Type.Hint != datatype.Bit {
			layout = change.Native
		}
		v, err := defaultOf(connector.ReadColumn{Column: column, Layout: layout})
		if c.want == "" {
			require.ErrorContains(t, err, "binlog_row_image = FULL", "%s %s", c.native, c.sql)
			continue
		}
		require.NoError(t, err, "%s %s", c.native, c.sql)
		require.Equal(t, c.want, string(v.Data), "%s %s", c.native, c.sql)
	}
}
