package postgres

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

const viewsQuery = `SELECT c.oid, pg_get_viewdef(c.oid), c.relispopulated FROM rel c WHERE c.relkind IN ('v', 'm')`

// viewNeedsQuery pairs views with the relations their rules refer to.
const viewNeedsQuery = `SELECT DISTINCT r.ev_class, p.refobjid FROM pg_catalog.pg_rewrite r JOIN rel c ON c.oid = r.ev_class
	JOIN pg_catalog.pg_depend p ON p.classid = 'pg_catalog.pg_rewrite'::regclass AND p.objid = r.oid AND p.refclassid = 'pg_catalog.pg_class'::regclass
	WHERE c.relkind IN ('v', 'm') AND r.rulename = '_RETURN' AND p.refobjid <> r.ev_class`

func (in *inspector) loadViews(ctx context.Context) error {
	err := in.each(ctx, "views", in.rel()+viewsQuery, func(rows pgx.Rows) error {
		var oid uint32
		var query string
		var populated bool
		if err := rows.Scan(&oid, &query, &populated); err != nil {
			return err
		}
		r := in.relations[oid]
		if r == nil {
			return nil
		}
		r.view.Query = strings.TrimSuffix(query, ";")
		r.refresh = r.kind == 'm' && populated
		return nil
	})
	if err != nil {
		return err
	}
	err = in.each(ctx, "what views read", in.rel()+viewNeedsQuery, func(rows pgx.Rows) error {
		var view, needed uint32
		if err := rows.Scan(&view, &needed); err != nil {
			return err
		}
		v, n := in.relations[view], in.relations[needed]
		if v != nil && n != nil && n.kind != 'S' {
			v.needs = append(v.needs, n)
			v.view.Needs = appendName(v.view.Needs, n.name)
		}
		return nil
	})
	for _, r := range in.relations {
		if r.view != nil {
			slices.SortFunc(r.view.Needs, compareNames)
		}
	}
	return err
}

// orderViews puts views into their schemas, each after those it reads.
func (in *inspector) orderViews() {
	done := map[*relation]bool{}
	var visit func(r *relation)
	visit = func(r *relation) {
		if r.view == nil || done[r] {
			return
		}
		done[r] = true
		for _, n := range r.needs {
			visit(n)
		}
		s := in.schema(r.name.Schema)
		s.Views = append(s.Views, r.view)
	}
	for _, r := range in.sortedRelations() {
		visit(r)
	}
}

// sortedRelations lists relations by name.
func (in *inspector) sortedRelations() []*relation {
	all := slices.Collect(maps.Values(in.relations))
	slices.SortFunc(all, func(a, b *relation) int { return compareNames(a.name, b.name) })
	return all
}

func compareNames(a, b catalog.Name) int {
	return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name))
}
