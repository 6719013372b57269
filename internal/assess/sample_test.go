package assess_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// TestSample reads the largest table, scales by what the source knows of sizes, and answers nothing where it knows none.
func TestSample(t *testing.T) {
	source, lone := newEnd(t, "postgres"), newEnd(t, "sqlite")
	servertest.Exec(t, source.db, "CREATE TABLE large AS SELECT i AS id, repeat('x', 100) AS v FROM generate_series(1, 20000) i", "CREATE TABLE small AS SELECT 1 AS id", "ANALYZE")
	servertest.Exec(t, lone.db, "CREATE TABLE item (id INTEGER PRIMARY KEY)")
	sample := func(from *end, longest time.Duration) *task.Sample {
		opened, err := task.Open(t.Context(), task.Config{
			Engines: all.Engines(), Type: task.FullLoad, Name: "sample", Source: connector.Config{URL: from.url}, Target: connector.Config{URL: newEnd(t, "sqlite").url},
			Settings: settings.MigrateDefaults(), Stats: &fullload.Stats{}, ChangeStats: &cdc.Stats{},
		})
		require.NoError(t, err)
		defer func() { require.NoError(t, opened.Close()) }()
		found, err := opened.Examine(t.Context())
		require.NoError(t, err)
		s, err := opened.Sample(t.Context(), found, longest)
		require.NoError(t, err)
		return s
	}
	whole := sample(source, time.Hour)
	require.Equal(t, "public.large", whole.Table.String())
	require.EqualValues(t, 20000, whole.Rows)
	require.GreaterOrEqual(t, whole.Alone, whole.Took, "there is another table beside it")
	require.Less(t, whole.Alone, 2*whole.Took+time.Second)
	require.Equal(t, whole.Alone/time.Duration(whole.Readers), whole.AtOnce)
	part := sample(source, time.Nanosecond)
	require.Positive(t, part.Rows)
	require.Less(t, part.Rows, int64(20000), "it ends when the time is over")
	require.Greater(t, part.Alone, part.Took, "what was not read counts too")
	require.Nil(t, sample(lone, time.Second))
}
