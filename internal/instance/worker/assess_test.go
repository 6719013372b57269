package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// TestAssess makes assessments of real databases and answers their results as they come, once each.
func TestAssess(t *testing.T) {
	b := newBench(t)
	source, db := b.database(t, "source", "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)", "CREATE TABLE bag (v INTEGER)")
	target, _ := b.database(t, "target")
	const keyless = "table-with-no-primary-key-or-unique-constraint"
	k := newTask("K", source, target)
	k.Type = "cdc"
	a := instance.Assessment{ID: "R", Task: k, Only: []string{keyless, "all-check-source-selection-rules"}}
	await := func(a instance.Assessment) *instance.AssessmentState {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for seen := 0; ; {
			s, err := b.Assess(ctx, a, seen)
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(s.Results), seen)
			if seen = len(s.Results); s.Ended {
				return s
			}
		}
	}
	s := await(a)
	require.Empty(t, s.Failure)
	found := map[string]instance.Assessed{}
	for _, one := range s.Results {
		require.NotContains(t, found, one.Name)
		found[one.Name] = one
	}
	require.Len(t, found, 2)
	require.Equal(t, "passed", found["all-check-source-selection-rules"].Status)
	require.NotEqual(t, "passed", found[keyless].Status)
	require.Equal(t, "main.bag", found[keyless].Findings[0].Object)

	_, err := db.ExecContext(t.Context(), "DROP TABLE bag")
	require.NoError(t, err)
	require.NotEqual(t, "passed", func() string { return await(a).Results[1].Status }()+await(a).Results[0].Status, "the same run is not made again")
	require.NoError(t, b.EndAssessment(t.Context(), "R"))
	require.NoError(t, b.EndAssessment(t.Context(), "unknown"))
	for _, one := range await(a).Results {
		require.Equal(t, "passed", one.Status, "a run that was forgotten is made anew")
	}
	a.ID, a.Task.Source.URL = "broken", "sqlite:no/such/folder/x.db"
	require.NotEmpty(t, await(a).Failure)
}
