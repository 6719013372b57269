package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// TablePlan is what will be done to one target table.
type TablePlan struct {
	*convert.Table
	Script catalog.Script
	// Prepare empties or drops what is there; Preparation names it in the journal.
	Prepare     []catalog.Statement
	Preparation preparation
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

// preparation is what is done to a table that is there before its first row.
type preparation string

const (
	dropFirst     preparation = "drop"
	truncateFirst preparation = "truncate"
)

// note is what the journal keeps beside a table's segments.
type note struct {
	Witness string `json:"witness"`
	Made    bool   `json:"made"`
	// Others says that the table held rows of others before.
	Others bool `json:"others,omitempty"`
	// Position is that of the snapshot the table is loaded from, when its changes are followed afterwards.
	Position string `json:"position,omitempty"`
	// Prepare is done again by every run that finds no segment of the table loaded: nobody knows how far it had got.
	Prepare preparation `json:"prepare,omitempty"`
	// Shape is how the rows are made, see Task.shape.
	Shape string `json:"shape,omitempty"`
}

func (n note) String() string {
	text, _ := json.Marshal(n) // plain fields cannot fail
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
	p.Resumed, p.Tables = len(journal) > 0, nil
	prepared := slices.ContainsFunc(journal, func(l connector.Loaded) bool { return l.Done })
	var refused []error
	for _, ct := range p.Schema.Tables {
		tp, err := t.prepareTable(ct, known[ct.Target.Name], existing[ct.Target.Name], prepared)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		p.Tables = append(p.Tables, tp)
	}
	markNeeded(p.Tables)
	t.joinThere(p.Tables)
	made := func(tp *TablePlan) bool { return tp.Made }
	if len(refused) > 0 && len(journal) == 0 && !slices.ContainsFunc(p.Tables, made) {
		refused = append(refused, errKilledAtTheEnd)
	}
	return errors.Join(refused...)
}

// errKilledAtTheEnd is a hint: no record can be taken away and an exit code be given in one instant.
var errKilledAtTheEnd = errors.New("if the same command was killed after its very last step, which takes away the record of the run, the target is complete as it is")

// prepareTable decides what becomes of one table. prepared says that an earlier run had prepared every table.
func (t *Task) prepareTable(ct *convert.Table, loaded []connector.Loaded, there *connector.Existing, prepared bool) (*TablePlan, error) {
	tp := &TablePlan{Table: ct, Loaded: loaded, Fresh: true}
	tp.Script = t.dialect.Script(ct.Target, t.keysFirst())
	if len(loaded) > 0 {
		known, err := t.resume(tp, there, prepared)
		if known || err != nil {
			return tp, err
		}
		tp.Loaded = nil
	}
	mode := t.Settings.FullLoadSettings.TargetTablePrepMode
	switch {
	case there == nil:
		tp.Made = true
		return tp, nil
	case mode == "DROP_AND_CREATE":
		tp.Made = true
		t.prepareBy(tp, dropFirst)
		return tp, nil
	case !there.HasRows:
	case t.RefuseRows:
		return nil, fmt.Errorf("%w: %s (TargetTablePrepMode TRUNCATE_BEFORE_LOAD empties it, DROP_AND_CREATE replaces it, DO_NOTHING adds to it; on the command line "+
			"--prep truncate, --prep drop, --prep append)", ErrHoldsRows, ct.Target.Name)
	case mode == "TRUNCATE_BEFORE_LOAD":
		t.prepareBy(tp, truncateFirst)
	case !t.transactional(&TablePlan{Existing: there.Table}):
		return nil, fmt.Errorf("%w: %s, and its storage engine has no transactions: rows of a load that ends early could not be told from them "+
			"(TargetTablePrepMode TRUNCATE_BEFORE_LOAD empties it, DROP_AND_CREATE replaces it; on the command line --prep truncate, --prep drop; "+
			"or give it a storage engine with transactions: ALTER TABLE … ENGINE = InnoDB)", ErrHoldsRows, ct.Target.Name)
	default:
		tp.Fresh = false
	}
	return tp, tp.keep(there.Table)
}

// transactional reports whether the rows of the target table come and go with their transaction.
func (t *Task) transactional(tp *TablePlan) bool {
	u, ok := t.target.(connector.Untransacted)
	if !ok {
		return true
	}
	if tp.Existing != nil {
		return u.Transactional(tp.Existing)
	}
	return u.Transactional(tp.Target)
}

// keysFirst makes keys before the rows only when the settings say so: afterwards is faster, and what DMS stores as the
// default, false, says nothing of what the user wants.
func (t *Task) keysFirst() bool {
	asked := t.Settings.Explicit("FullLoadSettings.CreatePkAfterFullLoad") || t.Settings.WhimbrelSettings.Compatibility == "dms"
	return asked && !t.Settings.FullLoadSettings.CreatePkAfterFullLoad
}

func (t *Task) prepareBy(tp *TablePlan, how preparation) {
	tp.Preparation = how
	switch how {
	case dropFirst:
		tp.Prepare = []catalog.Statement{t.dialect.Drop(tp.Target.Name)}
	case truncateFirst:
		tp.Prepare = t.emptying(tp)
	}
}

// historian is a dialect whose tables may keep what is deleted.
type historian interface {
	DropHistory(t *catalog.Table) []catalog.Statement
}

// emptying are the statements that empty a table. Of one that this migration has made nothing is kept: its earlier rows are those that it has
// loaded. Those of another's are his.
func (t *Task) emptying(tp *TablePlan) []catalog.Statement {
	ss := []catalog.Statement{t.dialect.Truncate(tp.Target.Name)}
	if h, ok := t.dialect.(historian); ok && tp.Made {
		ss = append(ss, h.DropHistory(tp.Target)...)
	}
	return ss
}

// resume goes on where an earlier run of this migration ended. known is false when that run has left nothing to go on
// from, and the table is to be treated as one never seen.
func (t *Task) resume(tp *TablePlan, there *connector.Existing, prepared bool) (known bool, err error) {
	n, err := readNote(tp.Loaded[0].Witness)
	if err != nil {
		return true, err
	}
	tp.Made, tp.Fresh = n.Made, !n.Others
	if n.Shape != t.shape(tp.Plan) {
		return true, t.reshapeLoaded(tp, there)
	}
	switch {
	case tp.begun() && tp.vanished(there):
		t.log(tasklog.TablesManager).Warn("what an earlier run had loaded is no longer in the target, loading the table from its beginning", "table", tp.Target.Name.String())
		tp.Made = tp.Made || there == nil
		tp.Loaded = nil
	case tp.begun() || tp.rowless() && prepared:
	case there == nil && n.Made:
	case there == nil, n.Prepare == "" && !n.Made:
		return false, nil
	case n.Prepare != "":
		t.prepareBy(tp, n.Prepare)
	case there.HasRows && !tp.rowless():
		// Only engines without transactions leave rows of a load that was given up.
		t.prepareBy(tp, truncateFirst)
	}
	if !tp.Made && there != nil {
		return true, tp.keep(there.Table)
	}
	return true, nil
}

// reshapeLoaded has a table loaded anew whose rows were made by another mapping than the present one.
func (t *Task) reshapeLoaded(tp *TablePlan, there *connector.Existing) error {
	t.log(tasklog.TablesManager).Warn("the table's mapping has changed since it was loaded, loading it from its beginning", "table", tp.Target.Name.String())
	tp.Loaded = nil
	switch {
	case !tp.Fresh:
		return &connector.Error{
			Class:  connector.Invalid,
			Err:    fmt.Errorf("the mapping of target table %s has changed since it was loaded, and it holds rows of others beside those", tp.Target.Name),
			Remedy: "put the mapping back as it was, or start the task with reload-target",
		}
	case there == nil:
		tp.Made = true
	case tp.Made:
		t.prepareBy(tp, dropFirst)
	default:
		t.prepareBy(tp, truncateFirst)
		return tp.keep(there.Table)
	}
	return nil
}

// begun reports whether an earlier run has loaded some of the table.
func (tp *TablePlan) begun() bool {
	return slices.ContainsFunc(tp.Loaded, func(l connector.Loaded) bool { return l.Done })
}

// rowless reports whether the table is one without rows of its own, whose place in the journal is held by
// a segment that is none: number 0 of 0.
func (tp *TablePlan) rowless() bool { return len(tp.Loaded) == 1 && tp.Loaded[0].Segment.Of == 0 }

// vanished reports whether somebody has removed the rows that were loaded.
func (tp *TablePlan) vanished(there *connector.Existing) bool {
	var rows int64
	for _, l := range tp.Loaded {
		if l.Done {
			rows += l.Counts.Rows
		}
	}
	return there == nil || rows > 0 && !there.HasRows
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
