package convert

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

var update = flag.Bool("update", false, "rewrite testdata")

// bounds is a dialect's limit on names.
type bounds int

func (b bounds) MaxName() int               { return int(b) }
func (b bounds) NameLength(name string) int { return len(name) }

var (
	toPostgres = Target{Family: pg, Engine: "postgres", Names: bounds(63)}
	toMariaDB  = Target{Family: my, Engine: "mariadb", Names: bounds(64)}
	toMySQL    = Target{Family: my, Engine: "mysql", Names: bounds(64)}
	toSQLite   = Target{Family: sl, Engine: "sqlite"}
	everything = Options{SecondaryObjects: true}
)

func TestShopsOnEveryEngine(t *testing.T) {
	for _, c := range []struct {
		name    string
		source  *catalog.Catalog
		schema  string
		to      Target
		options Options
	}{
		{"postgresql-to-mariadb", postgresShop(), "shop", toMariaDB, everything},
		{"postgresql-to-mysql", postgresShop(), "shop", toMySQL, everything},
		{"postgresql-to-sqlite", postgresShop(), "main", toSQLite, everything},
		{"postgresql-to-postgresql", postgresShop(), "shop", toPostgres, everything},
		{"postgresql-to-postgresql-renamed", postgresShop(), "store", toPostgres, everything},
		{"postgresql-to-mariadb-dms", postgresShop(), "shop", toMariaDB, Options{DMS: true}},
		{"postgresql-to-postgresql-dms", postgresShop(), "shop", toPostgres, Options{DMS: true}},
		{"mysql-to-postgresql", mysqlShop(), "shop", toPostgres, everything},
		{"mysql-to-sqlite", mysqlShop(), "main", toSQLite, everything},
		{"mysql-to-mysql-renamed", mysqlShop(), "store", toMariaDB, everything},
		{"sqlite-to-postgresql", sqliteShop(), "public", toPostgres, everything},
		{"sqlite-to-mariadb", sqliteShop(), "shop", toMariaDB, everything},
		{"sqlite-to-mariadb-tables-alone", sqliteShop(), "shop", toMariaDB, Options{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := Input{Source: c.source, Plan: planFor(c.source, c.schema), To: c.to, Options: c.options}
			r, err := Convert(in)
			require.NoError(t, err)
			got := describe(r)
			again, err := Convert(in)
			require.NoError(t, err)
			require.Equal(t, got, describe(again), "the same input gives the same result")
			path := filepath.Join("testdata", c.name+".golden")
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
			for _, n := range r.Report {
				require.True(t, strings.HasSuffix(n.Text, "."), n.Text)
				require.NotEmpty(t, n.Kind)
			}
		})
	}
}

// describe writes a result for people.
func describe(r *Result) string {
	var b strings.Builder
	for _, s := range r.Schemas {
		fmt.Fprintf(&b, "schema %s%s\n", s.Name, remark("comment", s.Comment)+remark("collation", s.Collation))
	}
	for _, t := range r.Tables {
		if t.Folded {
			fmt.Fprintf(&b, "\n%s goes into %s\n", t.Plan.Source.Name, t.Target.Name)
			continue
		}
		describeTable(&b, t.Target)
	}
	b.WriteString("\n")
	for _, v := range r.Views {
		fmt.Fprintf(&b, "view %s: %s %v\n", v.Name, v.Query, v.DDL)
	}
	for _, s := range r.Sequences {
		fmt.Fprintf(&b, "sequence %s last %d %v\n", s.Name, s.Last, s.DDL)
	}
	for _, o := range r.Objects {
		fmt.Fprintf(&b, "%s %s: %s\n", o.Kind, o.Name, strings.Join(o.DDL, "; "))
	}
	b.WriteString("\n")
	for _, n := range r.Report {
		fmt.Fprintf(&b, "%s: %s\n", n.Outcome, n.Text)
	}
	return b.String()
}

func remark(what, text string) string {
	if text == "" {
		return ""
	}
	return " " + what + " " + text
}

func describeTable(b *strings.Builder, t *catalog.Table) {
	fmt.Fprintf(b, "\ntable %s%s%s\n", t.Name, remark("comment", t.Comment), remark("partition by", t.PartitionBy))
	if t.PartitionOf != nil {
		fmt.Fprintf(b, "  partition of %s %s\n", t.PartitionOf, t.Bound)
	}
	for _, c := range t.Columns {
		fmt.Fprintf(b, "  %s %s [%s, %s]", c.Name, c.NativeType, c.BaseType, c.Type)
		if c.NotNull {
			b.WriteString(" not null")
		}
		if c.Default != nil {
			b.WriteString(" default " + *c.Default)
		}
		if c.Identity.Kind != catalog.NotIdentity {
			fmt.Fprintf(b, " identity %d next %d by %d %s", c.Identity.Kind, c.Identity.Next, c.Identity.Increase, c.Identity.Sequence)
		}
		b.WriteString(remark("generated", c.Generated) + remark("native", c.Native) + remark("collation", c.Collation) + remark("comment", c.Comment) + "\n")
	}
	if k := t.PrimaryKey; k != nil {
		fmt.Fprintf(b, "  primary key %q %v%s\n", k.Name, k.Columns, remark("as", k.DDL))
	}
	for _, k := range t.Uniques {
		fmt.Fprintf(b, "  unique %q %v%s\n", k.Name, k.Columns, remark("as", k.DDL))
	}
	for _, x := range t.Indexes {
		fmt.Fprintf(b, "  index %q unique=%v %+v%s%s\n", x.Name, x.Unique, x.Parts, remark("where", x.Where), remark("as", x.DDL))
	}
	for _, k := range t.ForeignKeys {
		fmt.Fprintf(b, "  foreign key %q %v to %s %v%s%s%s\n", k.Name, k.Columns, k.Table, k.References, remark("on delete", k.OnDelete), remark("", k.Deferrable), remark("as", k.DDL))
	}
	for _, k := range t.Checks {
		fmt.Fprintf(b, "  check %q %s%s\n", k.Name, k.Expression, remark("as", k.DDL))
	}
	keys := make([]string, 0, len(t.Native))
	for k := range t.Native {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		fmt.Fprintf(b, "  %s: %s\n", k, t.Native[k])
	}
}

