package validate

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// TestAdoptWhileAnEndIsBusy has the target not answer: that says nothing of the rows, and none may be noted as one that cannot be mended.
func TestAdoptWhileAnEndIsBusy(t *testing.T) {
	name := catalog.Name{Schema: "s", Name: "t"}
	of := &Table{Plan: &mapping.TablePlan{Source: &catalog.Table{Name: name}}, Target: &catalog.Table{Name: name}}
	var answer error
	w := NewWatch(WatchConfig{Describe: func(context.Context, catalog.Name) (*catalog.Table, error) { return nil, answer }}, []*Table{of},
		func(catalog.Name) bool { return false }, nil)
	failures := []Failure{{Key: []string{"1"}, Kind: RecordDiff}}
	for _, class := range []connector.Class{connector.Busy, connector.Lost, connector.Full} {
		answer = &connector.Error{Class: class, Err: errors.New("no answer")}
		gone, strange, err := w.Adopt(t.Context(), name, failures)
		require.ErrorIs(t, err, answer)
		require.Empty(t, gone)
		require.Empty(t, strange)
	}
	answer = &connector.Error{Class: connector.Denied, Err: errors.New("no right")}
	_, strange, err := w.Adopt(t.Context(), name, failures)
	require.NoError(t, err)
	require.Len(t, strange, 1)
	require.Contains(t, strange[0].Resynced.Why, "no right")
}
