package worker

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// TestReasonsOfTablesHideThePassword that a server has put into its words, also where the reason is cut.
func TestReasonsOfTablesHideThePassword(t *testing.T) {
	const password = "Secret1word"
	hide := newScrubber(instance.Endpoint{URL: "redshift://loader:" + password + "@host/dwh"})
	said := string(make([]byte, longestFailure-5)) + password
	name := func(n string) catalog.Name { return catalog.Name{Schema: "s", Name: n} }
	tables := newTables(nil)
	require.True(t, tables.see([]fullload.TableCounts{{Source: name("loaded"), State: fullload.Failed, Err: errors.New(said)}},
		cdc.Counts{Tables: []apply.TableCounts{{Source: name("followed"), Suspended: said}}}, []validate.Counts{{Source: name("compared"), Reason: said}}, hide, time.Now()))
	rows := tables.rows()
	require.Len(t, rows, 3)
	for _, r := range rows {
		shown := r.Why + r.Validation.Details
		require.NotEmpty(t, shown, r.Name)
		require.NotContains(t, shown, password[:5], r.Name)
	}
}

// TestACallHidesNoStep: that a table is done is found, told and written down as soon as ever, also when somebody has asked for its statistics meanwhile.
func TestACallHidesNoStep(t *testing.T) {
	j := &job{}
	j.mu.live, j.mu.load, j.mu.changes, j.mu.compare, j.mu.tables = true, &fullload.Stats{}, &cdc.Stats{}, &validate.Stats{}, newTables(nil)
	w := &Worker{}
	w.mu.jobs = map[string]*job{"T1": j}
	s := j.mu.tables.of(catalog.Name{Schema: "s", Name: "a"})
	s.now.State = fullLoad
	j.observe()
	s.now.State = completed
	rows, err := w.Tables(t.Context(), "T1")
	require.NoError(t, err)
	require.Equal(t, completed, rows[0].State)
	changed, step := j.observe()
	require.True(t, changed)
	require.True(t, step)
}

// TestChangesThatComeAgainAreCountedOnce: what a try has read or applied and the target has not on its disk comes again in the next try.
func TestChangesThatComeAgainAreCountedOnce(t *testing.T) {
	name := catalog.Name{Schema: "s", Name: "a"}
	counted := func(tables *tables, came, kept int64) {
		tables.see(nil, cdc.Counts{Tables: []apply.TableCounts{{
			Source: name, Inserts: came, Updates: came, Deletes: came, DDLs: came, AppliedInserts: came, AppliedUpdates: came, AppliedDeletes: came, AppliedDDLs: came,
			Kept: apply.Kept{Inserts: kept, Updates: kept, Deletes: kept, DDLs: kept, AppliedInserts: kept, AppliedUpdates: kept, AppliedDeletes: kept, AppliedDDLs: kept},
		}}}, nil, scrubber{}, time.Now())
	}
	holds := func(r instance.Table, n int64) {
		t.Helper()
		require.Equal(t, []int64{n, n, n, n, n, n, n, n}, []int64{r.Inserts, r.Updates, r.Deletes, r.DDLs, r.AppliedInserts, r.AppliedUpdates, r.AppliedDeletes, r.AppliedDDLs})
	}
	first := newTables(nil)
	counted(first, 5, 3)
	holds(first.rows()[0], 5)
	holds(first.sure()[0], 3)
	for again, tables := range map[string]*tables{"by the same process": first, "by the next process": newTables(first.sure())} {
		tables.fold()
		holds(tables.rows()[0], 3)
		counted(tables, 4, 4)
		holds(tables.rows()[0], 7)
		tables.fold()
		tables.fold()
		holds(tables.sure()[0], 7)
		t.Log(again)
	}
}
