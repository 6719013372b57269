package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// plan is the statement that carries out one change of a set, for all sets that look alike.
type plan struct {
	stmt *stmt
	// rows and old are the columns of the set as they are bound.
	rows, old []column
	params    []param
	used      uint64 // when it was last used, by the cache's own clock
}

// param says what is bound to parameter i of the statement: a column of the new or of the old row, or whether the
// column's value is absent.
type param struct {
	column   int
	old      bool
	isAbsent bool
}

// planner writes the SQL of a plan.
type planner struct {
	set    *connector.RowSet
	plan   *plan
	absent bool // rows of the set may lack values
}

// newPlan prepares the statement of a set.
func newPlan(c *conn, set *connector.RowSet, absent bool) (*plan, error) {
	p := planner{set: set, plan: &plan{}, absent: absent}
	strict := set.Table.Native["strict"] != ""
	p.plan.rows, p.plan.old = applyColumns(set.Columns, strict), applyColumns(set.OldColumns, strict)
	sql, err := p.sql()
	if err != nil {
		return nil, err
	}
	p.plan.stmt, err = c.prepare(sql)
	return p.plan, err
}

func applyColumns(cs []connector.LoadColumn, strict bool) []column {
	columns := make([]column, len(cs))
	for i, c := range cs {
		columns[i] = column{name: c.Column.Name, layout: c.Layout, affinity: affinityOf(c.Column.NativeType, strict)}
	}
	return columns
}

func (p *planner) sql() (string, error) {
	table := quote(p.set.Table.Name.Name)
	switch p.set.Op {
	case change.Insert:
		if len(p.set.Columns) == 0 {
			return "INSERT INTO " + table + " DEFAULT VALUES", nil
		}
		names, marks := make([]string, len(p.set.Columns)), make([]string, len(p.set.Columns))
		for i, c := range p.set.Columns {
			names[i], marks[i] = c.Column.Name, p.mark(param{column: i})
		}
		// OR ABORT outranks a conflict clause of the table, under which rows would be dropped or replaced in silence.
		return "INSERT OR ABORT INTO " + table + " (" + quoteAll(names) + ") VALUES (" + strings.Join(marks, ",") + ")", nil
	case change.Update:
		set := p.assignments()
		where, err := p.where(table)
		return "UPDATE OR ABORT " + table + " SET " + set + where, err
	default:
		where, err := p.where(table)
		return "DELETE FROM " + table + where, err
	}
}

// mark declares a parameter and returns its name.
func (p *planner) mark(what param) string {
	if i := slices.Index(p.plan.params, what); i >= 0 {
		return fmt.Sprintf("?%d", i+1)
	}
	p.plan.params = append(p.plan.params, what)
	return fmt.Sprintf("?%d", len(p.plan.params))
}

func (p *planner) assignments() string {
	var list []string
	for i, c := range p.set.Columns {
		if len(p.set.OldColumns) == 0 && slices.Contains(p.set.Key, i) {
			continue
		}
		name, value := ident(c.Column.Name), p.mark(param{column: i})
		if p.absent {
			value = fmt.Sprintf("iif(%s, %s, %s)", p.mark(param{column: i, isAbsent: true}), name, value)
		}
		list = append(list, name+" = "+value)
	}
	if len(list) == 0 { // nothing is to be set, but whether the row is there counts
		name := ident(p.set.Columns[0].Column.Name)
		return name + " = " + name
	}
	return strings.Join(list, ", ")
}

// where names the row. Without a unique key one row of those that are equal is picked, first one whose values also have
// the storage classes of those given, for to a comparison 1 and 1.0 are the same.
func (p *planner) where(table string) (string, error) {
	columns, old := p.set.OldColumns, true
	if len(columns) == 0 {
		columns, old = p.set.Columns, false
	}
	if len(p.set.Key) == 0 {
		return "", invalid("", "table %s: nothing says which row is to be changed", p.set.Table.Name)
	}
	var conditions, classes []string
	for _, i := range p.set.Key {
		name, mark := ident(columns[i].Column.Name), p.mark(param{column: i, old: old})
		if p.set.Unique {
			conditions = append(conditions, name+" = "+mark)
			continue
		}
		conditions = append(conditions, name+" COLLATE BINARY IS "+mark)
		classes = append(classes, "(typeof("+name+") IS typeof("+mark+"))")
	}
	where := " WHERE " + strings.Join(conditions, " AND ")
	if p.set.Unique {
		return where, nil
	}
	row, err := rowIdentity(p.set.Table)
	return " WHERE (" + row + ") IN (SELECT " + row + " FROM " + table + where + " ORDER BY " + strings.Join(classes, "+") +
		" DESC LIMIT 1)", err
}

// rowIdentity lists what tells the rows of a table apart, the rowid or the primary key.
func rowIdentity(t *catalog.Table) (string, error) {
	if withoutRowid(t) && t.PrimaryKey != nil {
		return columnList(t.PrimaryKey.Columns), nil
	}
	if name := rowidName(t); name != "" {
		return name, nil
	}
	return "", invalid("rename one of the columns rowid, _rowid_ and oid", "the rows of table %s cannot be told apart", t.Name)
}

// defaultPlans is how many statements are kept when the session's options do not say.
const defaultPlans = 50

// planCache keeps the plans that were used last.
type planCache struct {
	limit int
	clock uint64
	key   []byte
	plans map[string]*plan
}

// get returns the plan of a set, making it at first.
func (pc *planCache) get(c *conn, set *connector.RowSet, absent bool) (*plan, error) {
	pc.describe(set, absent)
	pc.clock++
	p := pc.plans[string(pc.key)]
	if p == nil {
		var err error
		if p, err = newPlan(c, set, absent); err != nil {
			return nil, err
		}
		pc.makeRoom()
		if pc.plans == nil {
			pc.plans = map[string]*plan{}
		}
		pc.plans[string(pc.key)] = p
	}
	p.used = pc.clock
	return p, nil
}

// describe writes all that the SQL of a set depends on into pc.key.
func (pc *planCache) describe(set *connector.RowSet, absent bool) {
	flags := byte(set.Op)
	if set.Unique {
		flags |= 8
	}
	if absent {
		flags |= 16
	}
	k := append(append(pc.key[:0], flags), set.Table.Name.Name...)
	for _, columns := range [2][]connector.LoadColumn{set.Columns, set.OldColumns} {
		k = append(k, 0, 0xff)
		for _, c := range columns {
			k = append(append(k, 0, byte(c.Layout)), c.Column.Name...)
		}
	}
	k = append(k, 0, 0xff)
	for _, i := range set.Key {
		k = append(k, byte(i), byte(i>>8))
	}
	pc.key = k
}

func (pc *planCache) makeRoom() {
	if len(pc.plans) < pc.limit {
		return
	}
	var oldest string
	used := uint64(1<<64 - 1)
	for key, p := range pc.plans {
		if p.used < used {
			oldest, used = key, p.used
		}
	}
	pc.plans[oldest].stmt.finalize()
	delete(pc.plans, oldest)
}

func (pc *planCache) clear() {
	for _, p := range pc.plans {
		p.stmt.finalize()
	}
	pc.plans = nil
}
