package s3

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// journal is the folder load/ of the control folder: for each table of a run what is planned, and an object for each segment
// that is loaded. That object is the commit of the segment: it names the files, which are published after it.
type journal struct{ target *target }

// planned is the plan of a table.
type planned struct {
	Table catalog.Name `json:"table"`
	// Plan tells marks of this plan from those of one before.
	Plan     string              `json:"plan"`
	Segments []connector.Segment `json:"segments"`
	Witness  string              `json:"witness"`
	At       time.Time           `json:"at"`
	Layout   layout              `json:"layout,omitempty"`
	// Started is when the task began, which all its rows are stamped with if UseTaskStartTimeForFullLoadTimestamp asks for it.
	Started time.Time `json:"started,omitzero"`
}

// mark is a segment that is loaded.
type mark struct {
	Plan   string           `json:"plan"`
	Counts connector.Counts `json:"counts"`
	Files  []store.Ticket   `json:"files"`
	At     time.Time        `json:"at"`
}

const planFile = "plan.json"

func runFolder(run string) string { return control + "load/" + component(run) + "/" }

func tableFolder(run string, n catalog.Name) string { return runFolder(run) + folder(n) }

func markKey(run string, n catalog.Name, segment int) string {
	return tableFolder(run, n) + strconv.Itoa(segment) + ".json"
}

// Journal implements connector.Target.
func (t *target) Journal() connector.Journal { return journal{t} }

