package sqlite

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// refitter brings the triggers in line with the tables as they are now. It runs inside an immediate transaction, so that
// nobody writes between its look at a table and its new trigger. What it finds changed goes into the log as a mark, at
// the place where the rows of the new structure begin.
type refitter struct {
	conn     *conn
	texts    schemaTexts
	versions []*version          // the newest of each table
	triggers map[int64][]trigger // of each version
	foreign  []trigger           // those of the application
	changed  bool
}

// trigger is one with its place in the schema: of those of a table the youngest fires first.
type trigger struct {
	table, sql string
	place      int64
}

// inCapture runs f in a transaction that nobody else writes in, with the log in place.
func inCapture(ctx context.Context, c *conn, patience time.Duration, f func(*refitter) error) error {
	return transactEagerly(ctx, c, patience, func() error {
		if err := c.exec(createLog); err != nil {
			return err
		}
		r, err := newRefitter(c)
		if err != nil {
			return err
		}
		return f(r)
	})
}

func newRefitter(c *conn) (*refitter, error) {
	r := &refitter{conn: c, triggers: map[int64][]trigger{}}
	var err error
	if r.texts, err = readTexts(c); err != nil {
		return nil, err
	}
	all, err := loadVersions(c)
	if err != nil {
		return nil, err
	}
	r.versions = newest(all)
	err = c.query("SELECT name, tbl_name, sql, rowid FROM sqlite_schema WHERE type = 'trigger' ORDER BY name", func(s *stmt) error {
		t := trigger{s.text(1), s.text(2), s.int(3)}
		number, own := strings.CutPrefix(s.text(0), triggerNames)
		if !own {
			r.foreign = append(r.foreign, t)
			return nil
		}
		var id int64
		if _, err := fmt.Sscanf(number, "%d_", &id); err == nil {
			r.triggers[id] = append(r.triggers[id], t)
		}
		return nil
	})
	return r, err
}

// inspect describes a table as it is; nil when there is none.
func (r *refitter) inspect(name string) (*catalog.Table, error) {
	e, found, err := lookTable(r.conn, name, r.texts)
	if err != nil || !found || e.kind != "table" {
		return nil, err
	}
	return inspectTable(r.conn, e, r.texts)
}

// follow sees to it that a table is followed and returns its newest version.
func (r *refitter) follow(name string) (*version, error) {
	for _, v := range r.versions {
		if !v.gone && strings.EqualFold(v.Table.Name.Name, name) {
			return v, nil
		}
	}
	t, err := r.inspect(name)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, invalid("take it out of the selection", "the changes of %q cannot be followed: it is no table", name)
	}
	v, err := addVersion(r.conn, t, 0, nil, false)
	if err != nil {
		return nil, err
	}
	r.versions = append(r.versions, v)
	r.changed = true
	return v, nil
}

// adopt has a run follow the tables it wants that it does not follow yet. They have come into being lately.
func (r *refitter) adopt(run string, wanted func(catalog.Name) bool) error {
	for _, name := range r.texts.tables {
		if strings.HasPrefix(strings.ToLower(name), ownPrefix) || !wanted(catalog.Name{Schema: Schema, Name: name}) {
			continue
		}
		t, err := r.inspect(name)
		if err != nil {
			return err
		}
		if t == nil { // a view
			continue
		}
		v, err := r.follow(t.Name.Name)
		if err != nil {
			return err
		}
		known, err := r.conn.number("SELECT count(*) FROM awsdms_cdc_runs WHERE run = ? AND lineage = ?", run, v.lineage)
		if err != nil {
			return err
		}
		if known > 0 {
			continue
		}
		if err := r.enroll(run, v); err != nil {
			return err
		}
		r.changed = true
		if err := r.conn.run("INSERT INTO awsdms_changes (t, op, at, c0) VALUES (?, ?, julianday('now'), ?)", v.id, int64(opCreated), run); err != nil {
			return err
		}
	}
	return nil
}

// enroll has a run follow a table from now on, without any table that had the name before.
func (r *refitter) enroll(run string, v *version) error {
	at, err := r.conn.number("SELECT max(acknowledged) FROM awsdms_cdc_runs WHERE run = ?", run)
	if err != nil {
		return err
	}
	if at == 0 {
		if at, err = lastChange(r.conn); err != nil {
			return err
		}
	}
	return r.conn.run("INSERT OR IGNORE INTO awsdms_cdc_runs VALUES (?, ?, ?)", run, v.lineage, at)
}

// refit looks after all tables that are followed.
func (r *refitter) refit() error {
	for i, v := range r.versions {
		if v.gone {
			continue
		}
		next, err := r.refitTable(v)
		if err != nil {
			return fmt.Errorf("follow the structure of table %s: %w", v.Table.Name, err)
		}
		r.versions[i] = next
	}
	return nil
}

