package convert

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// The sample catalogs are one shop in the words of each engine, with one of everything that converting treats on its own.

func text(s string) *string { return &s }

func named(names ...string) catalog.Name { return catalog.Name{Schema: names[0], Name: names[1]} }

func postgresShop() *catalog.Catalog {
	customers := tableOf(pg, named("shop", "customers"), "id bigint", "email citext", "name varchar(40)", "key uuid", "mood shop.mood",
		"active boolean", "joined timestamptz", "balance numeric", "tags text[]", "doc jsonb", "full_name text", "lower_name text", "ratio double precision")
	c := customers.Columns
	c[0].Identity = catalog.Identity{Kind: catalog.IdentityAlways, Next: 1001, Increase: 5, Sequence: named("shop", "customers_id_seq")}
	c[1].NotNull, c[1].NativeType = true, "public.citext"
	c[3].Default = text("gen_random_uuid()")
	c[4].Type = datatype.Type{Kind: datatype.WString, Length: 5, Hint: datatype.Enum, Values: []string{"happy", "sad"}}
	c[4].BaseType = "enum"
	c[4].Default = text("'happy'::shop.mood")
	c[5].Default, c[5].NotNull = text("true"), true
	c[6].Default = text("now()")
	c[7].Default = text("0.00")
	c[8].Default = text("'{}'::text[]")
	c[9].Default = text("'{}'::jsonb")
	c[10].Generated, c[10].Stored = "((name)::text || '!'::text)", true
	c[11].Generated, c[11].Stored = "md5((name)::text)", true
	c[12].Default = text("random()")
	customers.Comment = "who buys"
	c[2].Comment = "as on the bill"
	customers.PrimaryKey = &catalog.Key{Name: "customers_pkey", Columns: []string{"id"}, DDL: "PRIMARY KEY (id)"}
	customers.Uniques = []*catalog.Key{
		{Name: "customers_email_key", Columns: []string{"email"}, DDL: "UNIQUE (email)"},
		{Name: "customers_once", Columns: []string{"key"}, DDL: "UNIQUE NULLS NOT DISTINCT (key)", NullsNotDistinct: true},
	}
	customers.Indexes = []*catalog.Index{
		{Name: "by_name", Parts: []catalog.IndexPart{{Column: "name", Descending: true}}, DDL: "CREATE INDEX by_name ON shop.customers USING btree (name DESC)"},
		{Name: "by_lower", Parts: []catalog.IndexPart{{Expression: "lower((name)::text)"}}, DDL: "CREATE INDEX by_lower ON shop.customers USING btree (lower((name)::text))"},
		{Name: "active_ones", Where: "active", Parts: []catalog.IndexPart{{Column: "id"}}, DDL: "CREATE INDEX active_ones ON shop.customers USING btree (id) WHERE active"},
		{Name: "by_doc", Method: "gin", Parts: []catalog.IndexPart{{Column: "doc"}}, DDL: "CREATE INDEX by_doc ON shop.customers USING gin (doc)"},
		{Name: "by_tags", Parts: []catalog.IndexPart{{Column: "tags"}}, DDL: "CREATE INDEX by_tags ON shop.customers USING btree (tags)"},
	}
	customers.Checks = []*catalog.Check{
		{Name: "balance_check", Expression: "(balance >= (0)::numeric)", DDL: "CHECK ((balance >= (0)::numeric))"},
		{Name: "email_check", Expression: "((email)::text ~ '@'::text)", DDL: "CHECK (((email)::text ~ '@'::text))"},
	}
	orders := tableOf(pg, named("shop", "orders"), "id integer", "customer bigint", "at timestamp", "note text", "ref varchar(900)", "total numeric(12,2)", "no integer")
	orders.Columns[0].Default = text("nextval('shop.orders_id_seq'::regclass)")
	orders.Columns[0].Identity = catalog.Identity{Kind: catalog.IdentitySerial, Next: 7, Sequence: named("shop", "orders_id_seq")}
	orders.Columns[2].Default = text("CURRENT_TIMESTAMP")
	orders.Columns[6].Default = text("nextval('shop.numbers'::regclass)")
	orders.PrimaryKey = &catalog.Key{Name: "orders_pkey", Columns: []string{"id"}, DDL: "PRIMARY KEY (id)"}
	orders.Indexes = []*catalog.Index{{Name: "orders_ref", Unique: true, Parts: []catalog.IndexPart{{Column: "ref"}}, Include: []string{"total"}, DDL: "CREATE UNIQUE INDEX orders_ref ON shop.orders USING btree (ref) INCLUDE (total)"}}
	orders.ForeignKeys = []*catalog.ForeignKey{
		{Name: "orders_customer_fkey", Columns: []string{"customer"}, Table: customers.Name, References: []string{"id"}, OnDelete: "CASCADE", Deferrable: "DEFERRABLE", DDL: "FOREIGN KEY (customer) REFERENCES shop.customers(id) ON DELETE CASCADE DEFERRABLE"},
		{Name: "orders_depot_fkey", Columns: []string{"no"}, Table: named("depot", "places"), References: []string{"id"}},
	}
	events := tableOf(pg, named("shop", "events"), "day date", "what text")
	events.PartitionBy = "RANGE (day)"
	parent := events.Name
	past := tableOf(pg, named("shop", "events_past"), "day date", "what text")
	past.PartitionOf, past.Bound = &parent, "FOR VALUES FROM (MINVALUE) TO ('2024-01-01')"
	empty := tableOf(pg, named("shop", "nothing"))
	return &catalog.Catalog{Family: pg, Engine: "postgres", Version: "18.0", Database: "shop",
		Objects: []catalog.Object{{Kind: "extension", Name: named("", "citext"), Stage: catalog.BeforeTables, DDL: []string{"CREATE EXTENSION citext WITH SCHEMA public"}}},
		Schemas: []*catalog.Schema{{Name: "shop", Comment: "the shop", Tables: []*catalog.Table{customers, events, past, empty, orders},
			Views: []*catalog.View{
				{Name: named("shop", "happy"), Query: "SELECT id FROM shop.customers", DDL: []string{"CREATE VIEW shop.happy AS SELECT id FROM shop.customers"}, Needs: []catalog.Name{customers.Name}},
				{Name: named("shop", "far"), Query: "SELECT 1 FROM depot.places", Needs: []catalog.Name{named("depot", "places")}},
			},
			Sequences: []*catalog.Sequence{{Name: named("shop", "numbers"), Type: "bigint", Start: 1, Min: 1, Max: 99, Increase: 1, Last: 4, Called: true}},
			Objects: []catalog.Object{
				{Kind: "type", Name: named("shop", "mood"), Stage: catalog.BeforeTables, DDL: []string{"CREATE TYPE shop.mood AS ENUM ('happy', 'sad')"}},
				{Kind: "function", Name: named("shop", "touch"), Stage: catalog.BeforeTables, DDL: []string{"CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"}},
				{Kind: "trigger", Name: named("shop", "touched"), Table: "orders", Stage: catalog.AtEnd, DDL: []string{"CREATE TRIGGER touched BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch()"}},
			},
		}},
	}
}

