package cdc

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// Ledger keeps the control tables that the task settings ask for: awsdms_status, awsdms_suspended_tables and
// awsdms_history (AWS DMS user guide, "Control table task settings"). A nil table is not kept. Their rows are written like
// those of any other table, in transactions of the session that applies changes.
type Ledger struct {
	Status, Suspended, History *ControlTable
	// Slot is the length of a row of the history (HistoryTimeslotInMinutes).
	Slot time.Duration
	// Server and Task are what the tables call the machine and the task.
	Server, Task string
	// Memory is how much the process uses, in MB.
	Memory func() int64
}

// ControlTable is a table about the task.
type ControlTable struct {
	Table *catalog.Table
	// Key are the columns that name a row, positions in Table.Columns.
	Key []int
}

// statusEvery is how often awsdms_status is written while changes are followed.
const statusEvery = 10 * time.Second

// put writes a row, in the place of the one with the same key. Values are string, int64 or time.Time; a zero time is null.
func (c *ControlTable) put(ctx context.Context, s connector.ApplySession, values ...any) error {
	columns := make([]connector.LoadColumn, len(values))
	layouts := make([]change.Layout, len(values))
	for i, column := range c.Table.Columns {
		layouts[i] = layoutOf(values[i])
		columns[i] = connector.LoadColumn{Column: column, Layout: layouts[i]}
	}
	var row, old change.Batch
	row.Reset(layouts)
	old.Reset(pick(layouts, c.Key))
	for i, v := range values {
		put(&row.Columns[i], v)
	}
	for i, k := range c.Key {
		put(&old.Columns[i], values[k])
	}
	row.EndRow()
	old.EndRow()
	keys := make([]int, len(c.Key))
	for i := range keys {
		keys[i] = i
	}
	_, err := s.Write(ctx, []connector.RowSet{
		{Op: change.Delete, Table: c.Table, OldColumns: pick(columns, c.Key), Old: &old, Key: keys, Unique: true},
		{Op: change.Insert, Table: c.Table, Columns: columns, Rows: &row, Key: c.Key, Unique: true},
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", c.Table.Name.Name, err)
	}
	return nil
}

// remove deletes the row of a key, which the table's first columns are.
func (c *ControlTable) remove(ctx context.Context, s connector.ApplySession, key ...string) error {
	columns := make([]connector.LoadColumn, len(key))
	layouts := make([]change.Layout, len(key))
	positions := make([]int, len(key))
	var old change.Batch
	for i := range key {
		columns[i], layouts[i], positions[i] = connector.LoadColumn{Column: c.Table.Columns[i], Layout: change.Text}, change.Text, i
	}
	old.Reset(layouts)
	for i, v := range key {
		put(&old.Columns[i], v)
	}
	old.EndRow()
	_, err := s.Write(ctx, []connector.RowSet{{Op: change.Delete, Table: c.Table, OldColumns: columns, Old: &old, Key: positions, Unique: true}})
	if err != nil {
		return fmt.Errorf("write %s: %w", c.Table.Name.Name, err)
	}
	return nil
}

func pick[T any](all []T, positions []int) []T {
	out := make([]T, len(positions))
	for i, p := range positions {
		out[i] = all[p]
	}
	return out
}

func layoutOf(v any) change.Layout {
	switch v.(type) {
	case int64:
		return change.Int64
	case time.Time:
		return change.Timestamp
	default:
		return change.Text
	}
}

func put(to *change.Vector, v any) {
	switch v := v.(type) {
	case int64:
		to.AppendInt(v)
	case time.Time:
		if v.IsZero() {
			to.AppendNull()
			return
		}
		u := v.UTC()
		day := change.DayOf(u.Year(), int(u.Month()), u.Day())
		to.AppendInt(int64(day.At(int64(u.Sub(time.Date(u.Year(), u.Month(), u.Day(), 0, 0, 0, 0, time.UTC)) / time.Microsecond))))
	case string:
		to.AppendString(within(v, nameSize))
	}
}

// nameSize is the size of the tables' names and positions.
const nameSize = 128

func within(s string, size int) string {
	return s[:change.CutUTF8([]byte(s), min(size, len(s)))]
}

// RemoveSuspended takes a table out of awsdms_suspended_tables.
func (l *Ledger) RemoveSuspended(ctx context.Context, s connector.ApplySession, t catalog.Name) error {
	if l == nil || l.Suspended == nil {
		return nil
	}
	return l.Suspended.remove(ctx, s, l.Server, l.Task, t.Schema, t.Name)
}

// WriteStatus writes the row of awsdms_status: FULL LOAD, CHANGE PROCESSING or NOT RUNNING.
func (l *Ledger) WriteStatus(ctx context.Context, s connector.ApplySession, status string, c Counts, tail string) error {
	if l == nil || l.Status == nil {
		return nil
	}
	read := time.Time{}
	if c.SourceLatency > 0 {
		read = time.Now().Add(-c.SourceLatency)
	} else if !c.LastApplied.IsZero() {
		read = c.LastApplied
	}
	return l.Status.put(ctx, s, l.Server, l.Task, status, time.Now(), c.Waiting, int64(0), l.Memory(),
		c.Position, read, tail, c.LastApplied, c.LastApplied)
}

// WriteSuspended adds a table to awsdms_suspended_tables.
func (l *Ledger) WriteSuspended(ctx context.Context, s connector.ApplySession, t catalog.Name, why string) error {
	if l == nil || l.Suspended == nil {
		return nil
	}
	return l.Suspended.put(ctx, s, l.Server, l.Task, t.Schema, t.Name, within(why, reasonSize), time.Now())
}

// tell writes what is due about the task, in the open transaction or one of its own; it reports whether there was anything.
func (p *pipe) tell(ctx context.Context, status string, now bool) (told bool, err error) {
	l := p.Ledger
	if l == nil || !now && time.Since(p.told) < statusEvery {
		return false, nil
	}
	p.told = time.Now()
	if err := p.applier.Begin(ctx); err != nil {
		return false, err
	}
	c := p.Stats.Counts()
	if err := l.WriteStatus(ctx, p.session, status, c, p.committed); err != nil {
		return false, err
	}
	if now && l.History != nil {
		return true, l.closeSlot(ctx, p.session, &p.slot, c)
	}
	return true, l.writeHistory(ctx, p.session, &p.slot, c)
}

// suspended tells the ledger of a table that is given up. Too many of them stop the task.
func (p *pipe) suspended(ctx context.Context, name catalog.Name, why string) error {
	n := len(p.outside)
	for _, other := range p.tables {
		if other.Suspended() != "" {
			n++
		}
	}
	if p.TableErrorCount > 0 && n >= p.TableErrorCount {
		return fmt.Errorf("%w (TableErrorEscalationCount %d): table %s: %s", fullload.ErrStopped, p.TableErrorCount, name, why)
	}
	return p.Ledger.WriteSuspended(ctx, p.session, name, why)
}

// reasonSize is the size of suspend_reason.
const reasonSize = 32

// slot is a row of awsdms_history that is being filled.
type slot struct {
	began   time.Time
	applied int64
}

// writeHistory writes a row once a slot is over.
func (l *Ledger) writeHistory(ctx context.Context, s connector.ApplySession, open *slot, c Counts) error {
	if l == nil || l.History == nil || time.Since(open.began) < l.Slot {
		return nil
	}
	return l.closeSlot(ctx, s, open, c)
}

func (l *Ledger) closeSlot(ctx context.Context, s connector.ApplySession, open *slot, c Counts) error {
	now := time.Now()
	err := l.History.put(ctx, s, l.Server, l.Task, "CHANGE PROCESSING", now, int64(now.Sub(open.began).Minutes()),
		int64(c.TargetLatency.Seconds()), c.Applied-open.applied, int64(0))
	*open = slot{now, c.Applied}
	return err
}
