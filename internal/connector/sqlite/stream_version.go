package sqlite

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// followed is a table that the stream's receiver follows.
type followed struct {
	connector.Followed
	layouts []change.Layout
	version *version // whose names of columns the receiver uses
	since   int64    // changes up to this row of the log are left out
}

// versions is what a stream knows of the tables in the log, and how it delivers their rows.
type versions struct {
	all      []*version
	byID     map[int64]*version
	followed map[int64]*followed // by lineage
	plans    map[int64]*rowPlan  // by version
}

func (vs *versions) load(c *conn) error {
	all, err := loadVersions(c)
	vs.all, vs.byID = all, map[int64]*version{}
	for _, v := range all {
		vs.byID[v.id] = v
	}
	if vs.followed == nil {
		vs.followed = map[int64]*followed{}
	}
	vs.plans = map[int64]*rowPlan{}
	return err
}

// follow sets how the rows of a table are delivered. The table is the one of the given version, else the one that had the
// name last.
func (vs *versions) follow(f connector.Followed, of *version) error {
	v := of
	if v == nil || !strings.EqualFold(v.Table.Name.Name, f.Table.Name.Name) {
		v = vs.named(f)
	}
	if v == nil {
		return &connector.Error{Class: connector.Missing, Err: fmt.Errorf("the changes of table %s are not in the log", f.Table.Name),
			Remedy: "capture the table first"}
	}
	next := &followed{Followed: f, version: v}
	for _, c := range f.Columns {
		next.layouts = append(next.layouts, c.Layout)
	}
	if f.Since != "" {
		var err error
		if next.since, err = parsePosition(f.Since); err != nil {
			return err
		}
	}
	if old := vs.followed[v.lineage]; old != nil {
		next.since = max(next.since, old.since)
	}
	vs.drop(f.Number)
	vs.followed[v.lineage] = next
	vs.plans = map[int64]*rowPlan{}
	return nil
}

// named finds the version that a receiver means: the table is followed under its number, or was last called so, and has
// all of the columns.
func (vs *versions) named(f connector.Followed) *version {
	var found *version
	for _, v := range vs.all {
		if !strings.EqualFold(v.Table.Name.Name, f.Table.Name.Name) {
			continue
		}
		if found == nil || hasColumns(v, f) || !hasColumns(found, f) {
			found = v
		}
	}
	return found
}

func hasColumns(v *version, f connector.Followed) bool {
	for _, c := range f.Columns {
		if columnPlace(v.Table, c.Column.Name) < 0 {
			return false
		}
	}
	return true
}

func (vs *versions) drop(number int) {
	for lineage, f := range vs.followed {
		if f.Number == number {
			delete(vs.followed, lineage)
		}
	}
	vs.plans = map[int64]*rowPlan{}
}

// rowPlan says where the columns that the receiver wants stand in a row of the log.
type rowPlan struct {
	version *version
	to      *followed // nil when nobody follows the table
	// now, key and whole are the columns of the statement that hold the row as it is, the old key and the whole old row;
	// removed holds the key of a deleted row. -1 means absent.
	now, key, whole, removed []int
	identity                 []int // places of the columns of the key, or of all when it has none
}

// plan returns the plan for the rows of a version.
func (vs *versions) plan(id int64) (*rowPlan, error) {
	if p := vs.plans[id]; p != nil {
		return p, nil
	}
	v := vs.byID[id]
	if v == nil {
		return nil, fmt.Errorf("the change log holds rows of table version %d, which awsdms_cdc_tables does not know", id)
	}
	p := &rowPlan{version: v, to: vs.followed[v.lineage]}
	n, key := len(v.Table.Columns), v.keyColumns()
	p.identity = key
	if key == nil {
		for i := range n {
			p.identity = append(p.identity, i)
		}
	}
	if p.to != nil {
		for _, c := range p.to.Columns {
			place := vs.placeIn(v, p.to.version, c.Column.Name)
			now, whole, old, removed := -1, -1, -1, -1
			if place >= 0 {
				now, whole = logHead+place, logHead+n+place
			}
			for i, k := range key {
				if k == place {
					old, removed = logHead+n+i, logHead+place
				}
			}
			p.now, p.whole, p.key, p.removed = append(p.now, now), append(p.whole, whole), append(p.key, old), append(p.removed, removed)
		}
	}
	vs.plans[id] = p
	return p, nil
}

// placeIn finds a column in version v that has its name in version w of the same table.
func (vs *versions) placeIn(v, w *version, name string) int {
	var between []*version // after the older one, up to the newer one
	for _, x := range vs.all {
		if x.lineage == v.lineage && x.id > min(v.id, w.id) && x.id <= max(v.id, w.id) {
			between = append(between, x)
		}
	}
	if v.id >= w.id {
		for _, x := range between {
			if to, ok := x.Renamed[name]; ok {
				name = to
			}
		}
		return columnPlace(v.Table, name)
	}
	for i := len(between) - 1; i >= 0; i-- {
		taken := false
		for from, to := range between[i].Renamed {
			if strings.EqualFold(to, name) {
				name, taken = from, true
				break
			}
		}
		if _, moved := between[i].Renamed[name]; moved && !taken {
			return -1 // the name was another column's then
		}
	}
	return columnPlace(v.Table, name)
}
