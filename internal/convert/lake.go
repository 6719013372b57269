package convert

import (
	"cmp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// leftBecause says why a target takes nothing but tables with their columns and primary keys.
var leftBecause = map[catalog.Family]string{
	catalog.Lake:     "files hold rows alone",
	catalog.Redshift: "Redshift has no indexes, enforces no constraints, and is given tables with their primary keys alone",
}

// leftBehind reports what was asked for beside the rows, and the target is not given.
func (c *converter) leftBehind() {
	why := leftBecause[c.to]
	for _, t := range c.tables {
		if t.Plan.View != nil {
			continue
		}
		s := t.Plan.Source
		for _, k := range s.Uniques {
			c.leftPart("unique constraint", s, k.Name, k.Columns)
		}
		for _, x := range s.Indexes {
			var columns []string
			for _, p := range x.Parts {
				columns = append(columns, cmp.Or(p.Column, "an expression"))
			}
			c.leftPart("index", s, x.Name, columns)
		}
		for _, k := range s.ForeignKeys {
			c.leftPart("foreign key", s, k.Name, k.Columns)
		}
		for _, k := range s.Checks {
			c.leftPart("check constraint", s, k.Name, []string{k.Expression})
		}
	}
	for _, v := range c.viewsInOrder() {
		c.noteObject(catalog.Object{Kind: viewKind(v), Name: v.Name}, why)
	}
	for _, s := range c.selectedSchemas() {
		for _, q := range s.Sequences {
			c.noteObject(catalog.Object{Kind: "sequence", Name: q.Name}, why)
		}
	}
	for _, o := range c.allObjects() {
		if _, selected := c.schemaNames[o.Name.Schema]; selected && o.ByHand == "" && !isStep(o.Kind) {
			c.noteObject(o, why)
		}
	}
}

func (c *converter) leftPart(kind string, s *catalog.Table, name string, columns []string) {
	of := ""
	if len(columns) > 0 {
		of = " (" + strings.Join(columns, ", ") + ")"
	}
	if name != "" {
		of = " " + name + of
	}
	c.notePart(kind, s, cmp.Or(name, strings.Join(columns, ", ")), NotCarried, "%s%s of table %s is not carried over, because %s.", capital(kind), of, s.Name, leftBecause[c.to])
	c.result.Report[len(c.result.Report)-1].Reason = leftBecause[c.to]
}
