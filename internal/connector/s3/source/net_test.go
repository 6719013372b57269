package source

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/csvfile"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
)

// TestTheLastChangeOfAKeySaysWhatItsRowIs, in whatever files and folders the changes are, and however few keys are remembered at once.
func TestTheLastChangeOfAKeySaysWhatItsRowIs(t *testing.T) {
	tables, err := external.Parse([]byte(definition))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		files, want := map[string]string{}, map[int]string{}
		key := rapid.IntRange(0, 30)
		for n := range rapid.IntRange(0, 2).Draw(t, "loads") {
			for id := range 10 {
				if rapid.Bool().Draw(t, "loaded") {
					want[10*n+id] = "loaded"
					files[fmt.Sprintf("o/t/LOAD%08X.csv", n)] += fmt.Sprintf("%d,loaded,,\n", 10*n+id)
				}
			}
		}
		for n := range rapid.IntRange(0, 4).Draw(t, "files") {
			name := fmt.Sprintf("o/t/%s20260101-00000000%d.csv", rapid.SampledFrom([]string{"", "02/01/2026/", "01/02/2026/"}).Draw(t, "folder"), n)
			for i := range rapid.IntRange(1, 30).Draw(t, "changes") {
				id, op := key.Draw(t, "key"), rapid.SampledFrom([]string{"I", "U", "D"}).Draw(t, "op")
				want[id] = fmt.Sprint(n, " ", i)
				files[name] += fmt.Sprintf("%s,%d,%s,,\n", op, id, want[id])
				if op == "D" {
					delete(want, id)
				}
			}
		}
		s := New(Config{
			Store: shelf{files: files}, Tables: tables, Dialect: csvfile.Dialect{Delimiter: ",", RowDelimiter: "\n", Quotes: true}, Written: func(*catalog.Table) *external.Table { return tables[0] }, ChangesLead: []string{"Op"}, Log: slog.New(slog.DiscardHandler),
		}).(*source)
		s.mostKeys = rapid.IntRange(1, 40).Draw(t, "most keys")
		require.Equal(t, want, rowsOf(t, s))
	})
}

// rowsOf are the texts of the rows that a source reads, by their keys; one that is there twice is an error.
func rowsOf(t require.TestingT, s *source) map[int]string {
	table := s.Tables[0].Table
	request := connector.ReadRequest{Table: table, Segment: connector.Segment{Number: 1, Of: 1}, Pool: change.NewPool(2, 0), Reject: func(r change.Reject) error { return r }}
	for _, c := range table.Columns[:2] {
		request.Columns = append(request.Columns, connector.ReadColumn{Column: c, Layout: change.LayoutOf(c.Type)})
	}
	got := map[int]string{}
	request.Emit = func(b *change.Batch) error {
		defer request.Pool.Put(b)
		for i := range b.Rows() {
			id := int(b.Columns[0].Ints[i])
			require.NotContains(t, got, id)
			got[id] = string(b.Columns[1].Value(i))
		}
		return nil
	}
	require.NoError(t, s.snapshot("").Read(context.Background(), request))
	return got
}

// TestKeysAreTheSameThatADatabaseTakesForTheSame: a change is found to be of a row whose key was written otherwise by the load.
func TestKeysAreTheSameThatADatabaseTakesForTheSame(t *testing.T) {
	const numbered = `{"Tables":[{"TableName":"t","TableOwner":"o","TableColumns":[{"ColumnName":"n","ColumnType":"NUMERIC","ColumnPrecision":"10","ColumnScale":"4","ColumnIsPk":"true"},{"ColumnName":"v","ColumnType":"CLOB"}]}]}`
	tables, err := external.Parse([]byte(numbered))
	require.NoError(t, err)
	s := New(Config{
		Store: shelf{files: map[string]string{"o/t/LOAD00000001.csv": "1.5,a\n10,b\n", "o/t/20260101-000000000.csv": "D,1.50,\nU,10.00,c\n"}}, Tables: tables,
		Dialect: csvfile.Dialect{Delimiter: ",", RowDelimiter: "\n", Quotes: true}, Written: func(*catalog.Table) *external.Table { return tables[0] }, ChangesLead: []string{"Op"}, Log: slog.New(slog.DiscardHandler),
	}).(*source)
	table, got := tables[0].Table, map[string]string{}
	request := connector.ReadRequest{Table: table, Segment: connector.Segment{Number: 1, Of: 1}, Pool: change.NewPool(2, 0), Reject: func(r change.Reject) error { return r }}
	for _, c := range table.Columns {
		request.Columns = append(request.Columns, connector.ReadColumn{Column: c, Layout: change.LayoutOf(c.Type)})
	}
	request.Emit = func(b *change.Batch) error {
		defer request.Pool.Put(b)
		for i := range b.Rows() {
			got[strings.TrimRight(string(b.Columns[0].Value(i)), "0.")] = string(b.Columns[1].Value(i))
		}
		return nil
	}
	require.NoError(t, s.snapshot("").Read(t.Context(), request))
	require.Equal(t, []string{"c"}, slices.Collect(maps.Values(got)))
}