func mysqlShop() *catalog.Catalog {
	customers := tableOf(my, named("shop", "customers"), "id bigint unsigned", "email varchar(190)", "mood enum('happy','sad')", "perms set('r','w')",
		"flag bit(1)", "active tinyint(1)", "born date", "seen timestamp(3)", "pic mediumblob", "doc json", "label varchar(100)", "year year", "bits bit(4)", "place point")
	c := customers.Columns
	c[0].Identity = catalog.Identity{Kind: catalog.IdentityByDefault, Next: 501}
	c[0].NotNull = true
	c[1].Collation = "utf8mb4_general_ci"
	c[2].Default = text("'happy'")
	c[4].Default = text("b'1'")
	c[5].Default = text("1")
	c[6].Default = text("'0000-00-00'")
	c[7].Default, c[7].Native = text("current_timestamp(3)"), "ON UPDATE current_timestamp(3)"
	c[9].Default = text("json_object()")
	c[10].Generated = "concat(`email`,'?')"
	c[11].Default = text("2020")
	c[12].Default = text("b'0101'")
	customers.PrimaryKey = &catalog.Key{Name: "PRIMARY", Columns: []string{"id"}}
	customers.Indexes = []*catalog.Index{
		{Name: "idx", Parts: []catalog.IndexPart{{Column: "born"}}},
		{Name: "email", Unique: true, Parts: []catalog.IndexPart{{Column: "email", Length: 20}}},
		{Name: "words", Method: "fulltext", Parts: []catalog.IndexPart{{Column: "label"}}},
	}
	customers.Checks = []*catalog.Check{{Name: "doc", Expression: "json_valid(`doc`)"}, {Name: "active_check", Expression: "`active` in (0,1)"}}
	customers.Native = map[string]string{"options": "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4", "create": "CREATE TABLE `customers` (…)"}
	orders := tableOf(my, named("shop", "orders"), "id int unsigned", "line int", "customer bigint unsigned", "total decimal(12,2)")
	orders.PrimaryKey = &catalog.Key{Name: "PRIMARY", Columns: []string{"id", "line"}}
	orders.Indexes = []*catalog.Index{{Name: "idx", Parts: []catalog.IndexPart{{Column: "customer"}}}}
	orders.ForeignKeys = []*catalog.ForeignKey{{Name: "orders_ibfk_1", Columns: []string{"customer"}, Table: customers.Name, References: []string{"id"}, OnDelete: "SET NULL"}}
	orders.Columns[0].Identity = catalog.Identity{Kind: catalog.IdentityByDefault, Next: 9}
	orders.Partitions = []string{"p0", "p1"}
	orders.Native = map[string]string{"options": "ENGINE=InnoDB PARTITION BY HASH (`id`) PARTITIONS 2"}
	return &catalog.Catalog{Family: my, Engine: "mariadb", Version: "10.11.0", Database: "shop", Schemas: []*catalog.Schema{{
		Name: "shop", Charset: "utf8mb4", Collation: "utf8mb4_general_ci", Tables: []*catalog.Table{customers, orders},
		Views:     []*catalog.View{{Name: named("shop", "v"), Query: "select `shop`.`orders`.`id` AS `id` from `shop`.`orders`", Needs: []catalog.Name{orders.Name}}},
		Sequences: []*catalog.Sequence{{Name: named("shop", "numbers"), Start: 1, Min: 1, Max: 99, Increase: 1}},
		Objects:   []catalog.Object{{Kind: "event", Name: named("shop", "nightly"), Stage: catalog.AtEnd, DDL: []string{"CREATE EVENT `nightly` ON SCHEDULE EVERY 1 DAY DO SELECT 1"}}},
	}}}
}

