package external

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

const employee = `{"TableCount":"1","Tables":[{"TableName":"employee","TablePath":"hr/employee/","TableOwner":"hr",
 "TableColumns":[{"ColumnName":"id","ColumnType":"INT8","ColumnNullable":"false","ColumnIsPk":"true"},
  {"ColumnName":"hired","ColumnType":"DATETIME","ColumnDateFormat":"YYYY/MM/dd HH:mm:ss.F"},
  {"ColumnName":"pay","ColumnType":"NUMERIC","ColumnPrecision":"10","ColumnScale":"2","ColumnNullable":"true"},
  {"ColumnName":"photo","ColumnType":"BYTE","ColumnLength":"16"},
  {"ColumnName":"name","ColumnType":"STRING","ColumnLength":"40"}],"TableColumnsTotal":"5"}]}`

func TestDefinition(t *testing.T) {
	tables, err := Parse([]byte(employee))
	require.NoError(t, err)
	require.Len(t, tables, 1)
	e := tables[0]
	require.Equal(t, catalog.Name{Schema: "hr", Name: "employee"}, e.Name)
	require.Equal(t, "hr/employee/", e.Path)
	require.Equal(t, []string{"id"}, e.PrimaryKey.Columns)
	var types []string
	for _, c := range e.Columns {
		types = append(types, c.NativeType)
	}
	require.Equal(t, []string{"INT8", "DATETIME(6)", "NUMERIC(10,2)", "BYTES(16)", "STRING(40)"}, types)
	require.Equal(t, []bool{true, true, false, true, true}, []bool{e.Columns[0].NotNull, e.Columns[1].NotNull, e.Columns[2].NotNull, e.Columns[3].NotNull, e.Columns[4].NotNull})
	require.Equal(t, "YYYY/MM/dd HH:mm:ss.F", e.Formats[1].String())
	require.Nil(t, e.Formats[0])
}

