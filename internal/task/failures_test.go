package task

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// listing is a session whose table holds so many failures.
type listing struct {
	connector.ApplySession
	rows, trips int
}

func (l *listing) Write(_ context.Context, sets []connector.RowSet) ([]int64, error) {
	l.trips++
	n := min(sets[0].Len(), l.rows)
	l.rows -= n
	return []int64{int64(n)}, nil
}

// TestFailuresAreForgottenInSets has as many rows as a bad table leaves: they do not go one by one.
func TestFailuresAreForgottenInSets(t *testing.T) {
	for _, rows := range []int{0, 1, 2, 9, 1000, 10_000} {
		l := &listing{rows: rows}
		r := &run{Task: &Task{}}
		layouts := []change.Layout{change.Text, change.Text, change.Text}
		require.NoError(t, r.forgetFailures(t.Context(), l, &catalog.Table{}, &validate.Result{}, make([]connector.LoadColumn, 3), layouts))
		require.Zero(t, l.rows)
		require.LessOrEqual(t, l.trips, 5+rows/failureRows)
	}
}
