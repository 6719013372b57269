package convert

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// reported returns the texts of a report in one string.
func reported(r *Result) string {
	var b strings.Builder
	for _, n := range r.Report {
		b.WriteString(n.Text + "\n")
	}
	return b.String()
}

// only leaves the named tables in a plan.
func only(p *mapping.Plan, names ...string) {
	p.Tables = slices.DeleteFunc(p.Tables, func(t *mapping.TablePlan) bool { return !slices.Contains(names, t.Source.Name.Name) })
}

func TestTypesOfSelectedTablesGoAlong(t *testing.T) {
	source := postgresShop()
	types := &catalog.Schema{Name: "kinds", Objects: []catalog.Object{
		{Kind: "domain", Name: named("kinds", "word"), Stage: catalog.BeforeTables, DDL: []string{"CREATE DOMAIN kinds.word AS text"}},
		{Kind: "type", Name: named("kinds", "pair"), Stage: catalog.BeforeTables, DDL: []string{"CREATE TYPE kinds.pair AS (a kinds.word, b integer)"}},
		{Kind: "type", Name: named("kinds", "unused"), Stage: catalog.BeforeTables, DDL: []string{"CREATE TYPE kinds.unused AS ENUM ()"}},
	}}
	source.Schemas = append(source.Schemas, types)
	events := source.Table(named("shop", "events"))
	events.Columns[1].NativeType = "kinds.pair"
	plan := planFor(source, "shop")
	delete(plan.Schemas, "kinds")
	only(plan, "events", "events_past")

	for _, secondary := range []bool{true, false} {
		r, err := Convert(Input{Source: source, Plan: plan, To: toPostgres, Options: Options{SecondaryObjects: secondary}})
		require.NoError(t, err)
		var got []string
		for _, o := range r.Objects {
			got = append(got, o.Name.String())
		}
		require.Subset(t, got, []string{"citext", "kinds.word", "kinds.pair"})
		require.NotContains(t, got, "kinds.unused")
		require.Equal(t, "kinds", r.Schemas[0].Name)
		require.Equal(t, secondary, slices.Contains(got, "shop.touch"))
		if secondary {
			require.Contains(t, reported(r), "Trigger shop.touched on table orders is not carried over, because its table orders is not selected.")
			require.Contains(t, reported(r), "View shop.happy is not carried over, because it refers to shop.customers, which does not go along.")
		}
	}
}

func TestTextsThatMentionRenamedThingsStayBehind(t *testing.T) {
	source := postgresShop()
	shop := source.Schemas[0]
	shop.Objects = append(shop.Objects,
		catalog.Object{Kind: "function", Name: named("shop", "count"), DDL: []string{"CREATE FUNCTION shop.count() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM customers $$"}},
		catalog.Object{Kind: "policy", Name: named("shop", "own"), Table: "orders", Stage: catalog.AtEnd, DDL: []string{"CREATE POLICY own ON shop.orders USING (no > 0)"}},
		catalog.Object{Kind: "subscription", Name: named("", "feed"), Detail: "subscriptions hold passwords"},
	)
	plan := planFor(source, "shop")
	for _, p := range plan.Tables {
		switch p.Source.Name.Name {
		case "customers":
			p.Target.Name = "clients"
		case "orders":
			p.Columns[6].Name = "number"
		}
	}
	r, err := Convert(Input{Source: source, Plan: plan, To: toPostgres, Options: everything})
	require.NoError(t, err)
	text := reported(r)
	require.Contains(t, text, `Function shop.count is not carried over, because its text mentions "customers", which is called "clients" on the target.`)
	require.Contains(t, text, "Policy shop.own on table orders is not carried over, because it refers to shop.orders, of which columns are renamed or removed.")
	require.Contains(t, text, "Subscription feed is not carried over, because subscriptions hold passwords.")
	require.Len(t, r.Views, 1)
	require.Equal(t, []string{`CREATE VIEW shop.happy AS SELECT id FROM "shop"."clients"`}, r.Views[0].DDL)
	i := slices.IndexFunc(r.Tables, func(t *Table) bool { return t.Target.Name.Name == "orders" })
	require.Equal(t, named("shop", "clients"), r.Tables[i].Target.ForeignKeys[0].Table)
	require.Empty(t, r.Tables[i].Target.ForeignKeys[0].DDL)
}

