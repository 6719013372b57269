package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// A request to load a table anew is a note of the run in the target. Whoever runs the migration carries it out, a process
// that is under way as well as the next one, and removes the note in the transaction in which the table's changes go on. So
// a reload that a crash has cut short is begun again.
const reloadPrefix = "reload "

// reloadRequest is the text of such a note.
type reloadRequest struct {
	Table catalog.Name `json:"table"`
	At    time.Time    `json:"at"`
	key   string
}

// ErrNoSuchTable is in the chain when a table is asked for that the migration does not have.
var ErrNoSuchTable = errors.New("the migration has no such table")

// Reload asks for tables, named as in the source, to be loaded anew while the others go on: their changes pause, the target
// table is emptied, or dropped when TargetTablePrepMode says so, and filled from a fresh snapshot, behind which its changes go
// on. It returns once the request is safe in the target. Whatever process runs the migration carries it out, this one at once
// when it does so; while the full load is under way, after it. A suspended table is taken up again by it.
func (t *Task) Reload(ctx context.Context, tables []catalog.Name) error {
	if !t.follows() {
		return &connector.Error{
			Class: connector.Invalid, Err: errors.New("single tables are loaded anew only by a migration that follows changes"),
			Remedy: "run a full load again, or migrate with type full-load-and-cdc",
		}
	}
	if t.sourceEngine.Family == catalog.Lake {
		return &connector.Error{
			Class: connector.Invalid, Err: errors.New("the files of the full load tell how the tables were at the beginning, so that none can be loaded anew while changes are followed"),
			Remedy: "start the task anew",
		}
	}
	if t.loops() {
		return &connector.Error{
			Class: connector.Invalid, Err: errors.New("EnableLoopbackPrevention: the task that replicates back would follow the emptying of the table"),
			Remedy: "stop both tasks, load the table by hand, and begin the way back anew",
		}
	}
	run, err := t.changesRunID()
	if err != nil {
		return err
	}
	tables = unique(tables)
	if err := t.reloadable(ctx, run, tables); err != nil {
		return err
	}
	if err := t.request(ctx, run, tables); err != nil {
		return fmt.Errorf("ask for the reload: %w", err)
	}
	select {
	case t.woken <- struct{}{}:
	default: // it is about to look anyway
	}
	return nil
}