// TestWrongDefinitions name what is wrong, and where.
func TestWrongDefinitions(t *testing.T) {
	column := func(c string) string {
		return `{"Tables":[{"TableName":"t","TableOwner":"o","TableColumns":[{"ColumnName":"c",` + c + `}]}]}`
	}
	table := func(rest string) string {
		return `{"Tables":[{"TableName":"t","TableOwner":"o",` + rest + `"TableColumns":[{"ColumnName":"c","ColumnType":"INT4"}]}]}`
	}
	for text, want := range map[string]string{
		`{`:                                  "line 1",
		`[]`:                                 "want an object",
		`{}`:                                 "Tables",
		`{"Tables":[]}`:                      "an array with a table or more",
		`{"TableCount":"2",` + table("")[1:]: "TableCount: is 2, and Tables has 1",
		table(`"TableColumnsTotal":3,`):      "TableColumnsTotal: is 3, and TableColumns has 1",
		table(`"TablePath":"../x",`):         `is "../x"; want the folder`,
		table(`"TablePath":"/",`):            `want the folder`,
		table(`"Foo":1,`):                    "the key has no meaning here",
		column(`"ColumnType":"VARCHAR"`):     `is "VARCHAR"; want BYTE, DATE`,
		column(`"ColumnType":"STRING"`):      "ColumnLength",
		column(`"ColumnType":"NUMERIC"`):     "ColumnPrecision from 1 to 38",
		column(`"ColumnType":"NUMERIC","ColumnPrecision":"39","ColumnScale":"0"`):              "from 0 to 38",
		column(`"ColumnType":"NUMERIC","ColumnPrecision":"4","ColumnScale":"5"`):               "no more than the 4 digits",
		column(`"ColumnType":"DATETIME","ColumnScale":"10"`):                                   "0 to 9 digits",
		column(`"ColumnType":"DATETIME","ColumnDateFormat":"YYYY-QQ"`):                         `"QQ" means nothing`,
		column(`"ColumnType":"DATETIME","ColumnDateFormat":"YYYY-MM"`):                         "no year, month or day",
		column(`"ColumnType":"TIME","ColumnDateFormat":"ss"`):                                  "no hours",
		column(`"ColumnType":"INT4","ColumnDateFormat":"YYYY-MM-dd"`):                          "a INT4 is no date",
		column(`"ColumnType":"DATE","ColumnDateFormat":"YYYY-MM-dd YYYY"`):                     "there twice",
		column(`"ColumnType":"INT4","ColumnNullable":"maybe"`):                                 "want true or false",
		strings.Replace(table(""), `"TableName":"t",`, "", 1):                                  "TableName",
		strings.Replace(column(`"ColumnType":"INT4"`), `"ColumnName":"c",`, "", 1):             "ColumnName",
		strings.Replace(table(""), `}]}]}`, `},{"ColumnName":"c","ColumnType":"INT4"}]}]}`, 1): `column "c" is there twice`,
		strings.Repeat(" ", MaxSize+1):                                                         "2097152 are the most",
	} {
		_, err := Parse([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
	for text, want := range map[string]string{ // each once
		`{}`:                   "Tables: is missing; want an array with a table or more",
		column(`"ColumnNo":1`): "table o.t, column c: Tables[0].TableColumns[0].ColumnType: is missing; want BYTE, DATE",
		column(`"ColumnType":"NUMERIC","ColumnPrecision":"50","ColumnScale":"1"`): `table o.t, column c: Tables[0].TableColumns[0].ColumnPrecision: is "50"; want a whole number from 0 to 38`,
		column(`"ColumnType":"NUMERIC","ColumnPrecision":null,"ColumnScale":"1"`): "table o.t, column c: Tables[0].TableColumns[0].ColumnPrecision: is missing; want ColumnPrecision from 1 to 38",
	} {
		_, err := Parse([]byte(text))
		require.Error(t, err)
		require.Equal(t, want, err.Error()[:min(len(want), len(err.Error()))])
		require.LessOrEqual(t, strings.Count(err.Error(), "ColumnPrecision:"), 1)
	}
	nested := `{"Tables":[{"TableName":"a","TableOwner":"o","TablePath":"x/y","TableColumns":[{"ColumnName":"c","ColumnType":"INT4"}]},` +
		`{"TableName":"b","TableOwner":"o","TablePath":"x","TableColumns":[{"ColumnName":"c","ColumnType":"INT4"}]}]}`
	_, err := Parse([]byte(nested))
	require.ErrorContains(t, err, "the folder x/y/ of table o.a is in the folder x/ of table o.b")
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ format, text, want string }{
		{"YYYY-MM-dd HH:mm:ss", "2024-02-29 23:59:58", "2024-02-29 23:59:58"},
		{"YYYY-MM-dd HH:mm:ss.F", "2024-02-29 23:59:58.25", "2024-02-29 23:59:58.25"},
		{"YYYY-MM-dd HH:mm:ss.F", "2024-02-29 23:59:58", "2024-02-29 23:59:58"},
		{"YYYY-MM-dd HH:mm:ss.F", "2024-02-29 23:59:58.1234567", "2024-02-29 23:59:58.123456 lost"},
		{"YYYY-MM-dd HH:mm:ss.F", "2024-02-29 23:59:58.123456000", "2024-02-29 23:59:58.123456"},
		{"MM/dd/YYYY", "02/29/2024", "2024-02-29 00:00:00"},
		{"YYYYMMdd HH:mm:ss", "20240229 01:02:03", "2024-02-29 01:02:03"},
		{"YYYY-MM-dd", "2023-02-29", ""},
		{"YYYY-MM-dd", "2024-13-01", ""},
		{"YYYY-MM-dd", "0000-01-01", ""},
		{"YYYY-MM-dd", "2024-1-1", ""},
		{"YYYY-MM-dd", "2024-01-01 ", ""},
		{"YYYY-MM-dd", "", ""},
		{"YYYY-MM-dd HH:mm:ss", "2024-01-01 24:00:00", ""},
		{"YYYY-MM-dd HH:mm:ss.F", "2024-01-01 23:00:00.", ""},
	} {
		f, err := ParseFormat(c.format, datatype.DateTime)
		require.NoError(t, err)
		day, micros, lost, ok := f.Parse([]byte(c.text))
		got := ""
		if ok {
			got = string(change.AppendMoment(nil, day.At(micros), 0))
		}
		if lost {
			got += " lost"
		}
		require.Equal(t, c.want, got, "%s %s", c.format, c.text)
	}
}

func FuzzDefinition(f *testing.F) {
	f.Add(employee)
	f.Fuzz(func(t *testing.T, text string) {
		tables, err := Parse([]byte(text))
		if err != nil {
			return
		}
		for _, table := range tables {
			require.NotEmpty(t, table.Columns)
			require.Len(t, table.Formats, len(table.Columns))
			require.True(t, strings.HasSuffix(table.Path, "/"))
		}
	})
}

func FuzzFormat(f *testing.F) {
	f.Add("YYYY-MM-dd HH:mm:ss.F", "2024-02-29 23:59:58.25")
	f.Fuzz(func(t *testing.T, format, text string) {
		parsed, err := ParseFormat(format, datatype.DateTime)
		if err != nil {
			return
		}
		if day, micros, _, ok := parsed.Parse([]byte(text)); ok {
			require.False(t, day.IsOdd() || day.IsInfinite())
			require.True(t, micros >= 0 && micros < change.MicrosPerDay)
		}
	})
}