func sqliteShop() *catalog.Catalog {
	customers := tableOf(sl, named("main", "customers"), "id INTEGER", "email TEXT", "Email TEXT", "active BOOLEAN", "price DECIMAL(10,2)", "amount NUMERIC", "made DATETIME", "raw ", "pic BLOB")
	customers.Columns[2].Name = "EMAIL2"
	customers.Columns[0].Identity = catalog.Identity{Kind: catalog.IdentityByDefault, Next: 12}
	customers.Columns[1].Collation = "NOCASE"
	customers.Columns[3].Default = text("1")
	customers.Columns[4].Default = text("0.5")
	customers.Columns[6].Default = text("CURRENT_TIMESTAMP")
	customers.Columns[8].Default = text("x'00FF'")
	customers.PrimaryKey = &catalog.Key{Columns: []string{"id"}}
	customers.Uniques = []*catalog.Key{{Columns: []string{"email"}}}
	customers.Indexes = []*catalog.Index{{Name: "part", Where: "active = 1", Parts: []catalog.IndexPart{{Column: "price"}}}, {Name: "texts", Parts: []catalog.IndexPart{{Column: "EMAIL2"}, {Column: "made"}}}}
	customers.Checks = []*catalog.Check{{Expression: "active IN (0, 1)"}, {Expression: "email GLOB '*@*'"}}
	customers.Native = map[string]string{"create": "CREATE TABLE customers (…)"}
	orders := tableOf(sl, named("main", "orders"), "id INTEGER", "customer INTEGER")
	orders.PrimaryKey = &catalog.Key{Columns: []string{"id"}}
	orders.ForeignKeys = []*catalog.ForeignKey{{Columns: []string{"customer"}, Table: named("main", "Customers"), OnDelete: "CASCADE"}}
	orders.Native = map[string]string{"create": "CREATE TABLE orders (…)"}
	return &catalog.Catalog{Family: sl, Engine: "sqlite", Database: "shop", Schemas: []*catalog.Schema{{Name: "main", Tables: []*catalog.Table{customers, orders},
		Objects: []catalog.Object{{Kind: "trigger", Name: named("main", "t"), Table: "orders", Stage: catalog.AtEnd, DDL: []string{"CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END"}}},
	}}}
}

// planFor selects every table of a catalog into a schema.
func planFor(c *catalog.Catalog, schema string) *mapping.Plan {
	p := &mapping.Plan{Schemas: map[string]string{}}
	for _, s := range c.Schemas {
		p.Schemas[s.Name] = schema
		for _, t := range s.Tables {
			tp := &mapping.TablePlan{Source: t, Target: catalog.Name{Schema: schema, Name: t.Name.Name}}
			for _, col := range t.Columns {
				tp.Columns = append(tp.Columns, mapping.ColumnPlan{Name: col.Name, Source: col})
			}
			p.Tables = append(p.Tables, tp)
		}
	}
	return p
}
