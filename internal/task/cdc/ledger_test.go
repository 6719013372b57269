package cdc

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// clerk is a session that keeps what is written to it, as texts.
type clerk struct {
	connector.ApplySession
	rows []map[string]string
}

func (c *clerk) Write(_ context.Context, sets []connector.RowSet) ([]int64, error) {
	n := make([]int64, len(sets))
	for i, s := range sets {
		if s.Op != change.Insert {
			continue
		}
		row := map[string]string{}
		for at, column := range s.Columns {
			v := &s.Rows.Columns[at]
			row[column.Column.Name] = string(change.AppendValue(nil, v, 0, 6))
		}
		c.rows = append(c.rows, row)
		n[i] = 1
	}
	return n, nil
}

func ledgerOf(names ...string) *ControlTable {
	t := &catalog.Table{Name: catalog.Name{Schema: "control", Name: "t"}}
	for _, n := range names {
		t.Columns = append(t.Columns, &catalog.Column{Name: n})
	}
	return &ControlTable{Table: t, Key: []int{0, 1}}
}

// TestHistoryTimeslots: a row of awsdms_history is written when a slot is over, not before, and tells what was applied in it.
func TestHistoryTimeslots(t *testing.T) {
	l := &Ledger{
		Slot: 5 * time.Minute, Server: "here", Task: "task",
		History: ledgerOf("server_name", "task_name", "timeslot_type", "timeslot", "timeslot_duration", "timeslot_latency", "timeslot_records", "timeslot_volume"),
	}
	s := &clerk{}
	open := slot{began: time.Now().Add(-4 * time.Minute), applied: 100}
	require.NoError(t, l.writeHistory(t.Context(), s, &open, Counts{Applied: 130}))
	require.Empty(t, s.rows, "the slot is not over")

	open.began = time.Now().Add(-6 * time.Minute)
	require.NoError(t, l.writeHistory(t.Context(), s, &open, Counts{Applied: 130, TargetLatency: 3 * time.Second}))
	require.Len(t, s.rows, 1)
	require.Equal(t, "CHANGE PROCESSING", s.rows[0]["timeslot_type"])
	require.Equal(t, "6", s.rows[0]["timeslot_duration"])
	require.Equal(t, "3", s.rows[0]["timeslot_latency"])
	require.Equal(t, "30", s.rows[0]["timeslot_records"])

	require.NoError(t, l.writeHistory(t.Context(), s, &open, Counts{Applied: 150}))
	require.Len(t, s.rows, 1, "the next slot has begun")
	require.EqualValues(t, 130, open.applied)

	l.Slot = time.Nanosecond
	require.NoError(t, l.writeHistory(t.Context(), s, &open, Counts{Applied: 150}))
	require.Equal(t, "20", s.rows[1]["timeslot_records"], "nothing is counted twice")

	var none *Ledger
	require.NoError(t, none.writeHistory(t.Context(), s, &open, Counts{}))
	require.NoError(t, (&Ledger{Slot: time.Nanosecond}).writeHistory(t.Context(), s, &open, Counts{}))
	require.Len(t, s.rows, 2)
}
