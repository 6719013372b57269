package convert

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// views carries the views of the selected schemas that are not selected as tables.
func (c *converter) views() {
	if !c.in.Options.SecondaryObjects {
		return
	}
	carried := map[catalog.Name]bool{}
	for _, v := range c.viewsInOrder() {
		copied, why := c.view(v, carried)
		if why != "" {
			c.noteObject(catalog.Object{Kind: viewKind(v), Name: v.Name}, why)
			continue
		}
		carried[v.Name] = true
		c.result.Views = append(c.result.Views, copied)
	}
}

// viewsInOrder lists the views that do not become tables, each after those it reads, which may be in other schemas.
func (c *converter) viewsInOrder() []*catalog.View {
	left := map[catalog.Name]*catalog.View{}
	var all, ordered []*catalog.View
	for _, s := range c.selectedSchemas() {
		for _, v := range s.Views {
			if c.names.tables[v.Name] == nil {
				left[v.Name] = v
				all = append(all, v)
			}
		}
	}
	var place func(v *catalog.View)
	place = func(v *catalog.View) {
		if left[v.Name] == nil {
			return
		}
		delete(left, v.Name) // before its needs, so that a circle ends
		for _, n := range v.Needs {
			if needed := left[n]; needed != nil {
				place(needed)
			}
		}
		ordered = append(ordered, v)
	}
	for _, v := range all {
		place(v)
	}
	return ordered
}

