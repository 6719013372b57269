package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const viewsQuery = `SELECT table_schema, table_name, COALESCE(view_definition, ''), check_option, security_type, character_set_client, collation_connection, ALGORITHM_COLUMN
FROM information_schema.views WHERE %s`

func (i *inspector) readViews(ctx context.Context) error {
	if len(i.views) == 0 {
		return nil
	}
	algorithm := "'UNDEFINED'"
	if i.release.flavour == MariaDB {
		algorithm = "algorithm"
	}
	err := i.each(ctx, "views", strings.Replace(viewsQuery, "ALGORITHM_COLUMN", algorithm, 1), "table_schema", "table_name", func(scan scanFunc) error {
		var n catalog.Name
		var query, check, security, charset, collation, algorithm string
		if err := scan(&n.Schema, &n.Name, &query, &check, &security, &charset, &collation, &algorithm); err != nil {
			return err
		}
		v := i.views[n]
		if v == nil {
			return nil
		}
		if query == "" && i.o.Objects {
			return &connector.Error{
				Class: connector.Denied, Err: fmt.Errorf("view %s: the server does not show its definition to this user", n), Remedy: "GRANT SHOW VIEW",
			}
		}
		v.Query = query
		v.Needs = i.mentioned(query, n)
		for _, needed := range i.mentionedBeyond(query) {
			i.beyond[needed] = append(i.beyond[needed], v)
		}
		create := fmt.Sprintf("CREATE ALGORITHM=%s SQL SECURITY %s VIEW %s AS %s", algorithm, security, quoteTable(n), query)
		if check != "NONE" {
			create += " WITH " + check + " CHECK OPTION"
		}
		v.DDL = habits{charset: charset, collation: collation}.around(create)
		return nil
	})
	if err != nil {
		return err
	}
	return i.needBeyond(ctx)
}

// mentionedBeyond finds what a view's definition may mean in databases that are left out: the name of a table's alias can be
// that of a database too.
func (i *inspector) mentionedBeyond(query string) []catalog.Name {
	found := map[catalog.Name]bool{}
	for _, chain := range identifierChains(query) {
		if len(chain) > 1 && i.leftOut[chain[0]] {
			found[catalog.Name{Schema: chain[0], Name: chain[1]}] = true
		}
	}
	return slices.Collect(maps.Keys(found))
}

// needBeyond asks which of those names are there.
func (i *inspector) needBeyond(ctx context.Context) error {
	byName := func(a, b catalog.Name) int { return strings.Compare(a.String(), b.String()) }
	for _, n := range slices.SortedFunc(maps.Keys(i.beyond), byName) {
		var there bool
		const query = "SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?)"
		if err := i.q.QueryRowContext(ctx, query, n.Schema, n.Name).Scan(&there); err != nil {
			return fmt.Errorf("inspect what views need: %w", err)
		}
		for _, v := range i.beyond[n] {
			if there {
				v.Needs = append(v.Needs, n)
			}
		}
	}
	return nil
}

// mentioned finds the tables and views a view's definition names. The servers keep the definition with every name
// quoted and every table qualified, so that the first two names of each dotted chain are looked up.
func (i *inspector) mentioned(query string, self catalog.Name) []catalog.Name {
	var needs []catalog.Name
	seen := map[catalog.Name]bool{self: true}
	for _, chain := range identifierChains(query) {
		if len(chain) < 2 {
			continue
		}
		n := catalog.Name{Schema: chain[0], Name: chain[1]}
		if seen[n] || (i.tables[n] == nil && i.views[n] == nil) {
			continue
		}
		seen[n] = true
		needs = append(needs, n)
	}
	return needs
}

// sortViews puts each schema's views in an order in which they can be created, and the schemas in the order in which
// their last views can. Schemas whose views need each other both ways have no such order: creating those views goes by
// Needs.
func (i *inspector) sortViews() {
	place := make(map[catalog.Name]int)
	last := make(map[string]int)
	for n, v := range i.creationOrder() {
		place[v.Name] = n
		last[v.Name.Schema] = n + 1
	}
	for _, s := range i.catalog.Schemas {
		sortBy(s.Views, func(v *catalog.View) int { return place[v.Name] })
	}
	sortBy(i.catalog.Schemas, func(s *catalog.Schema) int { return last[s.Name] })
}

// creationOrder lists all views, those that others need first.
func (i *inspector) creationOrder() []*catalog.View {
	var order []*catalog.View
	done := make(map[catalog.Name]bool)
	var visit func(v *catalog.View)
	visit = func(v *catalog.View) {
		if done[v.Name] {
			return
		}
		done[v.Name] = true
		for _, n := range v.Needs {
			if needed := i.views[n]; needed != nil {
				visit(needed)
			}
		}
		order = append(order, v)
	}
	for _, s := range i.catalog.Schemas {
		for _, v := range s.Views {
			visit(v)
		}
	}
	return order
}
