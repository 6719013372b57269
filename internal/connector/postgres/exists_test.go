package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// TestExistsFindsEveryKindByNameAndPlace looks every kind up where it is, and under the same name where it is not.
// (What statements say they make is looked up before and after in TestNothingIsMissingAfterAMigration.)
func TestExistsFindsEveryKindByNameAndPlace(t *testing.T) {
	forEachVersion(t, func(t *testing.T, c *pgx.Conn) {
		runFile(t, c, "tables.sql")
		runFile(t, c, "objects.sql")
		shop := func(n string) catalog.Name { return catalog.Name{Schema: "shop", Name: n} }
		app := func(n string) catalog.Name { return catalog.Name{Schema: "app", Name: n} }
		for _, r := range []catalog.Ref{
			{Kind: catalog.SchemaRef, Name: catalog.Name{Name: `Größe "x" y`}},
			{Kind: catalog.TableRef, Name: shop("Order")},
			{Kind: catalog.TableRef, Name: shop("event")},
			{Kind: catalog.IndexRef, Name: shop("gin Docs"), Table: "customer"},
			{Kind: catalog.PrimaryKeyRef, Name: shop("Order_pkey"), Table: "Order"},
			{Kind: catalog.ConstraintRef, Name: shop("two cols"), Table: "customer"},
			{Kind: catalog.ConstraintRef, Name: shop("across"), Table: "Order"},
			{Kind: catalog.SequenceRef, Name: shop("free")},
			{Kind: catalog.ViewRef, Name: app("b_local")},
			{Kind: catalog.ViewRef, Name: app("m_filled")},
			{Kind: catalog.PartitionRef, Name: shop("event_2024"), Table: "event"},
			{Kind: catalog.ObjectRef, Name: catalog.Name{Name: "hstore"}},
			{Kind: catalog.ObjectRef, Name: catalog.Name{Name: "my Event"}},
			{Kind: catalog.ObjectRef, Name: app("name_of")},
			{Kind: catalog.ObjectRef, Name: app("numbers")},
			{Kind: catalog.ObjectRef, Name: app("search")},
			{Kind: catalog.ObjectRef, Name: app("a_weights")},
			{Kind: catalog.ObjectRef, Name: app("con"), Table: "item"},
			{Kind: catalog.ObjectRef, Name: app("no_delete"), Table: "item"},
			{Kind: catalog.ObjectRef, Name: app("only mine"), Table: "item"},
			{Kind: catalog.ObjectRef, Name: app("some_stats"), Table: "caller"},
		} {
			requireExists(t, c, r, true)
			elsewhere := r
			elsewhere.Name.Schema = "nowhere"
			if r.Name.Schema != "" {
				requireExists(t, c, elsewhere, false)
			}
			if r.Kind != catalog.PrimaryKeyRef {
				other := r
				other.Name.Name += "x"
				requireExists(t, c, other, false)
			}
			if r.Table != "" && r.Kind != catalog.IndexRef && r.Kind != catalog.PartitionRef {
				other := r
				other.Table = "bare"
				requireExists(t, c, other, false)
			}
		}
		requireExists(t, c, catalog.Ref{}, false)
		_, err := exists(t.Context(), c, catalog.Ref{Kind: "dream", Name: shop("x")})
		require.ErrorContains(t, err, "dream")
	})
}

func requireExists(t *testing.T, c *pgx.Conn, r catalog.Ref, want bool) {
	t.Helper()
	found, err := exists(t.Context(), c, r)
	require.NoError(t, err)
	require.Equal(t, want, found, "%+v", r)
}

// TestWhatIsNotCarriedIsNamed makes sure that nothing is left behind in silence.
func TestWhatIsNotCarriedIsNamed(t *testing.T) {
	forEachVersion(t, func(t *testing.T, c *pgx.Conn) {
		run(t, c, `CREATE SCHEMA s;
			CREATE PUBLICATION pub FOR ALL TABLES;
			CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw; CREATE USER MAPPING FOR PUBLIC SERVER far; CREATE FOREIGN DATA WRAPPER own; CREATE FOREIGN TABLE s.remote (id int) SERVER far;
			SELECT lo_create(4711), lo_create(4712);
			CREATE TABLE s.twice (id int); INSERT INTO s.twice VALUES (1), (1)`)
		_, err := c.Exec(t.Context(), "CREATE UNIQUE INDEX CONCURRENTLY broken ON s.twice (id)")
		require.Error(t, err)
		left := map[string]string{}
		for _, o := range objectsOf(inspectAll(t, c)) {
			if len(o.DDL) == 0 {
				require.NotEmpty(t, o.Detail, o.Name)
				left[o.Kind+" "+o.Name.String()] = o.Detail
			}
		}
		for _, want := range []string{"publication pub", "foreign server far", "foreign table s.remote", "foreign data wrapper own", "user mapping public on far",
			"large objects 2 of them", "index s.broken"} {
			require.Contains(t, left, want)
		}
		require.Len(t, left, 7)
	})
}
