package task_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestZoneOfTheSourceServer: moments arrive as what they are and times without a zone as they are written, whatever the zone of the server
// is and of the session that writes, loaded or followed, also when the server's zone changes meanwhile.
func TestZoneOfTheSourceServer(t *testing.T) {
	for _, pair := range [][2]string{{"mariadb", "postgresql-18"}, {"mysql", "mariadb"}, {"mariadb", "sqlite"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			private := map[string]func(testing.TB, ...string) *servertest.Database{"mariadb": servertest.PrivateMariaDB, "mysql": servertest.PrivateMySQL}[pair[0]]
			source, target := mariadbEnd(t, private(t)), newEnd(t, pair[1])
			setZone := func(zone string) { source.exec(t, "SET GLOBAL time_zone = '"+zone+"'") }
			setZone("+05:30")
			source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, moment timestamp(3) NULL, wall datetime(3))")
			write := func(id, zone string) {
				execInZone(t, source, zone, "INSERT INTO item VALUES ("+id+", '2024-07-01 12:00:00.125', '2024-07-01 12:00:00.125')")
			}
			write("1", "+05:30")
			write("2", "-08:00")
			load(t, source, target)
			write("3", "+05:30")
			setZone("-03:00")
			write("4", "-03:00")
			catchUp(t, source, target)
			there := target.table(t, source, "item")
			moments := []string{"2024-07-01 06:30:00.125", "2024-07-01 20:00:00.125", "2024-07-01 06:30:00.125", "2024-07-01 15:00:00.125"}
			for i, moment := range scribbledValues(target.column(t, "SELECT moment FROM "+there+" ORDER BY id")) {
				require.Equal(t, moments[i], strings.TrimSuffix(moment, "+00:00")) // SQLite has the zone in its text
			}
			for _, wall := range scribbledValues(target.column(t, "SELECT wall FROM "+there+" ORDER BY id")) {
				require.Equal(t, "2024-07-01 12:00:00.125", wall)
			}
		})
	}
}

// TestServerTimezoneIsRefused by its name: a zone that is named would be wrong for one value or the other.
func TestServerTimezoneIsRefused(t *testing.T) {
	source, target := newEnd(t, "mariadb"), newEnd(t, "sqlite")
	c := config(source, target)
	c.Source.Settings = map[string]string{"ServerTimezone": "Asia/Kolkata"}
	_, err := run(t.Context(), c)
	require.ErrorContains(t, err, "ServerTimezone")
	require.ErrorContains(t, err, "TIMESTAMP values are read in UTC")
}