func TestPartitionsWithoutTheirParent(t *testing.T) {
	source := postgresShop()
	plan := planFor(source, "shop")
	only(plan, "events_past")
	for _, to := range []Target{toPostgres, toMariaDB} {
		r, err := Convert(Input{Source: source, Plan: plan, To: to, Options: everything})
		require.NoError(t, err)
		require.Len(t, r.Tables, 1)
		require.False(t, r.Tables[0].Folded)
		require.Nil(t, r.Tables[0].Target.PartitionOf)
		require.Contains(t, reported(r), "the table it is a partition of, shop.events, is not selected")
	}
}

func TestInheritanceNeedsAllParents(t *testing.T) {
	source := postgresShop()
	parent, child := source.Table(named("shop", "events")), source.Table(named("shop", "orders"))
	parent.PartitionBy = ""
	child.Inherits, child.Needs = []catalog.Name{parent.Name}, []catalog.Name{parent.Name}
	child.Columns = append(child.Columns, &catalog.Column{Name: "what", NativeType: "text", BaseType: "text", Inherited: true}, &catalog.Column{Name: "day", NativeType: "date", BaseType: "date", NotNull: true, NotNullAs: "INHERITED", Inherited: true})
	for _, selected := range []bool{true, false} {
		plan := planFor(source, "shop")
		if !selected {
			only(plan, "orders", "customers")
		}
		r, err := Convert(Input{Source: source, Plan: plan, To: toPostgres, Options: everything})
		require.NoError(t, err)
		got := r.Tables[len(r.Tables)-1].Target
		require.Equal(t, selected, len(got.Inherits) == 1)
		require.Equal(t, selected, len(got.Needs) == 1)
		require.Equal(t, selected, got.Column("day").Inherited)
		require.Equal(t, selected, got.Column("day").NotNullAs != "")
	}
}

func TestAttributesThatNameAnIndex(t *testing.T) {
	source := postgresShop()
	orders := source.Table(named("shop", "orders"))
	orders.Native = map[string]string{"cluster": "orders_ref", "replica identity": `USING INDEX "orders_ref"`, "with": "fillfactor=70"}
	plan := planFor(source, "shop")
	r, err := Convert(Input{Source: source, Plan: plan, To: toPostgres, Options: everything})
	require.NoError(t, err)
	require.Equal(t, orders.Native, r.Tables[4].Target.Native)

	plan.Tables[4].Columns = slices.Delete(plan.Tables[4].Columns, 4, 5) // ref
	r, err = Convert(Input{Source: source, Plan: plan, To: toPostgres, Options: everything})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"with": "fillfactor=70"}, r.Tables[4].Target.Native)
	require.Contains(t, reported(r), `index "orders_ref" is not on the target`)
}

func TestKeysOverTextOfMySQL(t *testing.T) {
	table := tableOf(pg, named("s", "t"), "a text", "b jsonb", "c varchar(2000)", "d text")
	table.Uniques = []*catalog.Key{{Name: "u", Columns: []string{"b"}}}
	table.Indexes = []*catalog.Index{
		{Name: "plain", Parts: []catalog.IndexPart{{Column: "a"}, {Column: "c"}, {Column: "d"}, {Column: "a"}}},
		{Name: "json", Parts: []catalog.IndexPart{{Column: "b"}}},
	}
	source := &catalog.Catalog{Family: pg, Schemas: []*catalog.Schema{{Name: "s", Tables: []*catalog.Table{table}}}}
	r, err := Convert(Input{Source: source, Plan: planFor(source, "s"), To: toMariaDB, Options: everything})
	require.NoError(t, err)
	got := r.Tables[0].Target
	require.Equal(t, "varchar(768)", got.Column("b").NativeType, "a json in a key is a text")
	require.Len(t, got.Uniques, 1)
	require.Len(t, got.Indexes, 2)
	for _, p := range got.Indexes[0].Parts {
		require.Equal(t, 192, p.Length)
	}
}
