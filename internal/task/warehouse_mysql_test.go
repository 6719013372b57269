package task_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWarehouseTakesMySQL has each type of MySQL's own and its least and greatest values loaded and changed, and a column added that the
// very next statement writes, through one batch and one by one.
func TestWarehouseTakesMySQL(t *testing.T) {
	for _, engine := range lakeMySQL {
		for _, batch := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s batch %t", engine, batch), func(t *testing.T) {
				source, w := newEnd(t, engine), newWarehouse(t)
				edits := []edit{func(c *taskConfig) { c.Settings.TargetMetadata.BatchApplyEnabled = batch }}
				source.exec(t, oddMySQL, oddRows(1))
				load(t, source, w.end, edits...)
				source.exec(t, oddRows(11), "UPDATE odd SET id = id + 10 WHERE id > 10", "DELETE FROM odd WHERE id = 21",
					"ALTER TABLE odd ADD COLUMN more bigint unsigned DEFAULT 7", "INSERT INTO odd (id, more) VALUES (31, 18446744073709551615)", "UPDATE odd SET u1 = 1 WHERE id = 31")
				report := catchUp(t, source, w.end, edits...)
				counts := changesOf(t, report, "odd")
				require.Empty(t, counts.Suspended)
				require.Zero(t, counts.Failed, "%q", w.end.column(t, "SELECT error FROM awsdms_apply_exceptions"))
				nulls := strings.Repeat(",", 22)
				require.Equal(t, []string{"1," + oddInWarehouse[0] + ",7", "2," + oddInWarehouse[1] + ",7", "3" + nulls + ",7", "22," + oddInWarehouse[1] + ",7", "23" + nulls + ",7",
					"31,1" + strings.Repeat(",", 21) + ",18446744073709551615"}, w.end.column(t, fmt.Sprintf("SELECT trim(both '()' from odd::text) FROM %q.odd ORDER BY id", source.database())))
			})
		}
	}
}

// TestWarehouseMySQLZeroDates: dates with zeros are written down, and none becomes a null; times beyond a day are texts.
func TestWarehouseMySQLZeroDates(t *testing.T) {
	for _, engine := range lakeMySQL {
		t.Run(engine, func(t *testing.T) {
			source, w := newEnd(t, engine), newWarehouse(t)
			source.exec(t, "CREATE TABLE wild (id int NOT NULL PRIMARY KEY, d date, ts timestamp NULL, dt datetime, clock time)", oddDatesFrom(1))
			edits := []edit{func(c *taskConfig) { c.RefuseRows = false }}
			load(t, source, w.end, edits...)
			source.exec(t, oddDatesFrom(11))
			report := catchUp(t, source, w.end, edits...)
			usual := func(id int) string {
				return fmt.Sprintf(`(%d,2024-01-01,"2024-01-01 00:00:00+00","2024-01-01 00:00:00",01:02:03)`, id)
			}
			require.Equal(t, []int64{3, 3}, []int64{changesOf(t, report, "wild").AppliedInserts, changesOf(t, report, "wild").Failed})
			require.Equal(t, []string{"(4,,,,-838:59:59)", "(5,,,,838:59:59)", usual(6), "(14,,,,-838:59:59)", "(15,,,,838:59:59)", usual(16)},
				w.end.column(t, fmt.Sprintf("SELECT wild::text FROM %q.wild ORDER BY id", source.database())))
		})
	}
}

// oddInWarehouse are the values of oddRows as the warehouse prints them.
var oddInWarehouse = []string{
	`255,65535,16777215,4294967295,18446744073709551615,-128,-8388608,1,t,101010101010,1111111111111111111111111111111111111111111111111111111111111111,2155,"b,""c","x,z",1000-01-01,"2038-01-19 03:14:07.999+00","9999-12-31 23:59:59.999999",23:59:59.99,"{""k"": [1]}",9999999999999999.9999,1.5,00ff`,
	`0,0,0,0,0,127,8388607,0,f,000000000000,0000000000000000000000000000000000000000000000000000000000000000,1901,"","",1969-12-31,"1970-01-01 00:00:01+00","1000-01-01 00:00:00",00:00:00,null,0.0000,-0.25,""`,
}
