package postgres

import (
	"cmp"
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// loadObjects gathers everything that has no structure of its own in a catalog, and puts it in order.
func (in *inspector) loadObjects(ctx context.Context) error {
	steps := []func(context.Context) error{
		in.loadExtensions, in.loadCollations, in.loadUserTypes, in.loadDomains, in.loadRanges, in.loadFunctions, in.loadAggregates,
		in.loadOperators, in.loadOperatorClasses, in.loadCasts, in.loadTextSearch, in.loadMachinery, in.loadViewExtras,
		in.loadTriggers, in.loadRules, in.loadPolicies, in.loadStatistics, in.loadIndexAttachments, in.loadExtensionDependencies,
		in.loadDependencies, in.placeViews,
	}
	if in.o.Objects {
		steps = append(steps, in.loadLateDefaults, in.loadLateChecks)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if in.o.Objects {
		in.orderObjects()
	} else {
		in.nameObjects()
	}
	if err := in.loadEventTriggers(ctx); err != nil {
		return err
	}
	if err := in.loadNotCarried(ctx); err != nil {
		return err
	}
	if err := in.loadRights(ctx); err != nil {
		return err
	}
	for _, s := range in.cat.Schemas {
		slices.SortStableFunc(s.Objects, compareObjects)
	}
	return nil
}

// compareObjects orders what belongs to tables: by stage and kind, comments and dependencies after what they are on, event triggers
// last. The kinds of one stage need nothing of each other but for "trigger state", which follows "trigger" as it should.
func compareObjects(a, b catalog.Object) int {
	last := func(o catalog.Object) int {
		return slices.Index([]string{"extension dependency", "comment", "event trigger"}, o.Kind)
	}
	return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(last(a), last(b)), cmp.Compare(a.Kind, b.Kind),
		compareNames(catalog.Name{Schema: a.Name.Schema, Name: a.Table}, catalog.Name{Schema: b.Name.Schema, Name: b.Table}), compareNames(a.Name, b.Name))
}

// tableObject lists something that belongs to a table.
func (in *inspector) tableObject(r *relation, kind, name string, stage catalog.Stage, ddl ...string) {
	in.tableObjectDetail(r, kind, name, "", stage, ddl...)
}

func (in *inspector) tableObjectDetail(r *relation, kind, name, detail string, stage catalog.Stage, ddl ...string) {
	if !in.o.Objects && !in.o.Names {
		return
	}
	s := in.schema(r.name.Schema)
	s.Objects = append(s.Objects, catalog.Object{
		Kind: kind, Name: catalog.Name{Schema: r.name.Schema, Name: name}, Table: r.name.Name, Stage: stage, DDL: ddl,
		Needs: []catalog.Name{r.name}, Detail: detail,
	})
}

// notCarried lists something that only a report can carry; its Detail is the reason.
func (in *inspector) notCarried(o catalog.Object) {
	if !in.o.Objects && !in.o.Names {
		return
	}
	if s := in.schemas[o.Name.Schema]; s != nil {
		s.Objects = append(s.Objects, o)
		return
	}
	in.cat.Objects = append(in.cat.Objects, o)
}

// commentOn appends a COMMENT statement, if there is a comment.
func commentOn(ddl []string, on, text string) []string {
	if text == "" {
		return ddl
	}
	return append(ddl, "COMMENT ON "+on+" IS "+quoteLiteral(text))
}

// own is the condition that object x of a system catalog, in schema n, is the user's and not an extension's. What the
// system brings has numbers below 16384.
func own(class string) string {
	return "x.oid >= 16384 AND " + userSchema + " AND " + notMemberOf(class)
}

func notMemberOf(class string) string {
	return `NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.` + class + `'::regclass AND m.objid = x.oid AND m.deptype = 'e')`
}

// notInternal is the condition that x did not come with another object, as a multirange's functions do with its range.
func notInternal(class string) string {
	return `NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = 'pg_catalog.` + class + `'::regclass AND i.objid = x.oid AND i.deptype = 'i')`
}

func description(class string) string {
	return "coalesce(pg_catalog.obj_description(x.oid, '" + class + "'), '')"
}