func unique(names []catalog.Name) (out []catalog.Name) {
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// reloadable makes sure that every table is one of the migration and may be emptied.
func (t *Task) reloadable(ctx context.Context, run string, tables []catalog.Name) error {
	known, err := t.migrated(ctx, run)
	if err != nil {
		return err
	}
	if len(tables) == 0 {
		return errors.New("name at least one table to be loaded anew")
	}
	var wrong []error
	for _, n := range tables {
		if _, ok := known[n]; !ok {
			wrong = append(wrong, fmt.Errorf("%w: %s (it has %s)", ErrNoSuchTable, n, listed(known)))
		}
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	if t.Settings.FullLoadSettings.TargetTablePrepMode != "DO_NOTHING" || t.RefuseRows {
		return nil
	}
	// Rows of others may be in the target, which could not be told from the migration's own.
	var targets []catalog.Name
	for _, n := range tables {
		targets = append(targets, known[n])
	}
	existing, err := t.target.Describe(ctx, targets)
	if err != nil {
		return fmt.Errorf("look at the target's tables: %w", err)
	}
	for _, n := range targets {
		if e := existing[n]; e != nil && e.HasRows {
			wrong = append(wrong, fmt.Errorf("%w: %s, and TargetTablePrepMode DO_NOTHING leaves them: empty it, then ask again", ErrHoldsRows, n))
		}
	}
	return errors.Join(wrong...)
}

// migrated finds the tables of the migration, each with its name on the target: those that are followed, or will be.
func (t *Task) migrated(ctx context.Context, run string) (map[catalog.Name]catalog.Name, error) {
	known := map[catalog.Name]catalog.Name{}
	if now := t.running.Load(); now != nil {
		maps.Copy(known, *now)
	}
	notes, err := t.applier.Notes(ctx, run)
	if err != nil {
		return nil, fmt.Errorf("ask the target for the notes of the run: %w", err)
	}
	noted, err := cdc.ReadNotes(notes)
	if err != nil {
		return nil, err
	}
	c := &catalog.Catalog{Family: t.sourceEngine.Family}
	then := *t // a run may be under way
	then.rememberWhole(noted)
	plan, err := then.mapTables(asNoted(c, noted))
	if err != nil {
		return nil, err
	}
	for _, tp := range plan.Tables {
		known[tp.Source.Name] = catalog.Name{Schema: tp.Target.Schema, Name: tp.Target.Name}
	}
	if len(known) == 0 {
		return nil, &connector.Error{
			Class: connector.Missing, Err: errors.New("the target knows of no such migration that follows changes"),
			Remedy: "give the same source, target and flags as to migrate; before its load has ended, ask the process that runs it",
		}
	}
	return known, nil
}

// publish tells Reload, which others call meanwhile, which tables the run has.
func (r *run) publish() {
	if r.isAside {
		return
	}
	known := map[catalog.Name]catalog.Name{}
	for _, tp := range r.plan.Tables {
		if r.followable(tp) {
			known[tp.Plan.Source.Name] = tp.Target.Name
		}
	}
	r.running.Store(&known)
}

func listed(known map[catalog.Name]catalog.Name) string {
	var names []string
	for n := range maps.Keys(known) {
		names = append(names, n.String())
	}
	slices.Sort(names)
	const most = 10
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return strings.Join(names, ", ")
}

// request writes the notes.
func (t *Task) request(ctx context.Context, run string, tables []catalog.Name) error {
	now, notes := time.Now().UTC(), map[string]string{}
	for i, n := range tables {
		text, _ := json.Marshal(reloadRequest{Table: n, At: now}) // plain values cannot fail
		notes[fmt.Sprintf("%s%d.%d", reloadPrefix, now.UnixNano(), i)] = string(text)
	}
	return Retry(t.Settings).Do(ctx, t.Log, "ask for a reload", func() error {
		session, err := t.applier.Apply(ctx, connector.ApplyOptions{Run: run})
		if err != nil {
			return err
		}
		defer func() { _ = session.Close() }()
		release, err := t.onlyWriter(ctx, session, run)
		if err != nil {
			return err
		}
		defer release()
		return writeNotes(ctx, session, run, notes)
	})
}

// writeNotes writes notes of a run beside its changes; what has an empty text goes.
func writeNotes(ctx context.Context, session connector.ApplySession, run string, notes map[string]string) error {
	if err := session.Begin(ctx); err != nil {
		return err
	}
	for key, text := range notes {
		if err := session.Note(ctx, key, text); err != nil {
			return err
		}
	}
	if err := session.Commit(ctx, connector.Checkpoint{Run: run}); err != nil {
		return err
	}
	return session.Sync(ctx)
}

// onlyWriter makes sure that no other process has a session of the run where one that keeps commits back, as those of files do,
// writes all that is known of it: the other would not know of the note, or this one not of its position.
func (t *Task) onlyWriter(ctx context.Context, s connector.ApplySession, run string) (release func(), err error) {
	_, holds := s.(connector.Holder)
	target, exclusive := t.target.(connector.Exclusive)
	if !holds || !exclusive || t.running.Load() != nil {
		return func() {}, nil
	}
	release, err = target.Claim(ctx, run)
	if connector.ClassOf(err) == connector.Busy {
		return nil, &connector.Error{
			Class: connector.Invalid, Err: errors.New("another process runs the migration, which does not hear of requests beside it on a target of files"),
			Remedy: "ask that process, or interrupt it first",
		}
	}
	return release, err
}

// requests are the reloads that have been asked for and not been carried out, the earliest first.
func (t *Task) requests(ctx context.Context, run string) ([]reloadRequest, error) {
	notes, err := t.applier.Notes(ctx, run)
	if err != nil {
		return nil, fmt.Errorf("ask the target for the notes of the run: %w", err)
	}
	var out []reloadRequest
	for key, text := range notes {
		if !strings.HasPrefix(key, reloadPrefix) {
			continue
		}
		q := reloadRequest{key: key}
		if err := json.Unmarshal([]byte(text), &q); err != nil {
			return nil, fmt.Errorf("the target's awsdms_task_notes holds a note under %q that this version cannot read: %w", key, err)
		}
		out = append(out, q)
	}
	slices.SortFunc(out, func(a, b reloadRequest) int { return strings.Compare(a.key, b.key) })
	return out, nil
}
