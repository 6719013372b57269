package worker

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestAValueThatIsTooLargeForTheClassIsNamed: a value larger than the class can hold is refused, in a load and in a change, with what it is, where, and
// what is to be done; one that it can hold arrives.
func TestAValueThatIsTooLargeForTheClassIsNamed(t *testing.T) {
	const most = 8 << 20
	const words = `a value of column "v" of table main.a is 900000[0-9] bytes, and a replication instance of class dms.t3.micro, which has 32 MiB here, can hold values of 8388608 bytes at the most`
	const mend = "aws dms modify-replication-instance --replication-instance-class"
	small := func(t *testing.T) *bench {
		b := newBench(t)
		b.Class, b.Memory = "dms.t3.micro", 4*most
		return b
	}
	t.Run("load", func(t *testing.T) {
		b := small(t)
		source, db := b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, v BLOB)", "CREATE TABLE b (id INTEGER PRIMARY KEY, v BLOB)")
		servertest.Exec(t, db, "INSERT INTO a VALUES (1, zeroblob(9000000))", "INSERT INTO b VALUES (1, zeroblob(8388600)), (2, x'00')")
		target, other := b.database(t, "target.db", "SELECT 1")
		require.NoError(t, b.Start(t.Context(), newTask("T1", source, target)))
		s := b.end(t, "T1", 1)
		log := strings.ReplaceAll(b.log(t, "T1"), `\"`, `"`)
		require.Regexp(t, words, log)
		require.Contains(t, log, mend)
		require.Equal(t, loaded, s.StopReason)
		tables, err := b.Tables(t.Context(), "T1")
		require.NoError(t, err)
		require.Equal(t, tableError, tables[0].State)
		require.Equal(t, "8388601", count(t, other, "SELECT sum(length(v)) FROM b"))
	})
	t.Run("change", func(t *testing.T) {
		b := small(t)
		source, db := b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, v BLOB)", "INSERT INTO a VALUES (1, x'00')")
		target, other := b.database(t, "target.db", "SELECT 1")
		task := newTask("T1", source, target)
		task.Type = "full-load-and-cdc"
		require.NoError(t, b.Start(t.Context(), task))
		arrived := func(want string) {
			t.Helper()
			require.Eventually(t, func() bool {
				return count(t, other, "SELECT count(*) FROM sqlite_master WHERE name = 'a'") == "1" && count(t, other, "SELECT sum(length(v)) FROM a") == want
			}, time.Minute, 10*time.Millisecond)
		}
		arrived("1")
		servertest.Exec(t, db, "INSERT INTO a VALUES (2, zeroblob(8388600))")
		arrived("8388601")
		servertest.Exec(t, db, "UPDATE a SET v = zeroblob(9000000) WHERE id = 1")
		s := b.end(t, "T1", 1)
		require.Equal(t, fatal, s.StopReason)
		require.Regexp(t, words, s.Failure)
		require.Contains(t, s.Failure, mend)

		b.Class, b.Memory = "dms.t3.large", 32*most
		task.Attempt, task.Mode = 2, "resume"
		require.NoError(t, b.Start(t.Context(), task))
		arrived("17388600")
		require.NoError(t, b.Stop(t.Context(), "T1"))
		b.end(t, "T1", 2)
	})
}
