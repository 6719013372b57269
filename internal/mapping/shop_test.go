package mapping

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

func table(schema, name string, columns ...*catalog.Column) *catalog.Table {
	return &catalog.Table{Name: catalog.Name{Schema: schema, Name: name}, Columns: columns}
}

func column(name, native string, t datatype.Type) *catalog.Column {
	return &catalog.Column{Name: name, NativeType: native, BaseType: native, Type: t}
}

func id() *catalog.Column { return column("id", "bigint", datatype.Type{Kind: datatype.Int8}) }

// shop is a PostgreSQL source with partitions (one in another schema), a view, a schema without tables, Whimbrel's
// own tables and, borrowed from MySQL, a table with named partitions.
func shop() *catalog.Catalog {
	partition := func(schema, name string, of catalog.Name) *catalog.Table {
		t := table(schema, name, id(), column("at", "date", datatype.Type{Kind: datatype.Date}))
		t.PartitionOf, t.Bound = &of, "FOR VALUES IN ('"+name+"')"
		return t
	}
	events := table("app", "events", id(), column("at", "date", datatype.Type{Kind: datatype.Date}))
	events.PartitionBy = "LIST (at)"
	year := partition("app", "events_2025", events.Name)
	year.PartitionBy = "LIST (id)"
	logs := table("app", "logs", id())
	logs.Partitions = []string{"p0", "p1"}
	customers := table("app", "customers", id(), column("Name", "varchar(40)", datatype.Type{Kind: datatype.WString, Length: 40}))
	view := &catalog.View{Name: catalog.Name{Schema: "app", Name: "big_orders"}, Columns: []*catalog.Column{id()}, Rows: 7}
	return &catalog.Catalog{Family: catalog.PostgreSQL, Schemas: []*catalog.Schema{
		{
			Name: "app",
			Tables: []*catalog.Table{
				orderTable(), customers, events, year, partition("app", "events_2025_a", year.Name), logs, table("app", "tmp_a", id()),
				table("app", "awsdms_status", id()), table("app", "awsdms_load_progress", id()), table("app", "awsdms_changes123", id()),
			},
			Views: []*catalog.View{view},
		},
		{Name: "archive", Tables: []*catalog.Table{partition("archive", "events_2024", events.Name)}},
		{Name: "Sales", Tables: []*catalog.Table{table("Sales", "Lead", column("Id", "integer", datatype.Type{Kind: datatype.Int4}))}},
		{Name: "lib", Objects: []catalog.Object{{Kind: "function"}}},
		{Name: "void"},
	}}
}

func orderTable() *catalog.Table {
	return table("app", "orders", id(),
		column("customer_id", "integer", datatype.Type{Kind: datatype.Int4}),
		column("total", "numeric(12,2)", datatype.Type{Kind: datatype.Numeric, Precision: 12, Scale: 2}),
		column("note", "text", datatype.Type{Kind: datatype.NClob}),
		column("email", "varchar(80)", datatype.Type{Kind: datatype.WString, Length: 80}),
		column("phone", "varchar(20)", datatype.Type{Kind: datatype.String, Length: 20}),
		column("ref", "uuid", datatype.Type{Kind: datatype.String, Length: 36, Hint: datatype.UUID}),
		column("weight", "real", datatype.Type{Kind: datatype.Real4}),
	)
}