func (r *refitter) refitTable(v *version) (*version, error) {
	name := v.Table.Name.Name
	there := r.triggers[v.id]
	if len(there) > 0 {
		name = there[0].table // triggers go with a table that gets another name
	}
	t, err := r.inspect(name)
	if err != nil {
		return v, err
	}
	if t == nil {
		return v, r.dropped(v)
	}
	asIs := *v
	asIs.Table = t
	overtaken, muddled := r.overtaken(name, there)
	if same, err := r.intact(&asIs, there); err != nil || same && !overtaken && sameStructure(v.Table, t) {
		return v, err
	}
	r.changed = true
	if err := dropTriggers(r.conn, v.id); err != nil {
		return v, err
	}
	// SQLite's ALTER TABLE keeps columns in their places and adds at the end. It rewrites the triggers, so that a table whose
	// triggers are all there has had them all the time.
	// A type is another only in a table that was made anew, or whose definition was written over: its values may be others to those who read them.
	whole := len(there) == v.Triggers && !retyped(v.Table, t)
	var renamed map[string]string
	if whole {
		renamed = renamedColumns(v.Table, t)
	}
	next, err := addVersion(r.conn, t, v.lineage, renamed, !whole)
	if err != nil {
		return v, err
	}
	if !sameStructure(v.Table, t) {
		if err := mark(r.conn, next.id, opStructure); err != nil {
			return v, err
		}
	}
	if !whole || muddled {
		return next, mark(r.conn, next.id, opReload)
	}
	return next, r.catchUp(v.Table, next)
}

// intact reports whether the triggers of a version are all there as they are to be.
func (r *refitter) intact(v *version, there []trigger) (bool, error) {
	sqls, _, err := v.triggerSQL(r.conn)
	if err != nil || len(sqls) != len(there) {
		return false, err
	}
	for _, t := range there {
		if !slices.Contains(sqls, t.sql) {
			return false, nil
		}
	}
	return true, nil
}

// dropped notes that a table is gone.
func (r *refitter) dropped(v *version) error {
	r.changed, v.gone = true, true
	if err := r.conn.run("UPDATE awsdms_cdc_tables SET gone = 1 WHERE lineage = ?", v.lineage); err != nil {
		return err
	}
	return mark(r.conn, v.id, opDropped)
}

// sameStructure compares what a row's columns are, and what the table is called.
func sameStructure(a, b *catalog.Table) bool {
	return a.Name == b.Name && reflect.DeepEqual(a.PrimaryKey, b.PrimaryKey) && slices.EqualFunc(a.Columns, b.Columns, func(x, y *catalog.Column) bool {
		return x.Name == y.Name && x.NativeType == y.NativeType && x.NotNull == y.NotNull && x.Generated == y.Generated &&
			reflect.DeepEqual(x.Default, y.Default)
	})
}

// retyped reports whether a column of before has another type now.
func retyped(before, now *catalog.Table) bool {
	for i, c := range before.Columns {
		if i < len(now.Columns) && now.Columns[i].NativeType != c.NativeType {
			return true
		}
	}
	return false
}

func renamedColumns(before, now *catalog.Table) map[string]string {
	renamed := map[string]string{}
	for i, c := range before.Columns {
		if i < len(now.Columns) && now.Columns[i].Name != c.Name {
			renamed[c.Name] = now.Columns[i].Name
		}
	}
	return renamed
}

// catchUp logs the rows whose values in added columns the old triggers may have missed, between ALTER TABLE ADD COLUMN and
// now: those that differ from what the column was added with.
func (r *refitter) catchUp(before *catalog.Table, next *version) error {
	t := next.Table
	var differ []string
	for _, c := range t.Columns[min(len(before.Columns), len(t.Columns)):] {
		if c.Generated != "" {
			continue
		}
		fallback := "NULL"
		if c.Default != nil {
			fallback = *c.Default
		}
		differ = append(differ, ident(c.Name)+" IS NOT ("+fallback+")")
	}
	if len(differ) == 0 {
		return nil
	}
	op, values := opUpdate, names(t)
	if t.PrimaryKey == nil || next.keyMayBeNull() {
		op, values = opMoveWhole, append(names(t), r.asBefore(before, t)...)
	}
	return r.conn.exec(fmt.Sprintf("INSERT INTO awsdms_changes (t, op, at%s) SELECT %d, %d, julianday('now'), %s FROM %s WHERE %s",
		logColumns(len(values)), next.id, op, strings.Join(values, ", "), quote(t.Name.Name), strings.Join(differ, " OR ")))
}

// asBefore is a row as those who follow know it: with what added columns were added with.
func (r *refitter) asBefore(before, now *catalog.Table) []string {
	values := names(now)
	for i := len(before.Columns); i < len(values); i++ {
		if c := now.Columns[i]; c.Generated == "" {
			values[i] = "NULL"
			if c.Default != nil {
				values[i] = "(" + *c.Default + ")"
			}
		}
	}
	return values
}

func names(t *catalog.Table) []string {
	out := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = ident(c.Name)
	}
	return out
}
