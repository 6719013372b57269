package validate

import (
	"fmt"
	"slices"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// Skipped is a column that is not compared.
type Skipped struct{ Column, Why string }

// column is a pair of columns that are compared.
type column struct {
	name   string // the target's
	source *catalog.Column
	target *catalog.Column
	rule
	// alike is connector.Rendered's.
	alike bool
	// function says that on one side or both the result of an SQL expression is compared, not the value.
	function bool
}

// pair is a pair of tables made ready.
type pair struct {
	*Config
	*Table
	// plan holds the columns that are compared, and after them those that are only kept.
	plan     *mapping.TablePlan
	compared int
	// functions are what is read in the place of columns, by the column of the source's plan, and by the number of the target's; raw are the places
	// in the plan of the values themselves, when rows are kept.
	functions map[*catalog.Column]string
	ofTarget  map[int]string
	raw       []int
	// inPlan are the places of the plan's columns in Table.Plan.
	inPlan  []int
	columns []column
	// written are the target's columns of whole rows: those that are compared, and when rows are kept for a repair those that are skipped.
	written []*catalog.Column
	keys    []int // indexes into columns; none for a bag
	skipped []Skipped
	source  *side
	target  *side
	// pushed says that a side's database computes the digests, so that values are written in forms.
	pushed bool
	own    bool
	// joins says that the databases compute one digest for all rows of a range.
	joins bool
	// lost are the rows that could not be read as their columns say.
	lost struct {
		sync.Mutex
		seen     map[string]bool
		failures []Failure
	}
}

// digesting is what databases may compute.
type digesting uint8

const (
	anyDigest   digesting = iota
	noneJoined            // no digest of rows that are joined
	noneByQuery           // no digest at all
)

// newPair looks at the columns of both sides.
func newPair(c *Config, t *Table, may digesting) (*pair, error) {
	p := &pair{Config: c, Table: t}
	p.choose()
	if p.compared == 0 {
		return p, nil
	}
	if err := p.pairUp(); err != nil {
		return nil, err
	}
	p.keys = p.findKey()
	if may != noneByQuery {
		p.push()
		p.joins = may == anyDigest && p.joinable()
	}
	return p, nil
}

// choose leaves out the columns that cannot be compared.
func (p *pair) choose() {
	plan := *p.Table.Plan
	plan.Columns = nil
	p.functions, p.ofTarget = map[*catalog.Column]string{}, map[int]string{}
	var kept, raw []mapping.ColumnPlan
	for i, c := range p.Table.Plan.Columns {
		if why := p.incomparable(&c); why != "" {
			p.skipped = append(p.skipped, Skipped{c.Name, why})
			if p.Keep && (c.Expression != "" || c.Source != nil) {
				kept = append(kept, c)
			}
			continue
		}
		if c.Compare != nil && !p.inPrimaryKey(&c) {
			if p.Keep {
				raw = append(raw, c)
			}
			p.override(&c, len(plan.Columns))
		}
		plan.Columns = append(plan.Columns, c)
		p.inPlan = append(p.inPlan, i)
	}
	p.compared = len(plan.Columns)
	plan.Columns = append(plan.Columns, raw...)
	for i := range raw {
		p.raw = append(p.raw, p.compared+i)
	}
	plan.Columns = append(plan.Columns, kept...)
	p.plan = &plan
}

// inPrimaryKey reports whether rows are matched by the column: then there is no function for it, as in DMS.
func (p *pair) inPrimaryKey(c *mapping.ColumnPlan) bool {
	if k := p.Table.Plan.Key; k != nil && slices.Contains(k.Columns, c.Name) {
		return true
	}
	k := p.Table.Plan.Source.PrimaryKey
	return k != nil && slices.Contains(k.Columns, c.Source.Name)
}

// override has functions read in the place of a column, which is number at of the plan.
func (p *pair) override(c *mapping.ColumnPlan, at int) {
	if f := c.Compare.SourceFunction; f != "" {
		*c = mapping.ColumnPlan{Name: c.Name, Compare: c.Compare, Source: &catalog.Column{Name: c.Source.Name, Type: datatype.Type{Kind: datatype.WString}}}
		p.functions[c.Source] = f
	}
	p.ofTarget[at] = c.Compare.TargetFunction
}

func (p *pair) incomparable(c *mapping.ColumnPlan) string {
	for _, m := range c.Masks {
		if m.Method == mapping.DigitsRandomize {
			return "masked with random digits"
		}
	}
	target := p.Table.Target.Column(c.Name)
	switch {
	case !transform.Steady(p.Table.Plan, c):
		return "made by an expression that has another value each time"
	case c.Expression == "" && c.Source == nil:
		return "added by the mapping without a value"
	case p.SkipLOBs && (c.Source != nil && c.Source.Type.Kind.IsLOB() || target.Type.Kind.IsLOB()):
		return "a large object (SkipLobColumns)"
	}
	return ""
}

// pairUp sets up both sides and the rules between their columns.
func (p *pair) pairUp() error {
	p.source = &side{name: "source", snapshot: p.Config.Source, table: p.plan.Source, where: p.plan.Where, pair: p}
	p.target = &side{name: "target", snapshot: p.Config.Target, table: p.Table.Target, pair: p}
	var layouts []change.Layout
	for _, c := range transform.ReadColumns(p.plan) {
		var l change.Layout
		switch {
		case p.functions[c] != "":
			l = change.Text
		case p.native(c):
			l = change.Native
		default:
			l = p.Config.Source.Layout(c)
		}
		p.source.read = append(p.source.read, connector.ReadColumn{Column: c, Layout: l, Expression: p.functions[c]})
		layouts = append(layouts, l)
	}
	t, err := transform.New(p.plan, layouts, p.Options)
	if err != nil {
		return err
	}
	p.source.transform = func() (*transform.Transformer, error) { return transform.New(p.plan, layouts, p.Options) }
	for i := range p.plan.Columns {
		c := &p.plan.Columns[i]
		there := p.Table.Target.Column(c.Name)
		if there == nil {
			return fmt.Errorf("target table %s has no column %q", p.Table.Target.Name, c.Name)
		}
		a := held{t.Layouts()[i], t.Types()[i]}
		b := held{p.Config.Target.Layout(there), there.Type}
		f, function := p.ofTarget[i]
		switch {
		case f != "":
			b = held{change.Text, datatype.Type{Kind: datatype.WString}}
		case a.layout == change.Native:
			b.layout = change.Native
		}
		p.target.read = append(p.target.read, connector.ReadColumn{Column: there, Layout: b.layout, Expression: f})
		p.written = append(p.written, there)
		if i >= p.compared {
			continue
		}
		r := ruleFor(a, b)
		r.limit = p.limit(a.kind, b.kind, r)
		r.digest = r.digest && !function
		p.columns = append(p.columns, column{name: c.Name, source: c.Source, target: there, rule: r, function: function})
	}
	p.source.layouts, p.target.layouts = t.Layouts(), layoutsOf(p.target.read)
	return nil
}

func layoutsOf(read []connector.ReadColumn) (out []change.Layout) {
	for _, c := range read {
		out = append(out, c.Layout)
	}
	return out
}

// limit is how many canonical bytes of a large object are compared.
func (p *pair) limit(a, b datatype.Type, r rule) int {
	if p.PartialLOB <= 0 || !a.Kind.IsLOB() && !b.Kind.IsLOB() {
		return 0
	}
	if r.form == connector.Hex && r.how == byForm {
		return 1 + 2*p.PartialLOB
	}
	return p.PartialLOB
}

// native reports whether a source column is compared in the engine's own bytes: where its types are loose, nothing else is exact.
func (p *pair) native(c *catalog.Column) bool {
	filtered := slices.ContainsFunc(p.plan.Where, func(w catalog.Predicate) bool { return w.Column == c.Name })
	function := slices.ContainsFunc(p.plan.Columns, func(x mapping.ColumnPlan) bool { return x.Source == c && x.Compare != nil })
	if p.Like != catalog.SQLite || filtered || function || !transform.MayBeNative(p.plan, c, p.Options) {
		return false
	}
	for _, x := range p.plan.Columns {
		there := p.Table.Target.Column(x.Name)
		if x.Source == c && (there == nil || there.NativeType != c.NativeType) {
			return false
		}
	}
	return true
}

// findKey is the key that rows are matched by, as indexes into the columns: the mapping's, the source's, or the target's.
func (p *pair) findKey() []int {
	if k := p.plan.Key; k != nil {
		if at := p.at(k.Columns); at != nil {
			return at
		}
	}
	for _, names := range keysOf(p.plan.Source) {
		var there []string
		for _, n := range names {
			i := slices.IndexFunc(p.columns, func(c column) bool { return c.source != nil && c.source.Name == n && !c.function })
			if i < 0 || len(p.plan.Columns[i].Masks) > 0 || p.plan.Columns[i].Expression != "" {
				break
			}
			there = append(there, p.columns[i].name)
		}
		if len(there) == len(names) {
			return p.at(there)
		}
	}
	for _, names := range keysOf(p.Table.Target) {
		if at := p.at(names); at != nil {
			return at
		}
	}
	return nil
}

// keysOf lists the keys of a table that hold no nulls, the primary key first.
func keysOf(t *catalog.Table) (keys [][]string) {
	if t.PrimaryKey != nil {
		keys = append(keys, t.PrimaryKey.Columns)
	}
	for _, u := range t.Uniques {
		if !slices.ContainsFunc(u.Columns, func(n string) bool { c := t.Column(n); return c == nil || !c.NotNull }) {
			keys = append(keys, u.Columns)
		}
	}
	return keys
}

func (p *pair) at(names []string) (out []int) {
	for _, n := range names {
		i := slices.IndexFunc(p.columns, func(c column) bool { return c.name == n && !c.function })
		if i < 0 {
			return nil
		}
		out = append(out, i)
	}
	return out
}

// push lets the databases compute digests, where they can.
func (p *pair) push() {
	common := !slices.ContainsFunc(p.columns, func(c column) bool { return !c.digest })
	untouched := p.Options.Characters == nil
	for i := range p.columns {
		untouched = untouched && p.plan.Columns[i].Untouched() && !p.columns[i].function
	}
	source, sourceDigests := p.Config.Source.(connector.Digester)
	target, targetDigests := p.Config.Target.(connector.Digester)
	if untouched && sourceDigests && targetDigests {
		own := source.Own(p.sourceColumns())
		if own != "" && own == target.Own(p.targetColumns()) {
			p.source.digester, p.target.digester, p.own, p.pushed = source, target, true, true
			return
		}
	}
	if !common {
		return
	}
	if untouched && sourceDigests && renders(source, p.sourceColumns(), p.columns) {
		p.source.digester = source
	}
	if targetDigests && renders(target, p.targetColumns(), p.columns) {
		p.target.digester = target
	}
	p.pushed = p.source.digester != nil || p.target.digester != nil
	for i := range p.columns {
		c := &p.columns[i]
		c.alike = p.source.digester != nil && p.target.digester != nil && c.form == connector.Number && alike(c.source, c.target)
	}
}

// joinedBytes is what the rows of a bucket may take on average to be joined.
const joinedBytes = 16 << 20

// joinable reports whether both databases can join the rows of a bucket: in the order of whole numbers, on which all agree, and in memory.
func (p *pair) joinable() bool {
	if p.own || p.source.digester == nil || p.target.digester == nil || len(p.keys) != 1 {
		return false
	}
	known := false
	for _, t := range []*catalog.Table{p.source.table, p.target.table} {
		if t.Rows > 0 && t.Bytes >= 0 {
			known = true
			if t.Bytes/t.Rows*p.partitionRows() > joinedBytes {
				return false
			}
		}
	}
	key := &p.columns[p.keys[0]]
	by := func(t *catalog.Table, c *catalog.Column) bool {
		return c.Type.Kind.IsInteger() && t.PrimaryKey != nil && slices.Equal(t.PrimaryKey.Columns, []string{c.Name}) && t.PartitionBy == "" && len(t.Partitions) == 0
	}
	return known && by(p.source.table, key.source) && by(p.target.table, key.target)
}

// alike reports whether all values of two columns are printed with as many digits after the point.
func alike(a, b *catalog.Column) bool {
	declared := func(c *catalog.Column) bool {
		return c.Type.Kind == datatype.Numeric && c.Type.Precision > 0 && c.Type.Scale >= 0
	}
	return declared(a) && declared(b) && a.Type.Scale == b.Type.Scale
}

func renders(d connector.Digester, of []*catalog.Column, columns []column) bool {
	for i, c := range columns {
		if !d.Renders(of[i], c.form) {
			return false
		}
	}
	return true
}

func (p *pair) sourceColumns() (out []*catalog.Column) {
	for _, c := range p.columns {
		out = append(out, c.source)
	}
	return out
}

func (p *pair) targetColumns() (out []*catalog.Column) {
	for _, c := range p.columns {
		out = append(out, c.target)
	}
	return out
}
