package task_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// oddMySQL has a column of each type that no other engine has, and of each whose values others cannot hold.
const oddMySQL = `CREATE TABLE odd (id int NOT NULL PRIMARY KEY, u1 tinyint unsigned, u2 smallint unsigned, u3 mediumint unsigned, u4 int unsigned, u8 bigint unsigned,
	i1 tinyint, i3 mediumint, yes tinyint(1), b1 bit(1), b12 bit(12), b64 bit(64), y year, e enum('a', 'b,"c', ''), s set('x', 'y', 'z'),
	d date, ts timestamp(3) NULL, dt datetime(6), clock time(2), doc json, exact decimal(20,4) unsigned, r4 float, raw varbinary(4))`

// oddRows are rows of it that every format holds, beginning with an id.
func oddRows(id int) string {
	return fmt.Sprintf(`INSERT INTO odd VALUES (%d, 255, 65535, 16777215, 4294967295, 18446744073709551615, -128, -8388608, 1, b'1', b'101010101010', ~0, 2155, 'b,"c', 'x,z',
	'1000-01-01', '2038-01-19 03:14:07.999', '9999-12-31 23:59:59.999999', '23:59:59.99', '{"k": [1]}', 9999999999999999.9999, 1.5, x'00ff'),
	(%d, 0, 0, 0, 0, 0, 127, 8388607, 0, b'0', b'0', 0, 1901, '', '', '1969-12-31', '1970-01-01 00:00:01', '1000-01-01 00:00:00', '00:00:00', 'null', 0, -0.25, ''),
	(%d, %s)`, id, id+1, id+2, strings.TrimSuffix(strings.Repeat("NULL, ", 22), ", "))
}

// oddInCSV are the values of oddRows as CSV has them.
var oddInCSV = []string{
	`255,65535,16777215,4294967295,18446744073709551615,-128,-8388608,1,true,101010101010,1111111111111111111111111111111111111111111111111111111111111111,2155,"b,""c","x,z",1000-01-01,2038-01-19 03:14:07.999,9999-12-31 23:59:59.999999,23:59:59.99,"{""k"": [1]}",9999999999999999.9999,1.5,00ff`,
	`0,0,0,0,0,127,8388607,0,false,000000000000,0000000000000000000000000000000000000000000000000000000000000000,1901,"","",1969-12-31,1970-01-01 00:00:01.000,1000-01-01 00:00:00.000000,00:00:00.00,null,0.0000,-0.25,""`,
	strings.Repeat(",", 21),
}

// oddInParquet are the same as DuckDB prints them.
var oddInParquet = []string{
	`255|65535|16777215|4294967295|18446744073709551615|-128|-8388608|1|true|101010101010|1111111111111111111111111111111111111111111111111111111111111111|2155|b,"c|x,z|1000-01-01|2147483647999000|9999-12-31 23:59:59.999999|23:59:59.99|{"k": [1]}|9999999999999999.9999|1.5|00FF`,
	`0|0|0|0|0|127|8388607|0|false|000000000000|0000000000000000000000000000000000000000000000000000000000000000|1901|||1969-12-31|1000000|1000-01-01 00:00:00|00:00:00|null|0.0000|-0.25|`,
	strings.TrimSuffix(strings.Repeat("NULL|", 22), "|"),
}

const oddOfParquet = "u1, u2, u3, u4, u8, i1, i3, yes, b1, b12, b64, y, e, s, d, epoch_us(ts), dt, clock, doc, exact, r4, hex(raw)"

var lakeMySQL = []string{"mariadb", "mysql"}

// TestLakeTakesMySQL has each type of MySQL's own and its least and greatest values loaded and changed, and columns added that the very
// next statement writes.
func TestLakeTakesMySQL(t *testing.T) {
	for _, engine := range lakeMySQL {
		for _, format := range []string{"csv", "parquet"} {
			t.Run(engine+" "+format, func(t *testing.T) {
				source, l := newEnd(t, engine), newLake(t)
				set := lakeWith("DataFormat", format)
				source.exec(t, oddMySQL, oddRows(1))
				load(t, source, l.end, set)
				source.exec(t, oddRows(11), "UPDATE odd SET id = id + 10 WHERE id > 10", "DELETE FROM odd WHERE id = 21",
					"ALTER TABLE odd ADD COLUMN more bigint unsigned DEFAULT 7", "INSERT INTO odd (id, more) VALUES (31, 18446744073709551615)", "UPDATE odd SET u1 = 1 WHERE id = 31")
				report := catchUp(t, source, l.end, set)
				counts := changesOf(t, report, "odd")
				require.Empty(t, counts.Suspended)
				require.Equal(t, []int64{4, 4, 1, 0}, []int64{counts.AppliedInserts, counts.AppliedUpdates, counts.AppliedDeletes, counts.Failed})
				if format == "csv" {
					requireOddCSV(t, l, source.database())
				} else {
					requireOddParquet(t, l, source.database())
				}
			})
		}
	}
}

