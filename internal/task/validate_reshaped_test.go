package task_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/validate"
)

// TestValidationOfReshapedTables follows columns that are added, renamed, dropped and given another type: the table is compared as it is then,
// without a false alarm, and a row that is lost then is found.
func TestValidationOfReshapedTables(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"postgresql-18", "mariadb"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, engine), newEnd(t, engine)
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, a int, b varchar(20), c int)", "INSERT INTO item VALUES (1, 1, 'one', 1), (2, 2, 'two', 2), (3, 3, 'three', 3)")
			c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0}}`)
			startWatching(t, c)
			good := map[string]validate.State{"item": validate.Validated}
			awaitStates(t, c.ValidationStats, good, 0)
			there, widened := target.table(t, source, "item"), "ALTER TABLE item ALTER COLUMN a TYPE bigint"
			if engine == "mariadb" {
				widened = "ALTER TABLE item MODIFY a bigint"
			}
			id := 10
			for _, ddl := range []string{"ALTER TABLE item RENAME COLUMN b TO called", "ALTER TABLE item DROP COLUMN c", widened, "ALTER TABLE item ADD COLUMN d varchar(10) DEFAULT 'new'"} {
				id++
				source.exec(t, ddl, fmt.Sprintf("INSERT INTO item (id, a) VALUES (%d, %d)", id, id))
				require.Eventually(t, func() bool {
					return slices.Equal(target.column(t, fmt.Sprintf("SELECT a FROM %s WHERE id = %d", there, id)), []string{fmt.Sprint(id)})
				}, time.Minute, 20*time.Millisecond, ddl)
				awaitStates(t, c.ValidationStats, good, 0)
			}
			target.exec(t, fmt.Sprintf("DELETE FROM %s WHERE id = %d", there, id))
			source.exec(t, fmt.Sprintf("UPDATE item SET called = 'touched', d = 'other' WHERE id = %d", id))
			awaitStates(t, c.ValidationStats, map[string]validate.State{"item": validate.Mismatched}, 1)
			require.Eventually(t, func() bool {
				return slices.Equal(failureRowsOf(t, target, "item"), []string{fmt.Sprintf(`MISSING_TARGET {"key": ["%d"]} []`, id)})
			}, time.Minute, 50*time.Millisecond)
		})
	}
}