func viewKind(v *catalog.View) string {
	if v.Materialized {
		return "materialized view"
	}
	return "view"
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (c *converter) selectedSchemas() []*catalog.Schema {
	var selected []*catalog.Schema
	for _, s := range c.in.Source.Schemas {
		if _, ok := c.schemaNames[s.Name]; ok {
			selected = append(selected, s)
		}
	}
	return selected
}

func (c *converter) view(v *catalog.View, carried map[catalog.Name]bool) (*catalog.View, string) {
	if !c.like {
		return nil, "its query is written for another engine: write it on the target by hand"
	}
	if why := c.unmet(v.Needs, carried); why != "" {
		return nil, why
	}
	s := scope{family: c.from, names: c.names, schema: v.Name.Schema}
	copied := *v
	copied.Name.Schema = c.schemaNames[v.Name.Schema]
	var err error
	if copied.Query, err = s.rewrite(v.Query); err != nil {
		return nil, err.Error()
	}
	if copied.DDL, err = s.rewriteAll(v.DDL); err != nil {
		return nil, err.Error()
	}
	copied.Indexes = nil
	for _, x := range v.Indexes {
		index := *x
		if index.DDL, err = s.rewrite(x.DDL); err != nil {
			return nil, "of its index " + x.Name + ": " + err.Error()
		}
		copied.Indexes = append(copied.Indexes, &index)
	}
	return &copied, ""
}

// unmet says which of the things something refers to keeps it from going along, or nothing.
func (c *converter) unmet(needs []catalog.Name, views map[catalog.Name]bool) string {
	for _, n := range needs {
		t := c.names.tables[n]
		switch {
		case t == nil && views[n]:
		case t == nil:
			return "it refers to " + n.String() + ", which does not go along"
		case t.renamedColumns():
			return "it refers to " + n.String() + ", of which columns are renamed or removed"
		}
	}
	return ""
}

func (s scope) rewriteAll(statements []string) ([]string, error) {
	var rewritten []string
	for _, sql := range statements {
		text, err := s.rewrite(sql)
		if err != nil {
			return nil, err
		}
		rewritten = append(rewritten, text)
	}
	return rewritten, nil
}

// sequences carries the sequences that belong to no column.
func (c *converter) sequences() {
	if !c.in.Options.SecondaryObjects {
		return
	}
	able := c.like || c.from == catalog.PostgreSQL && c.in.To.Engine == "mariadb" || c.from == catalog.MySQL && c.to == catalog.PostgreSQL
	for _, s := range c.selectedSchemas() {
		for _, q := range s.Sequences {
			if !able {
				c.noteObject(catalog.Object{Kind: "sequence", Name: q.Name}, "the target has no sequences")
				continue
			}
			copied := *q
			copied.Name.Schema = c.schemaNames[q.Name.Schema]
			copied.DDL = nil
			if ddl, err := (scope{family: c.from, names: c.names, schema: q.Name.Schema}).rewriteAll(q.DDL); err == nil && c.like {
				copied.DDL = ddl
			}
			if !c.like {
				// MariaDB keeps both ends of the range for itself.
				copied.Type = ""
				copied.Max, copied.Min = min(copied.Max, math.MaxInt64-1), max(copied.Min, math.MinInt64+1)
			}
			c.result.Sequences = append(c.result.Sequences, &copied)
		}
	}
}

// objects carries what only the family understands, or reports it by name.
func (c *converter) objects() {
	views := map[catalog.Name]bool{}
	for _, s := range c.selectedSchemas() {
		for _, v := range s.Views {
			views[v.Name] = false
		}
	}
	for _, v := range c.result.Views {
		for from, to := range c.schemaNames {
			if to == v.Name.Schema {
				views[catalog.Name{Schema: from, Name: v.Name.Name}] = true
			}
		}
	}
	types := map[catalog.Name]bool{}
	if c.like && !c.in.Options.DMS {
		types = c.neededTypes()
	}
	for _, o := range c.allObjects() {
		// Which types an extension brings is not known, so it goes along whenever types do.
		needed := c.like && !c.in.Options.DMS && o.Kind == "extension" || types[o.Name] && isType(o.Kind)
		c.object(o, views, needed)
	}
}

func (c *converter) object(o catalog.Object, views map[catalog.Name]bool, needed bool) {
	_, selected := c.schemaNames[o.Name.Schema]
	if !needed && (!c.in.Options.SecondaryObjects || !selected && o.Name.Schema != "") {
		return
	}
	of := catalog.Name{Schema: o.Name.Schema, Name: o.Table}
	if o.ByHand != "" && o.Table != "" && c.names.tables[of] == nil && !views[of] {
		return // an attribute of something that does not go along itself
	}
	var why string
	switch {
	case !c.like && isStep(o.Kind):
		return
	case len(o.DDL) == 0 && (c.like || o.Detail != ""):
		why = "the source gives no statement that would make it"
		if o.Detail != "" {
			why = o.Detail // the connector's reason
		}
	case !c.like && o.Kind != "collation" && isType(o.Kind):
		why = "the target has no types of a user's own: columns of it hold its text"
	case !c.like && o.Kind == "file header":
		why = "only SQLite's files have it"
	case !c.like:
		why = "it is written for another engine"
	case o.Table != "" && c.names.tables[of] == nil && !views[of]:
		why = "its table " + o.Table + " is not selected"
	default:
		needs := o.Needs
		if c.names.tables[of] != nil {
			needs = append([]catalog.Name{of}, needs...)
		}
		why = c.unmet(needs, views)
	}
	if why == "" {
		copied := o
		var err error
		s := scope{family: c.from, names: c.names, schema: o.Name.Schema}
		if copied.DDL, err = s.rewriteAll(o.DDL); err == nil {
			if strings.HasSuffix(o.Kind, "view") {
				views[o.Name] = true
			}
			c.placeObject(&copied)
			return
		}
		why = err.Error()
	}
	c.noteObject(o, why)
}

// noteObject reports what is not carried over, with its reason.
func (c *converter) noteObject(o catalog.Object, why string) {
	n := Note{Kind: o.Kind, Name: o.Name, Outcome: NotCarried, Reason: why, ByHand: o.ByHand}
	if o.ByHand != "" {
		n.Text = fmt.Sprintf("%s %s is not carried over, because %s: %s.", capital(o.Kind), o.Name, why, o.ByHand)
	} else {
		n.Text = fmt.Sprintf("%s %s%s is not carried over, because %s.", capital(o.Kind), o.Name, onTable(o), why)
	}
	c.result.Report = append(c.result.Report, n)
}

// placeObject puts an object under its names on the target.
func (c *converter) placeObject(o *catalog.Object) {
	if t := c.names.tables[catalog.Name{Schema: o.Name.Schema, Name: o.Table}]; t != nil && o.Table != "" {
		o.Table = t.to.Name
	}
	if to, ok := c.schemaNames[o.Name.Schema]; ok {
		o.Name.Schema = to
	} else if o.Name.Schema != "" {
		c.addSchema(o.Name.Schema).Empty = false
	}
	if o.Within != "" && c.schemaNames[o.Within] == "" {
		c.addSchema(o.Within)
	}
	c.result.Objects = append(c.result.Objects, *o)
}

// addSchema makes sure that a schema is made for what goes along though the schema is not selected.
func (c *converter) addSchema(name string) *catalog.Schema {
	for _, s := range c.result.Schemas {
		if s.Name == name {
			return s
		}
	}
	added := c.newSchema(name, name)
	added.Empty = true
	c.result.Schemas = append(c.result.Schemas, added)
	slices.SortFunc(c.result.Schemas, func(a, b *catalog.Schema) int { return strings.Compare(a.Name, b.Name) })
	return added
}

func onTable(o catalog.Object) string {
	if o.Table == "" {
		return ""
	}
	return fmt.Sprintf(" on table %s", o.Table)
}

// neededTypes names the user types that columns of selected tables have, with the types those are made of.
func (c *converter) neededTypes() map[catalog.Name]bool {
	words := map[string]bool{}
	for _, t := range c.tables {
		for _, col := range t.Plan.Source.Columns {
			addWords(words, col.NativeType)
		}
	}
	needed := map[catalog.Name]bool{}
	for again := true; again; {
		again = false
		for _, o := range c.allObjects() {
			if o.Stage != catalog.BeforeTables || !isType(o.Kind) || needed[o.Name] || !words[o.Name.Name] {
				continue
			}
			needed[o.Name] = true
			again = true
			for _, sql := range o.DDL {
				addWords(words, sql)
			}
		}
	}
	return needed
}

func isType(kind string) bool {
	switch kind {
	case "shell type", "type", "domain", "collation":
		return true
	}
	return false
}

// isStep reports whether an object is but a step in making a thing that has a line of its own in the report.
func isStep(kind string) bool {
	return kind == "index attach" || kind == "materialized view data" || kind == "placeholder of view"
}

func addWords(words map[string]bool, sql string) {
	tokens, err := tokenize(catalog.PostgreSQL, sql)
	if err != nil {
		return
	}
	for _, t := range tokens {
		if t.isName() {
			words[t.value] = true
		}
	}
}

func (c *converter) allObjects() []catalog.Object {
	all := slices.Clone(c.in.Source.Objects)
	for _, s := range c.in.Source.Schemas {
		all = append(all, s.Objects...)
	}
	return all
}
