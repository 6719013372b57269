package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestValidationTellsSpecialValuesApart plants what the hashes of a server take for one another: NULL, 0 and NaN hash alike in a
// row when no seed is given, infinities like NaN whatever it is.
func TestValidationTellsSpecialValuesApart(t *testing.T) {
	for _, from := range engines[:2] {
		for _, to := range engines[:2] {
			t.Run(from+" to "+to, func(t *testing.T) {
				source, target := newEnd(t, from), newEnd(t, to)
				servertest.Exec(t, source.db, "CREATE TABLE special (id int PRIMARY KEY, f float8, r real, n numeric(12,2), u numeric)",
					"INSERT INTO special VALUES (1, 0, 0, 'NaN', 'NaN'), (2, 0, 0, 'NaN', 'Infinity'), (3, 0, 0, 'NaN', 'Infinity'), (4, 0, 0, 0, '-Infinity'), (5, NULL, NULL, NULL, NULL), (6, '-0', 'NaN', 0, 1.0)")
				c := config(source, target)
				_, err := run(t.Context(), c)
				require.NoError(t, err)
				require.Equal(t, tally{}, tallied(t, c))
				for planted, change := range []string{
					"n = NULL WHERE id = 1", "f = NULL WHERE id = 2", "u = 'NaN' WHERE id = 3", "r = NULL WHERE id = 4", "n = 'NaN' WHERE id = 5", "u = '-Infinity' WHERE id = 6",
				} {
					servertest.Exec(t, target.db, "UPDATE special SET "+change)
					require.Equal(t, tally{different: int64(planted + 1)}, tallied(t, c), change)
				}
			})
		}
	}
}

func tallied(t *testing.T, c task.Config) tally {
	t.Helper()
	got := resultOf(t, compareEnds(t, c, false), "special")
	return tally{got.Different, got.MissingSource, got.MissingTarget}
}