// Read implements connector.Journal.
func (j journal) Read(ctx context.Context, run string) ([]connector.Loaded, error) {
	marks := map[string][]string{} // by the table's folder
	var folders []string
	err := j.target.store.List(ctx, runFolder(run), func(o store.Object) error {
		at := strings.LastIndexByte(o.Key, '/') + 1
		if o.Key[at:] == planFile {
			folders = append(folders, o.Key[:at])
			return nil
		}
		marks[o.Key[:at]] = append(marks[o.Key[:at]], o.Key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	all := make([][]connector.Loaded, len(folders))
	err = each(ctx, folders, func(ctx context.Context, i int, f string) error {
		loaded, files, err := j.readTable(ctx, run, f, marks[f])
		mu.Lock()
		defer mu.Unlock()
		all[i] = loaded
		for key, w := range files {
			j.target.remember(key, w)
		}
		return err
	})
	var out []connector.Loaded
	for _, loaded := range all {
		out = append(out, loaded...)
	}
	return out, err
}

// readTable reads what is known of one table, and the files of its marks by the marks' keys.
func (j journal) readTable(ctx context.Context, run, at string, marks []string) ([]connector.Loaded, map[string]waiting, error) {
	var p planned
	if ok, err := readJSON(ctx, j.target.store, at+planFile, &p); err != nil || !ok {
		return nil, nil, err
	}
	j.target.hasStarted(run, p.Started)
	files := map[string]waiting{}
	done := map[int]mark{}
	for _, key := range marks {
		var m mark
		ok, err := readJSON(ctx, j.target.store, key, &m)
		if err != nil {
			return nil, nil, err
		}
		number, err := strconv.Atoi(strings.TrimSuffix(key[len(at):], ".json"))
		if ok && err == nil && m.Plan == p.Plan {
			done[number] = m
			if !j.target.isPublished(key, m.Plan) {
				files[key] = waiting{m.Plan, m.Files}
			}
		}
	}
	var out []connector.Loaded
	for _, s := range p.Segments {
		m, ok := done[s.Number]
		l := connector.Loaded{Mark: connector.Mark{Run: run, Table: p.Table, Segment: s, Witness: p.Witness}, Done: ok, At: p.At}
		l.Segment.Rows, l.Segment.Bytes = -1, -1
		if ok {
			l.Counts, l.At = m.Counts, m.At
		}
		out = append(out, l)
	}
	return out, files, nil
}

// Plan implements connector.Journal.
func (j journal) Plan(ctx context.Context, marks []connector.Mark) error {
	var plans []*planned
	byTable := map[catalog.Name]*planned{}
	run := ""
	for _, m := range marks {
		run = m.Run
		p := byTable[m.Table]
		if p == nil {
			p = &planned{Table: m.Table, Plan: rand.Text(), Witness: m.Witness, At: time.Now().UTC(), Layout: j.target.settings.layout(), Started: j.target.startOf(run)}
			byTable[m.Table] = p
			plans = append(plans, p)
		}
		p.Segments = append(p.Segments, m.Segment)
	}
	return each(ctx, plans, func(ctx context.Context, _ int, p *planned) error {
		j.target.forgetNumbers(p.Table)
		return j.target.fenced(ctx, func(ctx context.Context) error {
			return putJSON(ctx, j.target.store, tableFolder(run, p.Table)+planFile, p)
		})
	})
}

// Forget implements connector.Journal.
func (j journal) Forget(ctx context.Context, run string, table catalog.Name) error {
	j.target.forgetNumbers(table)
	return j.target.fenced(ctx, func(ctx context.Context) error { return j.remove(ctx, tableFolder(run, table)) })
}

// Close implements connector.Journal.
func (j journal) Close(ctx context.Context, run string) error {
	if err := j.target.Flush(ctx); err != nil {
		return err
	}
	j.target.clear(run)
	j.target.forgetStart(run)
	return j.target.fenced(ctx, func(ctx context.Context) error {
		if err := j.sweep(ctx, run); err != nil {
			return err
		}
		return j.remove(ctx, runFolder(run))
	})
}

// sweep forgets what processes of the run that were killed have left of control objects in a folder: those that had no name yet.
func (j journal) sweep(ctx context.Context, run string) error {
	ofRun, within := map[string]bool{}, runFolder(run)
	err := j.target.store.List(ctx, within, func(o store.Object) error {
		if table, isPlan := strings.CutSuffix(strings.TrimPrefix(o.Key, within), "/"+planFile); isPlan {
			ofRun[definitionFolder+table+".json"], ofRun[glueFolder+table+".json"] = true, true
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, prefix := range []string{within, definitionFolder, glueFolder} {
		if err := j.target.store.Sweep(ctx, prefix, nil, func(key string) bool { return prefix != within && !ofRun[key] }); err != nil {
			return err
		}
	}
	return nil
}

// remove removes plans before marks: marks without their plan count for nothing, while a plan that had lost some of its marks
// would have their segments loaded a second time.
func (j journal) remove(ctx context.Context, prefix string) error {
	var marks, plans []string
	err := j.target.store.List(ctx, prefix, func(o store.Object) error {
		if strings.HasSuffix(o.Key, "/"+planFile) {
			plans = append(plans, o.Key)
		} else {
			marks = append(marks, o.Key)
		}
		return nil
	})
	if err == nil {
		err = j.target.store.Delete(ctx, plans)
	}
	if err != nil {
		return err
	}
	return j.target.store.Delete(ctx, marks)
}

// commit writes a mark: after it the segment is loaded, whatever happens.
func (t *target) commit(ctx context.Context, m connector.Mark, plan string, n connector.Counts, files []store.Ticket) error {
	return t.fenced(ctx, func(ctx context.Context) error { return t.mark(ctx, m, plan, n, files) })
}

func (t *target) mark(ctx context.Context, m connector.Mark, plan string, n connector.Counts, files []store.Ticket) error {
	text, err := json.Marshal(mark{plan, n, files, time.Now().UTC()})
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	key := markKey(m.Run, m.Table, m.Segment.Number)
	fresh, err := t.store.PutNew(ctx, key, text)
	if err != nil || fresh {
		return err
	}
	// There is a mark: of a plan before, or ours whose answer was lost.
	var there mark
	if _, err := readJSON(ctx, t.store, key, &there); err != nil {
		return err
	}
	switch {
	case there.Plan != plan:
		return t.store.Put(ctx, key, text)
	case sameFiles(there.Files, files):
		return nil
	}
	return invalid("", "segment %d of table %s is loaded already, by another process", m.Segment.Number, m.Table)
}

func sameFiles(a, b []store.Ticket) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// waiting are the files of a mark that may have to be published yet.
type waiting struct {
	plan  string
	files []store.Ticket
}

// remember keeps the files of a mark until they are published.
func (t *target) remember(key string, w waiting) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.waiting[key] = w
}

// leave remembers files that may be of no mark.
func (t *target) leave(run string, files []store.Ticket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.left[run] = append(t.mu.left[run], files...)
}

// clear forgets what is left, once all that is marked is published.
func (t *target) clear(run string) {
	t.mu.Lock()
	files := t.mu.left[run]
	delete(t.mu.left, run)
	t.mu.Unlock()
	t.discard(files)
}

func (t *target) published(key, plan string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.mu.waiting, key)
	t.mu.verified[key+" "+plan] = true
}

func (t *target) isPublished(key, plan string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mu.verified[key+" "+plan]
}

// Flush implements connector.Flusher: it publishes the files of every segment that is marked, whoever has marked it. Where
// the store has forgotten what was staged, the mark goes, so that the segment is loaded again.
func (t *target) Flush(ctx context.Context) error {
	t.mu.Lock()
	all := maps.Clone(t.mu.waiting)
	t.mu.Unlock()
	if err := apart(all); err != nil {
		return err
	}
	return each(ctx, slices.Collect(maps.Keys(all)), func(ctx context.Context, _ int, key string) error {
		w := all[key]
		for _, f := range w.files {
			err := t.publish(ctx, f)
			if errors.Is(err, store.ErrGone) {
				t.log.Warn("what was staged for a segment is gone, it has to be loaded again", "file", f.Key)
				return t.fenced(ctx, func(ctx context.Context) error { return t.undo(ctx, key, w.files) })
			}
			if err != nil {
				return err
			}
		}
		t.published(key, w.plan)
		return nil
	})
}

// apart makes sure that no two marks name one file: the second would replace the rows of the first.
func apart(marks map[string]waiting) error {
	of := map[string]string{}
	for mark, w := range marks {
		for _, f := range w.files {
			if other, ok := of[f.Key]; ok {
				return invalid("load the table again", "the marks %s and %s both name file %s, and one would replace the other", mark, other, f.Key)
			}
			of[f.Key] = mark
		}
	}
	return nil
}

// publish puts a file under its name, asking first whether it is there: nearly always it is.
func (t *target) publish(ctx context.Context, f store.Ticket) error {
	size, ok, err := t.store.Head(ctx, f.Key)
	if err != nil || ok && size == f.Size {
		return err
	}
	return t.store.Publish(ctx, f)
}

// undo takes a segment back.
func (t *target) undo(ctx context.Context, key string, files []store.Ticket) error {
	if err := t.store.Delete(ctx, []string{key}); err != nil {
		return err
	}
	t.mu.Lock()
	delete(t.mu.waiting, key)
	t.mu.Unlock()
	var keys []string
	for _, f := range files {
		keys = append(keys, f.Key)
	}
	return t.store.Delete(ctx, keys)
}
