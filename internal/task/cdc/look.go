package cdc

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// looks describes the tables that statements concern, as far as statements may change it.
func (p *pipe) looks(ctx context.Context, b *begun, ss []catalog.Statement) (string, error) {
	var names []catalog.Name
	if b.Target != nil {
		names = append(names, b.Target.Name)
	}
	for _, s := range ss {
		if s.Makes.Kind == catalog.TableRef && !slices.Contains(names, s.Makes.Name) {
			names = append(names, s.Makes.Name)
		}
	}
	found, err := p.Target.Describe(ctx, names)
	if err != nil {
		return "", fmt.Errorf("look at the target's tables before a change of structure: %w", err)
	}
	looks := make([]*look, len(names))
	for i, n := range names {
		if e := found[n]; e != nil {
			looks[i] = looksLike(e.Table)
		}
	}
	text, err := json.Marshal(looks)
	if err != nil {
		return "", fmt.Errorf("describe the target's tables: %w", err)
	}
	return string(text), nil
}

// look is what DDL may change of a table.
type look struct {
	Columns []catalog.Column
	Primary *catalog.Key
	Uniques []*catalog.Key
	Indexes []*catalog.Index
	// Partitions are those of a table that stays one with them.
	Partitions []string `json:",omitempty"`
}

func looksLike(t *catalog.Table) *look {
	l := &look{Primary: t.PrimaryKey, Uniques: t.Uniques, Indexes: t.Indexes, Partitions: t.Partitions}
	for _, c := range t.Columns {
		as := *c
		as.Identity = catalog.Identity{Kind: c.Identity.Kind} // the next number changes with the rows
		as.Number = 0
		l.Columns = append(l.Columns, as)
	}
	return l
}
