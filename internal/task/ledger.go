package task

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// The types of the control tables' columns.
var (
	ledgerName = datatype.Type{Kind: datatype.WString, Length: 128}
	ledgerWord = datatype.Type{Kind: datatype.WString, Length: 32}
	ledgerTime = datatype.Type{Kind: datatype.DateTime, Scale: 6}
	ledgerSize = datatype.Type{Kind: datatype.Int8}
)

// ledgerColumn is a column of a control table.
type ledgerColumn struct {
	name string
	kind datatype.Type
	key  bool
}

// The control tables, with names and sizes as the AWS DMS user guide and real targets have them.
func ledgerTables() map[string][]ledgerColumn {
	return map[string][]ledgerColumn{
		"awsdms_status": {
			{"server_name", ledgerName, true}, {"task_name", ledgerName, true}, {"task_status", ledgerWord, false}, {"status_time", ledgerTime, false},
			{"pending_changes", ledgerSize, false}, {"disk_swap_size", ledgerSize, false}, {"task_memory", ledgerSize, false},
			{"source_current_position", ledgerName, false}, {"source_current_timestamp", ledgerTime, false},
			{"source_tail_position", ledgerName, false}, {"source_tail_timestamp", ledgerTime, false}, {"source_timestamp_applied", ledgerTime, false},
		},
		"awsdms_suspended_tables": {
			{"server_name", ledgerName, true}, {"task_name", ledgerName, true}, {"table_owner", ledgerName, true}, {"table_name", ledgerName, true},
			{"suspend_reason", ledgerWord, false}, {"suspend_timestamp", ledgerTime, false},
		},
		"awsdms_history": {
			{"server_name", ledgerName, true}, {"task_name", ledgerName, true}, {"timeslot_type", ledgerWord, true}, {"timeslot", ledgerTime, true},
			{"timeslot_duration", ledgerSize, false}, {"timeslot_latency", ledgerSize, false}, {"timeslot_records", ledgerSize, false},
			{"timeslot_volume", ledgerSize, false},
		},
	}
}

// ledger makes the control tables that the settings ask for; nil when there are none.
func (r *run) ledger(ctx context.Context) (*cdc.Ledger, error) {
	s := r.Settings.ControlTablesSettings
	l := &cdc.Ledger{
		Slot: time.Duration(s.HistoryTimeslotInMinutes) * time.Minute, Server: hostname(), Task: r.Name, Memory: usedMemory,
	}
	for _, t := range []struct {
		wanted bool
		name   string
		into   **cdc.ControlTable
	}{
		{s.StatusTableEnabled, "awsdms_status", &l.Status},
		{s.SuspendedTablesTableEnabled, "awsdms_suspended_tables", &l.Suspended},
		{s.HistoryTableEnabled, "awsdms_history", &l.History},
	} {
		if !t.wanted {
			continue
		}
		var err error
		if *t.into, err = r.controlTable(ctx, t.name, ledgerTables()[t.name]); err != nil {
			return nil, fmt.Errorf("make the control table %s: %w", t.name, err)
		}
	}
	if l.Status == nil && l.Suspended == nil && l.History == nil {
		return nil, nil
	}
	return l, nil
}

func usedMemory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys >> 20)
}

// controlSchema is where control tables go (AWS DMS user guide, "Control table task settings").
func (r *run) controlSchema() string {
	if s := r.Settings.ControlTablesSettings.ControlSchema; s != "" {
		return s
	}
	switch r.targetEngine.Family {
	case catalog.MySQL:
		return "awsdms_control"
	case catalog.PostgreSQL, catalog.Redshift:
		return "public"
	default:
		return r.target.DefaultSchema()
	}
}

func (r *run) controlTable(ctx context.Context, name string, columns []ledgerColumn) (*cdc.ControlTable, error) {
	return r.ownTable(ctx, catalog.Name{Schema: r.controlSchema(), Name: name}, columns)
}

// ownTable makes a table of ours on the target, or takes the one that is there.
func (r *run) ownTable(ctx context.Context, name catalog.Name, columns []ledgerColumn) (*cdc.ControlTable, error) {
	t := &catalog.Table{Name: name}
	out := &cdc.ControlTable{Table: t}
	key := &catalog.Key{}
	for i, c := range columns {
		use := typemap.Use{}
		if c.key {
			key.Columns = append(key.Columns, c.name)
			out.Key = append(out.Key, i)
			use.KeyParts = 4
		}
		native := typemap.To(r.targetEngine.Family, c.kind, use)
		base, _ := typemap.FromNative(r.targetEngine.Family, native)
		t.Columns = append(t.Columns, &catalog.Column{Name: c.name, NativeType: native, BaseType: base, Type: c.kind, NotNull: c.key})
	}
	t.PrimaryKey = key
	script := r.dialect.Script(t, true)
	statements := append(r.dialect.CreateSchema(&catalog.Schema{Name: t.Name.Schema}), script.Create...)
	if err := r.make(ctx, append(statements, script.Keys...)); err != nil {
		return nil, err
	}
	found, err := r.target.Describe(ctx, []catalog.Name{t.Name})
	if err != nil {
		return nil, err
	}
	if there := found[t.Name]; there != nil {
		// As it is: it may be one that AWS DMS has made.
		for i, c := range t.Columns {
			if column := there.Table.Column(c.Name); column != nil {
				t.Columns[i] = column
			}
		}
	}
	return out, nil
}

// loadingStatus says in awsdms_status that the load has begun.
func (r *run) loadingStatus(ctx context.Context) error {
	l, err := r.ledger(ctx)
	if err != nil || l == nil {
		return err
	}
	session, err := r.applier.Apply(ctx, connector.ApplyOptions{Run: r.plan.Run})
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	if err := session.Begin(ctx); err != nil {
		return err
	}
	if err := l.WriteStatus(ctx, session, "FULL LOAD", cdc.Counts{}, ""); err != nil {
		return err
	}
	return session.Commit(ctx, connector.Checkpoint{Run: r.plan.Run})
}
