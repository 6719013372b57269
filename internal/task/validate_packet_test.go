package task_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// TestRepairWithSmallPackets repairs rows of a target that takes packets of a megabyte, some of which are nearly as large: none goes behind
// others in a packet that is too large with it. It is read back the same, and so is a source with such packets.
func TestRepairWithSmallPackets(t *testing.T) {
	t.Parallel()
	small := servertest.PrivateMariaDB(t, "max_allowed_packet=1M")
	for _, from := range []string{"mariadb", "sqlite"} {
		t.Run(from, func(t *testing.T) {
			source, target := newEnd(t, from), mariadbEnd(t, small)
			if from == "mariadb" {
				source = mariadbEnd(t, servertest.PrivateMariaDB(t, "max_allowed_packet=1M"))
			}
			source.exec(t, "CREATE TABLE letter (id int PRIMARY KEY, v longtext)", "CREATE TABLE missing (id int PRIMARY KEY, v longtext)")
			for at := 0; at < 3000; at += 500 {
				var rows []string
				for i := at; i < at+500; i++ {
					rows = append(rows, fmt.Sprintf("(%d, '%01500d')", i, i))
				}
				source.exec(t, "INSERT INTO letter VALUES "+strings.Join(rows, ", "))
			}
			for i := range 5 {
				source.exec(t, fmt.Sprintf("INSERT INTO letter VALUES (%d, '%s')", -1-i, strings.Repeat("x", 800_000+i)))
			}
			source.exec(t, "INSERT INTO missing SELECT id, v FROM letter")
			target.exec(t, "DROP TABLE IF EXISTS letter, missing")
			if from == "sqlite" {
				source.exec(t, "CREATE TABLE huge AS SELECT 1 AS id, printf('%.*c', 3000000, 'y') AS v") // LOAD DATA brings it in pieces
			}
			migrate(t, source, target)
			c := config(source, target)
			require.True(t, compareEnds(t, c, false).Equal())
			target.exec(t, "UPDATE letter SET v = 'spoiled'", "DELETE FROM missing")
			for _, r := range compareEnds(t, c, true).Tables {
				require.Equal(t, validate.Validated, r.State, "%s: %s %d", r.Source, r.Reason, r.Failed)
			}
		})
	}
}

// TestChangeLargerThanAPacket: what the target's max_allowed_packet does not let through is a row that is refused, with the mend; those around it arrive.
func TestChangeLargerThanAPacket(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"sqlite", "mariadb"} {
		t.Run(from, func(t *testing.T) {
			source, target := newEnd(t, from), mariadbEnd(t, servertest.PrivateMariaDB(t, "max_allowed_packet=1M"))
			source.exec(t, "CREATE TABLE letter (id int PRIMARY KEY, v longtext)", "INSERT INTO letter VALUES (1, 'a')")
			load(t, source, target)
			source.exec(t, "INSERT INTO letter VALUES (2, 'b')", "INSERT INTO letter VALUES (3, '"+strings.Repeat("x", 3_000_000)+"')", "INSERT INTO letter VALUES (4, 'd')")
			report := catchUp(t, source, target)
			require.EqualValues(t, 1, changesOf(t, report, "letter").Failed)
			require.Equal(t, []string{"1", "2", "4"}, target.text(t, target.table(t, source, "letter"), "id"))
			require.Contains(t, target.column(t, "SELECT ERROR FROM awsdms_control.awsdms_apply_exceptions")[0], "max_allowed_packet (1048576)")
		})
	}
}