func requireOddCSV(t *testing.T, l lake, database string) {
	t.Helper()
	at := func(from int, op, end string) (lines []string) {
		for i, line := range oddInCSV {
			lines = append(lines, fmt.Sprintf("%s%d,%s%s", op, from+i, line, end))
		}
		return lines
	}
	want := slices.Concat(at(11, "I,", ""), at(21, "U,", ""), []string{"D,21," + oddInCSV[0]})
	want = append(want, "I,31"+strings.Repeat(",", 22)+",18446744073709551615", "U,31,1"+strings.Repeat(",", 21)+",18446744073709551615")
	require.Equal(t, append(want, at(1, "", "")...), l.lines(t, database+"/odd"))
}

func requireOddParquet(t *testing.T, l lake, database string) {
	t.Helper()
	below := filepath.Join(l.Dir, "dms", database, "odd")
	got := servertest.DuckDB(t, "SET TimeZone='UTC'", fmt.Sprintf("SELECT id, %s FROM '%s/LOAD*.parquet' ORDER BY id", oddOfParquet, below))
	var want []string
	for i, line := range oddInParquet {
		want = append(want, fmt.Sprintf("%d|%s", 1+i, line))
	}
	require.Equal(t, want, got)
	got = servertest.DuckDB(t, "SET TimeZone='UTC'", fmt.Sprintf("SELECT \"Op\", id, %s, more FROM read_parquet('%s/2*.parquet', union_by_name=true, filename=true) ORDER BY filename, file_row_number", oddOfParquet, below))
	want = nil
	for i, line := range oddInParquet {
		want = append(want, fmt.Sprintf("I|%d|%s|NULL", 11+i, line))
	}
	for i, line := range oddInParquet {
		want = append(want, fmt.Sprintf("U|%d|%s|NULL", 21+i, line))
	}
	want = append(want, "D|21|"+oddInParquet[0]+"|NULL", "I|31|"+oddInParquet[2]+"|18446744073709551615", "U|31|1"+strings.TrimPrefix(oddInParquet[2], "NULL")+"|18446744073709551615")
	require.Equal(t, want, got)
}

// oddDates are rows of values that hardly anybody but MySQL knows.
const oddDates = `INSERT INTO wild VALUES (%d, '0000-00-00', NULL, NULL, NULL), (%d, NULL, '0000-00-00 00:00:00', NULL, NULL), (%d, NULL, NULL, '2024-00-10 12:00:00', NULL),
	(%d, NULL, NULL, NULL, '-838:59:59'), (%d, NULL, NULL, NULL, '838:59:59'), (%d, '2024-01-01', '2024-01-01', '2024-01-01', '01:02:03')`

func oddDatesFrom(id int) string { return fmt.Sprintf(oddDates, id, id+1, id+2, id+3, id+4, id+5) }

// TestLakeMySQLZeroDates: dates with zeros and times beyond a day stand in CSV as they are. Parquet has no form for them: their rows are
// written down, and none becomes a null.
func TestLakeMySQLZeroDates(t *testing.T) {
	for _, engine := range lakeMySQL {
		for _, format := range []string{"csv", "parquet"} {
			t.Run(engine+" "+format, func(t *testing.T) {
				source, l := newEnd(t, engine), newLake(t)
				source.exec(t, "CREATE TABLE wild (id int NOT NULL PRIMARY KEY, d date, ts timestamp NULL, dt datetime, clock time)", oddDatesFrom(1))
				edits := []edit{lakeWith("DataFormat", format), func(c *taskConfig) { c.RefuseRows = false }}
				load(t, source, l.end, edits...)
				source.exec(t, oddDatesFrom(11))
				report := catchUp(t, source, l.end, edits...)
				counts := changesOf(t, report, "wild")
				require.Empty(t, counts.Suspended)
				folder := source.database() + "/wild"
				if format == "csv" {
					rows := []string{",0000-00-00,,,", ",,0000-00-00 00:00:00,,", ",,,2024-00-10 12:00:00,", ",,,,-838:59:59", ",,,,838:59:59", ",2024-01-01,2024-01-01 00:00:00,2024-01-01 00:00:00,01:02:03"}
					var want []string
					for i, row := range rows {
						want = append(want, fmt.Sprintf("I,%d%s", 11+i, row))
					}
					for i, row := range rows {
						want = append(want, fmt.Sprintf("%d%s", 1+i, row))
					}
					require.Equal(t, want, l.lines(t, folder))
					return
				}
				require.Equal(t, []int64{1, 5}, []int64{counts.AppliedInserts, counts.Failed})
				require.Equal(t, []string{"6|2024-01-01|01:02:03", "16|2024-01-01|01:02:03"},
					servertest.DuckDB(t, fmt.Sprintf("SELECT id, d, clock FROM read_parquet('%s/*.parquet', union_by_name=true) ORDER BY id", filepath.Join(l.Dir, "dms", folder))))
				parked := ""
				for _, text := range l.files(t, "awsdms_apply_exceptions") {
					parked += text
				}
				for _, id := range []int{1, 2, 3, 4, 5, 11, 12, 13, 14, 15} {
					require.Regexp(t, fmt.Sprintf(`id=%d\b`, id), parked)
				}
			})
		}
	}
}
