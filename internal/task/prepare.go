package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
)

// TablePlan is what will be done to one target table.
type TablePlan struct {
	*convert.Table
	Script catalog.Script
	// Prepare empties or drops what is there.
	Prepare []catalog.Statement
	// Made says that this migration creates the table, and so its keys, indexes and the rest.
	Made bool
	// Fresh says that the table holds no rows of others.
	Fresh bool
	// Needed says that other tables cannot be made before this one.
	Needed bool
	// Loaded are the segments an earlier run has planned or loaded; nil when there was none.
	Loaded []connector.Loaded
	// Existing is the table found on the target, if it stays.
	Existing *catalog.Table
}

// note is what the journal keeps beside a table's segments.
type note struct {
	Witness string `json:"witness"`
	Made    bool   `json:"made"`
}

func (n note) String() string {
	text, _ := json.Marshal(n) // two plain fields cannot fail
	return string(text)
}

func readNote(text string) (note, error) {
	var n note
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return n, fmt.Errorf("the target's journal (awsdms_load_progress) holds a note this version cannot read: %w", err)
	}
	return n, nil
}

// ErrHoldsRows is in the chain when target tables hold rows and nothing says what to do with them.
var ErrHoldsRows = errors.New("the target table holds rows")

func (t *Task) prepareTables(ctx context.Context, p *Plan) error {
	journal, err := t.target.Journal().Read(ctx, p.Run)
	if err != nil {
		return fmt.Errorf("read the target's journal: %w", err)
	}
	known := map[catalog.Name][]connector.Loaded{}
	for _, l := range journal {
		known[l.Table] = append(known[l.Table], l)
	}
	names := make([]catalog.Name, len(p.Schema.Tables))
	for i, ct := range p.Schema.Tables {
		names[i] = ct.Target.Name
	}
	existing, err := t.target.Describe(ctx, names)
	if err != nil {
		return fmt.Errorf("look at the target's tables: %w", err)
	}
	p.Resumed = len(journal) > 0
	var refused []error
	for _, ct := range p.Schema.Tables {
		tp, err := t.prepareTable(ct, known[ct.Target.Name], existing[ct.Target.Name])
		if err != nil {
			refused = append(refused, err)
			continue
		}
		p.Tables = append(p.Tables, tp)
	}
	markNeeded(p.Tables)
	return errors.Join(refused...)
}

func (t *Task) prepareTable(ct *convert.Table, loaded []connector.Loaded, there *connector.Existing) (*TablePlan, error) {
	tp := &TablePlan{Table: ct, Loaded: loaded, Fresh: true}
	tp.Script = t.dialect.Script(ct.Target, t.keysFirst())
	if len(loaded) > 0 {
		return tp, tp.resume(there)
	}
	mode := t.Settings.FullLoadSettings.TargetTablePrepMode
	dialect := t.dialect
	switch {
	case there == nil:
		tp.Made = true
		return tp, nil
	case mode == "DROP_AND_CREATE":
		tp.Made = true
		tp.Prepare = []catalog.Statement{dialect.Drop(ct.Target.Name)}
		return tp, nil
	case !there.HasRows:
	case t.RefuseRows:
		return nil, fmt.Errorf("%w: %s (empty it with --prep truncate, replace it with --prep drop, or add to it with --prep append)",
			ErrHoldsRows, ct.Target.Name)
	case mode == "TRUNCATE_BEFORE_LOAD":
		tp.Prepare = []catalog.Statement{dialect.Truncate(ct.Target.Name)}
	default:
		tp.Fresh = false
	}
	return tp, tp.keep(there.Table)
}

// keysFirst makes keys before the rows only when the settings say so: afterwards is faster, and what DMS stores as the
// default, false, says nothing of what the user wants.
func (t *Task) keysFirst() bool {
	asked := t.Settings.Explicit("FullLoadSettings.CreatePkAfterFullLoad") || t.Settings.WhimbrelSettings.Compatibility == "dms"
	return asked && !t.Settings.FullLoadSettings.CreatePkAfterFullLoad
}

// resume goes on where an earlier run of this migration ended.
func (tp *TablePlan) resume(there *connector.Existing) error {
	n, err := readNote(tp.Loaded[0].Witness)
	if err != nil {
		return err
	}
	tp.Made = n.Made
	if !tp.Made && there != nil {
		return tp.keep(there.Table)
	}
	return nil
}

// keep loads into a table that is there already, as it is: columns are matched by name.
func (tp *TablePlan) keep(there *catalog.Table) error {
	tp.Existing = there
	tp.Script = catalog.Script{}
	var missing []error
	for _, c := range tp.Target.Columns {
		if there.Column(c.Name) == nil {
			missing = append(missing, fmt.Errorf("target table %s has no column %q", tp.Target.Name, c.Name))
		}
	}
	return errors.Join(missing...)
}