// Between like engines, nothing renamed, every table arrives equal.
func TestLikeToLikeIsEqual(t *testing.T) {
	for _, c := range []struct {
		source *catalog.Catalog
		to     Target
	}{{postgresShop(), toPostgres}, {mysqlShop(), toMariaDB}, {sqliteShop(), toSQLite}} {
		source := c.source
		for _, s := range source.Schemas {
			for _, table := range s.Tables {
				table.ForeignKeys = slices.DeleteFunc(table.ForeignKeys, func(k *catalog.ForeignKey) bool { return k.Table.Schema == "depot" })
			}
		}
		rapid.Check(t, func(t *rapid.T) {
			schema := source.Schemas[0]
			full := planFor(source, schema.Name)
			r, err := Convert(Input{Source: source, Plan: full, To: c.to, Options: everything})
			require.NoError(t, err)
			i := rapid.IntRange(0, len(schema.Tables)-1).Draw(t, "table")
			got, want := *r.Tables[i].Target, *schema.Tables[i]
			if source.Family == sl {
				for j, k := range want.ForeignKeys {
					copied := *k
					copied.Table = got.ForeignKeys[j].Table // the name as it is declared
					want.ForeignKeys = slices.Clone(want.ForeignKeys)
					want.ForeignKeys[j] = &copied
				}
			}
			require.Equal(t, want, got)
		})
	}
}

func TestMappingRulesReachTheTarget(t *testing.T) {
	source := postgresShop()
	plan := planFor(source, "shop")
	orders := plan.Tables[4]
	require.Equal(t, "orders", orders.Source.Name.Name)
	orders.Target.Name = "purchases"
	orders.Columns = slices.Delete(orders.Columns, 1, 2) // customer
	orders.Columns[0].Name = "order_id"
	orders.Columns[4].Type = &datatype.Type{Kind: datatype.Real8}
	orders.Columns = append(orders.Columns, mapping.ColumnPlan{Name: "source", Type: &datatype.Type{Kind: datatype.String, Length: 10}, Expression: "'here'"})
	orders.Key = &mapping.KeyPlan{Name: "one", Columns: []string{"order_id", "source"}}

	for _, to := range []Target{toPostgres, toMariaDB} {
		r, err := Convert(Input{Source: source, Plan: plan, To: to, Options: everything})
		require.NoError(t, err)
		got := r.Tables[len(r.Tables)-1]
		require.Len(t, got.Columns, len(orders.Columns))
		require.Equal(t, named("shop", "purchases"), got.Target.Name)
		require.Equal(t, []string{"order_id", "source"}, got.Target.PrimaryKey.Columns)
		require.Equal(t, "varchar(10)", got.Columns[6].NativeType)
		require.Contains(t, []string{"double precision", "double"}, got.Columns[4].NativeType)
		require.Empty(t, got.Target.ForeignKeys)
		var texts []string
		for _, n := range r.Report {
			texts = append(texts, n.Text)
		}
		require.Contains(t, strings.Join(texts, "\n"), `Foreign key "orders_customer_fkey" of table shop.orders to shop.customers is not carried over, because its column customer is removed by the mapping.`)
	}
}

func TestTablesUnderOneNameAreRefused(t *testing.T) {
	source := postgresShop()
	plan := planFor(source, "main")
	plan.Tables[4].Target.Name = "Customers"
	_, err := Convert(Input{Source: source, Plan: plan, To: toSQLite, Options: everything})
	require.ErrorContains(t, err, "shop.customers and shop.orders would both become main.Customers")
}

func TestNamesTooLongForTheTarget(t *testing.T) {
	long := strings.Repeat("long_", 20)
	table := tableOf(my, named("shop", long), "id int", long+" int", strings.ToUpper(long)+" int")
	table.Indexes = []*catalog.Index{{Name: long, Parts: []catalog.IndexPart{{Column: "id"}}}}
	source := &catalog.Catalog{Family: my, Engine: "mariadb", Schemas: []*catalog.Schema{{Name: "shop", Collation: "utf8mb4_bin", Tables: []*catalog.Table{table}}}}
	r, err := Convert(Input{Source: source, Plan: planFor(source, "shop"), To: toPostgres, Options: everything})
	require.NoError(t, err)
	got := r.Tables[0]
	require.Len(t, got.Target.Name.Name, 63)
	require.Len(t, got.Columns[1].Name, 63)
	require.NotEqual(t, got.Columns[1].Name, got.Columns[2].Name)
	require.Len(t, got.Target.Indexes[0].Name, 63)
	require.NotEqual(t, got.Target.Name.Name, got.Target.Indexes[0].Name)
	require.Len(t, r.Report, 4)
}
