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

// rank is the place of an object in the order of a migration: the stages, with the views between two of them.
type rank uint8

const (
	beforeTables rank = iota
	afterTables
	afterLoad
	withViews
	atEnd
)

func (r rank) stage() catalog.Stage {
	return [...]catalog.Stage{catalog.BeforeTables, catalog.AfterTables, catalog.AfterLoad, catalog.AtEnd, catalog.AtEnd}[r]
}

// ref is an object as pg_depend names it.
type ref struct {
	class string // the system catalog: "pg_proc"
	oid   uint32
}

// node is an object or a view with what it depends on.
type node struct {
	object catalog.Object
	view   *relation
	stand  *node // the placeholder of a view that is needed earlier
	needs  []*node
	rank   rank
	done   bool
}

// graph holds the objects whose order matters.
type graph map[ref]*node

// add puts an object into the graph.
func (in *inspector) add(class string, oid uint32, o catalog.Object) *node {
	n := &node{object: o}
	in.graph[ref{class, oid}] = n
	return n
}

// dependenciesQuery reads what objects refer to. The rule of a view stands for the view, a composite type's relation
// for the type.
const dependenciesQuery = `SELECT DISTINCT CASE WHEN r.oid IS NOT NULL THEN 'pg_class' ELSE p.classid::regclass::text END, coalesce(r.ev_class, p.objid),
	p.refclassid::regclass::text, p.refobjid
	FROM pg_catalog.pg_depend p LEFT JOIN pg_catalog.pg_rewrite r ON p.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = p.objid AND r.rulename = '_RETURN'
	LEFT JOIN pg_catalog.pg_class c ON p.classid = 'pg_catalog.pg_class'::regclass AND c.oid = p.objid
	WHERE p.objid >= 16384 AND p.refobjid >= 16384 AND p.deptype IN ('n', 'a', 'i') AND p.refclassid <> 'pg_catalog.pg_namespace'::regclass
	AND (r.oid IS NOT NULL OR c.relkind = 'c' OR p.classid <> ALL (ARRAY['pg_catalog.pg_rewrite', 'pg_catalog.pg_class', 'pg_catalog.pg_attrdef',
		'pg_catalog.pg_trigger', 'pg_catalog.pg_policy', 'pg_catalog.pg_statistic_ext']::regclass[]))`

func (in *inspector) loadDependencies(ctx context.Context) error {
	for _, r := range in.relations {
		if r.view != nil {
			in.graph[ref{"pg_class", r.oid}] = &node{view: r, rank: withViews}
		}
	}
	return in.each(ctx, "dependencies", dependenciesQuery, func(rows pgx.Rows) error {
		var from, to ref
		if err := rows.Scan(&from.class, &from.oid, &to.class, &to.oid); err != nil {
			return err
		}
		in.depend(in.canonical(from), in.canonical(to))
		return nil
	})
}

func (in *inspector) depend(from, to ref) {
	n := in.graph[from]
	if n == nil || from == to {
		return
	}
	if shell := in.graph[ref{"shell", to.oid}]; shell != nil && to.class == "pg_type" && in.shellUsers[from] {
		n.needs = append(n.needs, shell)
		return
	}
	switch on := in.graph[to]; {
	case on != nil:
		n.needs = append(n.needs, on)
	case to.class == "pg_class" && in.relations[to.oid] != nil:
		n.rank = max(n.rank, afterTables)
		if r := in.relations[to.oid]; r.table != nil {
			n.object.Needs = appendName(n.object.Needs, r.name)
		}
	case to.class == "pg_constraint":
		n.rank = max(n.rank, afterLoad)
	}
	if on := in.graph[to]; on != nil && on.view != nil {
		n.object.Needs = appendName(n.object.Needs, on.view.name)
	}
}

// canonical maps what is created with something else to that: arrays to their elements, multiranges to their ranges,
// row types to their tables, the relations of composite types to the types.
func (in *inspector) canonical(r ref) ref {
	switch r.class {
	case "pg_amop", "pg_amproc":
		if owner, ok := in.members[r]; ok {
			return owner
		}
	case "pg_class":
		if t := in.composites[r.oid]; t != 0 {
			return ref{"pg_type", t}
		}
	case "pg_type":
		t := in.types[r.oid]
		switch {
		case t == nil:
			return r
		case t.element != 0:
			return in.canonical(ref{"pg_type", t.element})
		case t.kind == 'm':
			return ref{"pg_type", in.ranges[r.oid]}
		case t.kind == 'c' && t.rowKind != 'c':
			return ref{"pg_class", t.row}
		}
	}
	return r
}

