package mysql

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func rich(t *testing.T) (*sql.DB, *catalog.Catalog) {
	t.Helper()
	source := servertest.PrivateMariaDB(t)
	apply(t, open(t, source.Server), "testdata/rich.sql")
	db := open(t, source.Server)
	run(t, db, "DROP DATABASE "+quoteIdent(source.Name))
	c, err := inspect(t.Context(), db, connector.InspectOptions{Objects: true})
	require.NoError(t, err)
	return db, c
}

func TestInspect(t *testing.T) {
	_, c := rich(t)
	require.Equal(t, "mariadb", c.Engine)
	require.Len(t, c.Schemas, 2, "system databases and the control schema are left out")
	shop := c.Schema("shop")
	require.Equal(t, "the shop's own", shop.Comment)
	require.Equal(t, "utf8mb4_unicode_ci", shop.Collation)
	require.Nil(t, c.Table(catalog.Name{Schema: "shop", Name: "awsdms_history"}))

	customer := c.Table(catalog.Name{Schema: "shop", Name: "customer"})
	id := customer.Column("id")
	require.Equal(t, catalog.IdentityByDefault, id.Identity.Kind)
	require.EqualValues(t, 4713, id.Identity.Next)
	require.Equal(t, "int(10) unsigned", id.NativeType)
	require.Equal(t, datatype.UInt4, id.Type.Kind)
	require.Equal(t, "0x00ff41", *customer.Column("tag").Default)
	require.Nil(t, customer.Column("note").Default)
	require.Equal(t, "ascii_bin", customer.Column("code").Collation)
	require.Empty(t, customer.Column("note").Collation, "the table's own")
	require.Equal(t, "utf8mb4", customer.Column("note").Charset)
	require.Equal(t, "ON UPDATE current_timestamp()", customer.Column("at").Native)
	require.Equal(t, "INVISIBLE", customer.Column("hidden").Native)
	require.True(t, customer.Column("total").Stored)
	require.False(t, customer.Column("upper_name").Stored)
	require.Equal(t, "ucase(`Name`)", customer.Column("upper_name").Generated)
	require.Equal(t, "longtext", customer.Column("big").BaseType)
	require.Equal(t, []string{"id"}, customer.PrimaryKey.Columns)
	require.Len(t, customer.Uniques, 2, "code_once and note_once; a prefix is no constraint")
	require.Len(t, customer.Checks, 3)

	order := c.Table(catalog.Name{Schema: "shop", Name: "order"})
	require.Len(t, order.ForeignKeys, 2)
	require.Equal(t, "CASCADE", order.ForeignKeys[1].OnDelete)
	require.Equal(t, "SET NULL", order.ForeignKeys[1].OnUpdate)
	require.Empty(t, order.ForeignKeys[0].OnDelete)
	abroad := c.Table(catalog.Name{Schema: "Läger `B`", Name: "Stock"}).ForeignKeys[0]
	require.Equal(t, catalog.Name{Schema: "shop", Name: "customer"}, abroad.Table)

	require.Equal(t, []string{"p old", "p2000", "pmax"}, c.Table(catalog.Name{Schema: "shop", Name: "sale"}).Partitions)
	require.Equal(t, "ROW END", c.Table(catalog.Name{Schema: "shop", Name: "history"}).Column("ended").Generated)
	require.Empty(t, c.Table(catalog.Name{Schema: "shop", Name: "booking"}).Checks, "the period implies it")
}

