package convert

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// renamedShop is a schema shop that becomes store, with orders renamed to purchases, its column id to order_id and
// date to day, and its column secret removed; customers keeps its name.
func renamedShop(f catalog.Family) scope {
	orders := tableOf(f, catalog.Name{Schema: "shop", Name: "orders"}, "id integer", "qty integer", "date date", "secret text")
	customers := tableOf(f, catalog.Name{Schema: "shop", Name: "customers"}, "id integer")
	renamed := &tableNames{
		to: catalog.Name{Schema: "store", Name: "purchases"}, source: orders,
		columns: map[string]string{"id": "order_id", "qty": "qty", "date": "day"},
	}
	kept := &tableNames{to: catalog.Name{Schema: "store", Name: "customers"}, source: customers, columns: map[string]string{"id": "id"}}
	n := newNames(f, map[string]string{"shop": "store"}, map[catalog.Name]*tableNames{orders.Name: renamed, customers.Name: kept})
	return scope{family: f, names: n, schema: "shop", table: renamed}
}

func TestNamesAreReplacedWhereTheyAreNames(t *testing.T) {
	for _, c := range []struct {
		family    catalog.Family
		sql, want string // want empty: it must fail
		statement bool
	}{
		{pg, "id > 0", `"order_id" > 0`, false},
		{pg, "qty > 0", "qty > 0", false},
		{pg, "'id' || qty", "'id' || qty", false},
		{pg, "/* id */ id -- id", `/* id */ "order_id" -- id`, false},
		{pg, `"id" = orders.id`, `"order_id" = "purchases"."order_id"`, false},
		{pg, `ID = 1`, `"order_id" = 1`, false},
		{pg, `"ID" = 1`, `"ID" = 1`, false},
		{pg, "id(qty)", "id(qty)", false},
		{pg, "qty::id", "qty::id", false},
		{pg, "secret IS NULL", "", false},
		{pg, "date > now()", "", false},
		{pg, `"date" > now()`, `"day" > now()`, false},
		{pg, "nextval('shop.orders_id_seq'::regclass)", `nextval('"store".orders_id_seq'::regclass)`, false},
		{pg, "CREATE INDEX orders_id ON shop.orders USING btree (id, \"date\")", `CREATE INDEX orders_id ON "store"."purchases" USING btree ("order_id", "day")`, false},
		{pg, "CREATE FUNCTION shop.f() AS $$ SELECT 1 $$", `CREATE FUNCTION "store".f() AS $$ SELECT 1 $$`, true},
		{pg, "CREATE FUNCTION shop.f() AS $$ SELECT 1 FROM shop.orders $$", "", true},
		{pg, "SELECT id FROM shop.customers", `SELECT id FROM "store"."customers"`, true},
		{my, "`id` > 0 and `ID` < 9", "`order_id` > 0 and `order_id` < 9", false},
		{my, "select `shop`.`orders`.`qty` from `shop`.`orders`", "select `store`.`purchases`.`qty` from `store`.`purchases`", true},
		{my, "\"id\"", "\"id\"", false},
		{sl, "CREATE INDEX x ON orders(id)", `CREATE INDEX x ON "purchases"("order_id")`, false},
		{sl, "[id] > 0", `"order_id" > 0`, false},
		{pg, "'open", "", false},
	} {
		s := renamedShop(c.family)
		if c.statement {
			s.table = nil
		}
		got, err := s.rewrite(c.sql)
		if c.want == "" {
			require.Error(t, err, "%s: %s", c.sql, got)
			continue
		}
		require.NoError(t, err, c.sql)
		require.Equal(t, c.want, got)
	}
}

func TestLongNamesAreShortenedStably(t *testing.T) {
	l := limits{max: 12, length: func(s string) int { return len(s) }}
	require.Equal(t, "short", l.fit("short"))
	a, b := l.fit("a_very_long_name_1"), l.fit("a_very_long_name_2")
	require.Len(t, a, 12)
	require.NotEqual(t, a, b)
	require.Equal(t, a, l.fit("a_very_long_name_1"))
	require.LessOrEqual(t, len(l.fit("ééééééééééééé")), 12)

	s := newNamespace(l, true)
	require.Equal(t, "idx", s.take("idx"))
	require.Equal(t, "t_IDX", s.take("IDX", "t_IDX"))
	require.Equal(t, "t_idx_2", s.take("idx", "t_idx"))
	require.Equal(t, "t_idx_3", s.take("idx", "t_idx"))
}