// settleRanks finds the order of creation and how late each object must be created.
func (in *inspector) settleRanks() {
	nodes := slices.Collect(maps.Values(in.graph))
	slices.SortFunc(nodes, compareNodes)
	for _, n := range nodes {
		in.ordered = n.visit(in.ordered)
	}
	for _, n := range in.ordered {
		n.spread()
		slices.SortFunc(n.object.Needs, compareNames)
	}
}

// orderObjects lists objects and views so that each stands after what it needs.
func (in *inspector) orderObjects() {
	var refresh []catalog.Object
	for _, n := range in.ordered {
		switch {
		case n.view == nil:
			n.object.Stage = n.rank.stage()
			in.cat.Objects = append(in.cat.Objects, n.object)
		case n.rank <= withViews:
			s := in.schema(n.view.name.Schema)
			s.Views = append(s.Views, n.view.view)
		default:
			in.cat.Objects = append(in.cat.Objects, n.viewObject())
		}
		if n.view != nil && n.view.refresh {
			refresh = append(refresh, refreshObject(n.view.name))
		}
	}
	in.cat.Objects = append(in.cat.Objects, refresh...)
}

// nameObjects lists what is not a view, for a report; views stay where a mapping may select them.
func (in *inspector) nameObjects() {
	in.settleRanks()
	for _, n := range in.ordered {
		if n.view == nil {
			in.cat.Objects = append(in.cat.Objects, n.object)
		}
	}
	in.orderViews()
}

// visit appends what the node needs, then the node. A circle is broken where it is entered.
func (n *node) visit(ordered []*node) []*node {
	if n.done {
		return ordered
	}
	n.done = true
	slices.SortFunc(n.needs, compareNodes)
	for _, d := range n.needs {
		ordered = d.visit(ordered)
	}
	return append(ordered, n)
}

// spread takes over from what the node needs: how late it must be created, and whether it can be at all.
func (n *node) spread() {
	for _, d := range n.needs {
		later := d.rank
		if d.view != nil && n.view == nil {
			later = atEnd
		}
		n.rank = max(n.rank, later)
		if d.view == nil && len(d.object.DDL) == 0 && n.view == nil && len(n.object.DDL) > 0 {
			n.object.DDL = nil
			n.object.Detail = "it needs the " + d.object.Kind + " " + d.object.Name.String() + ", which is not carried over"
		}
	}
}

// viewObject is a view that needs an object of the last stage.
func (n *node) viewObject() catalog.Object {
	v := n.view.view
	o := catalog.Object{Kind: "view", Name: v.Name, Stage: catalog.AtEnd, Needs: v.Needs}
	for _, s := range (Dialect{}).CreateView(v) {
		o.DDL = append(o.DDL, s.SQL)
	}
	if n.stand != nil {
		o.DDL[0] = strings.Replace(o.DDL[0], "CREATE VIEW", "CREATE OR REPLACE VIEW", 1)
	}
	return o
}

// refreshObject fills a materialized view at the end, when everything its query may call exists.
func refreshObject(n catalog.Name) catalog.Object {
	return catalog.Object{Kind: "materialized view data", Name: n, Stage: catalog.AtEnd, Needs: []catalog.Name{n},
		DDL: []string{"REFRESH MATERIALIZED VIEW " + quoteName(n)}}
}

// kindOrder puts kinds that others tend to need first, so that lists read well.
var kindOrder = []string{"extension", "collation", "shell type", "type", "domain", "function", "procedure", "aggregate", "operator", "operator family", "operator class", "operator family members",
	"cast", "access method", "language", "transform", "conversion", "text search parser", "text search template", "text search dictionary", "text search configuration", "view"}

func compareNodes(a, b *node) int {
	x, y := a.sortObject(), b.sortObject()
	return cmp.Or(cmp.Compare(slices.Index(kindOrder, x.Kind), slices.Index(kindOrder, y.Kind)), compareNames(x.Name, y.Name), cmp.Compare(x.Detail, y.Detail))
}

func (n *node) sortObject() catalog.Object {
	if n.view != nil {
		return catalog.Object{Kind: "view", Name: n.view.name}
	}
	return n.object
}