func TestInspectObjects(t *testing.T) {
	_, c := rich(t)
	shop := c.Schema("shop")
	var kinds, triggers, byHand []string
	for _, o := range shop.Objects {
		if o.ByHand != "" {
			byHand = append(byHand, o.ByHand)
			continue
		}
		kinds = append(kinds, o.Kind)
		if o.Table == "customer" {
			triggers = append(triggers, o.Name.Name)
			require.Equal(t, catalog.AtEnd, o.Stage)
		}
	}
	require.Equal(t, []string{
		"function", "function", "function", "package", "package body", "procedure",
		"trigger", "trigger", "trigger", "trigger", "trigger", "event", "event",
	}, kinds)
	require.Equal(t, []string{
		"VIEW `shop`.`aa_top` had DEFINER=nobody@nowhere", "PROCEDURE `shop`.`add one` had DEFINER=nobody@nowhere", "TRIGGER `shop`.`z_first` had DEFINER=nobody@nowhere",
	}, byHand)
	require.Equal(t, []string{"cust ins", "z_first", "between_", "a_second"}, triggers, "in order of execution")

	require.Equal(t, "zz_base", shop.Views[0].Name.Name, "before the view that needs it")
	require.Equal(t, []catalog.Name{{Schema: "shop", Name: "zz_base"}}, shop.Views[1].Needs)
	require.Equal(t, "shout", shop.Views[0].Columns[1].Name)

	require.Equal(t, "countdown", shop.Sequences[0].Name.Name)
	require.EqualValues(t, -1, shop.Sequences[0].Last)
	invoice := shop.Sequences[1]
	require.Equal(t, []int64{1000, 10, 100000, 5, 20, 1100}, []int64{invoice.Start, invoice.Min, invoice.Max, invoice.Increase, invoice.Cache, invoice.Last})
	require.True(t, invoice.Cycle)
}

// TestRenamedDatabase writes a catalog whose database has another name, as a mapping leaves it.
func TestRenamedDatabase(t *testing.T) {
	db, c := rich(t)
	renamed := map[string]string{"shop": "shop ``2", "Läger `B`": "store"}
	for _, s := range c.Schemas {
		s.Name, s.Views, s.Objects = renamed[s.Name], nil, nil
		for _, q := range s.Sequences {
			q.Name.Schema = s.Name
		}
		for _, table := range s.Tables {
			table.Name.Schema = s.Name
			for _, k := range table.ForeignKeys {
				k.Table.Schema = renamed[k.Table.Schema]
			}
			if col := table.Column("invoice"); col != nil {
				*col.Default = "nextval(" + quoteIdent(renamed["shop"]) + ".`invoice`)"
			}
		}
	}
	require.NoError(t, write(t.Context(), db, Dialect{Flavour: MariaDB}, c))
	run(t, db, "DROP DATABASE `Läger ``B```", "DROP DATABASE shop")
	got, err := inspect(t.Context(), db, connector.InspectOptions{})
	require.NoError(t, err)
	require.Equal(t, catalog.Name{Schema: renamed["shop"], Name: "customer"}, got.Table(catalog.Name{Schema: "store", Name: "Stock"}).ForeignKeys[0].Table)
	require.Equal(t, "nextval(`shop ````2`.`invoice`)", *got.Table(catalog.Name{Schema: renamed["shop"], Name: "customer"}).Column("invoice").Default)
}

func TestInspectSaysWhatItMayNotSee(t *testing.T) {
	db, _ := rich(t)
	run(t, db, "CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'r'", "GRANT SELECT ON shop.* TO reader@'127.0.0.1'")
	var port int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT @@port").Scan(&port))
	reader, err := sql.Open("mysql", fmt.Sprintf("reader:r@tcp(127.0.0.1:%d)/?charset=utf8mb4", port))
	require.NoError(t, err)
	t.Cleanup(func() { _ = reader.Close() })

	_, err = inspect(t.Context(), reader, connector.InspectOptions{Objects: true})
	var e *connector.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, connector.Denied, e.Class)
	require.Contains(t, e.Remedy, "SHOW VIEW")
	_, err = inspect(t.Context(), reader, connector.InspectOptions{})
	require.NoError(t, err, "the structure needs no more than SELECT")
	c, err := inspect(t.Context(), reader, connector.InspectOptions{Names: true})
	require.NoError(t, err, "names need no more than SELECT")
	require.NotEmpty(t, c.Schemas)
}
