package postgres

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// hazards are values whose hashes are the seed, near each other, or the same but for what the digest adds.
var hazards = []struct {
	base, native string
	values       []string
}{
	{"bool", "boolean", []string{"true", "false"}},
	{"int2", "smallint", []string{"0", "1", "-1", "2"}},
	{"int4", "integer", []string{"0", "1", "-1", "2"}},
	{"int8", "bigint", []string{"0", "-1", "4294967295", "4294967297", "4611686018427387904", "-9223372036854775808"}},
	{"float4", "real", []string{"0", "1", "NaN", "Infinity"}},
	{"float8", "double precision", []string{"0", "1", "NaN", "-Infinity"}},
	{"numeric", "numeric(40,2)", []string{"0", "NaN", "1", "-1", "10000", "100000000", "0.01"}},
	{"text", "text", []string{"", "a", "0", "NULL"}},
	{"bpchar", "character(3)", []string{"", "a"}},
	{"bytea", "bytea", []string{"", `\x00`, `\x0000`}},
	{"date", "date", []string{"2000-01-01", "2000-01-02", "infinity"}},
	{"time", "time", []string{"00:00:00", "01:11:34.967295"}},
	{"timestamp", "timestamp", []string{"2000-01-01", "1999-12-31 23:59:59.999999", "2000-01-01 01:11:34.967296", "infinity"}},
	{"uuid", "uuid", []string{"00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001"}},
}

// No two bags of two rows with other values in one or two columns have the same digest, whatever the types, and wherever in the row they are.
func TestOwnDigestTellsRowsApart(t *testing.T) {
	for _, server := range []servertest.PostgreSQLVersion{servertest.PostgreSQL15, servertest.PostgreSQL18} {
		w := connect(t, servertest.PostgreSQL(t, server))
		for first := range hazards {
			for second := range hazards {
				for _, between := range []int{0, chainLinks - 1, chainLinks} {
					if between > 0 && first != second {
						continue
					}
					query := hazardQuery(first, second, between)
					var texts []string
					results, err := w.PgConn().Exec(t.Context(), query).ReadAll()
					require.NoError(t, err, query)
					for _, row := range results[0].Rows {
						texts = append(texts, string(row[0]))
					}
					require.Len(t, texts, (len(hazards[first].values)+1)*(len(hazards[second].values)+1))
					requireApart(t, texts, query)
				}
			}
		}
	}
}

// hazardQuery computes the digests of rows with every pair of values in their first and last columns, and so many columns between.
func hazardQuery(first, second, between int) string {
	var columns []connector.Rendered
	var from strings.Builder
	add := func(name string, n int) {
		h := hazards[n]
		columns = append(columns, connector.Rendered{Column: &catalog.Column{Name: name, BaseType: h.base, NativeType: h.native}, Form: connector.Exact})
		fmt.Fprintf(&from, "(SELECT NULL::%[1]s UNION ALL SELECT unnest('{\"%[2]s\"}'::text[])::%[1]s) AS %[3]s_(%[3]s)", h.native,
			strings.ReplaceAll(strings.Join(h.values, `","`), `\`, `\\`), name)
	}
	add("a", first)
	for i := range between {
		columns = append(columns, connector.Rendered{Column: &catalog.Column{Name: "m" + strconv.Itoa(i), BaseType: "int4", NativeType: "integer"}})
		fmt.Fprintf(&from, ", (SELECT 7) AS m%[1]d_(m%[1]d)", i)
	}
	from.WriteString(", ")
	add("z", second)
	return "SELECT " + ownHash(columns) + " FROM " + from.String()
}

// requireApart requires that no two bags of two of the rows have the same sum.
func requireApart(t *testing.T, texts []string, query string) {
	t.Helper()
	sums := map[uint64][2]int{}
	for i, a := range texts {
		for j, b := range texts[:i+1] {
			require.NotEmpty(t, b, query)
			sum := wrapped([]byte(a)) + wrapped([]byte(b))
			same, seen := sums[sum]
			require.False(t, seen, "rows %v and %v: %s", same, [2]int{i, j}, query)
			sums[sum] = [2]int{i, j}
		}
	}
}
