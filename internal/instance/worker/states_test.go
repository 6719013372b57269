package worker

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// TestStatesOfTables: each table is in a state of DMS's, and in one of the numbers of tables that a task has.
func TestStatesOfTables(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	name := func(n string) catalog.Name { return catalog.Name{Schema: "s", Name: n} }
	loads := []fullload.TableCounts{
		{Source: name("before"), State: fullload.BeforeLoad}, {Source: name("loading"), State: fullload.FullLoad}, {Source: name("building"), State: fullload.Building},
		{Source: name("loaded"), State: fullload.Completed}, {Source: name("again"), State: fullload.Reloading, Reloaded: true},
		{Source: name("failed"), State: fullload.Failed, Err: errors.New("no\nright")},
	}
	changes := cdc.Counts{Tables: []apply.TableCounts{{Source: name("suspended"), Suspended: "no key"}, {Source: name("followed"), Inserts: 1}}}
	numbers := func(ts *tables) [4]int64 {
		p := ts.count(instance.Progress{})
		return [4]int64{p.Loaded, p.Loading, p.Queued, p.Errored}
	}
	for failure, c := range map[string]struct {
		loading string // the state of what was loading at the end
		numbers [4]int64
	}{
		"":              {"Table cancelled", [4]int64{2, 1, 3, 2}},
		"no connection": {"Table error", [4]int64{2, 1, 1, 4}},
	} {
		ts := newTables(nil)
		ts.plan(&task.Plan{}, task.FullLoadAndCDC, false)
		require.True(t, ts.see(loads, changes, nil, scrubber{}, at))
		states := func() map[string]string {
			all := map[string]string{}
			for _, row := range ts.rows() {
				all[row.Name] = row.State
			}
			return all
		}
		require.Equal(t, map[string]string{
			"before": "Before load", "loading": "Full load", "building": "Full load", "loaded": "Table completed", "again": "Table is being reloaded", "failed": "Table error",
			"suspended": "Table error", "followed": "Table completed",
		}, states())
		require.Equal(t, [4]int64{2, 3, 1, 2}, numbers(ts))
		require.Equal(t, "no right", ts.of(name("failed")).now.Why)
		require.Equal(t, "no key", ts.of(name("suspended")).now.Why)
		ts.end(failure, at)
		require.Equal(t, c.loading, states()["loading"])
		require.Equal(t, c.numbers, numbers(ts))
	}
}
