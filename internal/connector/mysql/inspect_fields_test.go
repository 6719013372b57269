package mysql

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// What only the server's own text tells: table options, partitions, periods and what goes with them.
var onlyInText = []string{"ariatable", "booking", "hashed", "history", "listed", "nokey", "sale", "squeezed", "inmemory"}

// TestTablesCanBeBuiltFromFields makes the tables of the rich schema without SHOW CREATE TABLE, as after a renaming.
func TestTablesCanBeBuiltFromFields(t *testing.T) {
	source, target := servertest.PrivateMariaDB(t), servertest.PrivateMariaDB(t)
	from, to := open(t, source.Server), open(t, target.Server)
	apply(t, from, "testdata/rich.sql")

	want := fieldsOnly(t, inspected(t, from))
	require.NoError(t, write(t.Context(), to, Dialect{Flavour: MariaDB}, want))
	require.Equal(t, want, fieldsOnly(t, inspected(t, to)))
}

func inspected(t *testing.T, q querier) *catalog.Catalog {
	t.Helper()
	c, err := inspect(t.Context(), q, connector.InspectOptions{})
	require.NoError(t, err)
	return c
}

// fieldsOnly drops what the fields alone cannot carry.
func fieldsOnly(t *testing.T, c *catalog.Catalog) *catalog.Catalog {
	t.Helper()
	c = withoutEstimates(c)
	c.Database = ""
	sortBy(c.Schemas, func(s *catalog.Schema) string { return s.Name })
	c.Schemas = slices.DeleteFunc(c.Schemas, func(s *catalog.Schema) bool { return strings.HasPrefix(s.Name, "t") })
	for _, s := range c.Schemas {
		s.Tables = slices.DeleteFunc(s.Tables, func(x *catalog.Table) bool { return slices.Contains(onlyInText, x.Name.Name) })
		s.Views = nil
		for _, x := range s.Tables {
			require.NotContains(t, x.Native, nativeCreate)
			delete(x.Native, nativeAttributes)
			x.Indexes = slices.DeleteFunc(x.Indexes, func(i *catalog.Index) bool { return i.Name == "gone" })
		}
	}
	return c
}

// TestRenamedTablesKeepEverything writes tables without their statement but with the other texts, as after renaming,
// and compares what the server says of them part by part: indexes may come in another order.
func TestRenamedTablesKeepEverything(t *testing.T) {
	db, c := rich(t)
	want := map[catalog.Name][]string{}
	for _, s := range slices.Backward(c.Schemas) { // foreign keys point from the last to the first
		for _, x := range s.Tables {
			want[x.Name] = partsOf(t, x)
			delete(x.Native, nativeCreate)
		}
		s.Views, s.Objects = nil, nil
		run(t, db, "DROP DATABASE "+quoteIdent(s.Name))
	}
	require.NoError(t, write(t.Context(), db, Dialect{Flavour: MariaDB}, c))
	got, err := inspect(t.Context(), db, connector.InspectOptions{Objects: true})
	require.NoError(t, err)
	for n, parts := range want {
		require.Equal(t, parts, partsOf(t, got.Table(n)), n)
	}
}

func partsOf(t *testing.T, x *catalog.Table) []string {
	t.Helper()
	d, err := parseDefinition(x.Native[nativeCreate])
	require.NoError(t, err)
	parts := []string{d.options}
	for _, p := range d.parts {
		parts = append(parts, p.text)
	}
	slices.Sort(parts)
	return parts
}
