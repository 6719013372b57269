package summary

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/convert"
)

// TestManyOfAKindAreOneLine: ten thousand owners are a line of the report, and a single column's change keeps its own.
func TestManyOfAKindAreOneLine(t *testing.T) {
	notes := []convert.Note{{Kind: "column type", Name: catalog.Name{Schema: "s", Name: "t"}, Outcome: convert.Changed, Text: "Column a changes."}}
	for i := range 10_000 {
		name := fmt.Sprintf("t%d", i)
		notes = append(notes, convert.Note{Kind: "owner", Name: catalog.Name{Schema: "s", Name: name}, Outcome: convert.NotCarried, Reason: "it is so", ByHand: "ALTER TABLE s." + name + " OWNER TO app"},
			convert.Note{Kind: "column type", Name: catalog.Name{Schema: "s", Name: name}, Outcome: convert.Changed, Text: "Column b changes."})
	}
	for i := range 4 {
		notes = append(notes, convert.Note{Kind: "policy", Name: catalog.Name{Name: fmt.Sprintf("p%d", i)}, Outcome: convert.NotCarried, Reason: "it is so", Text: "each"})
	}
	for i := range 3 {
		notes = append(notes, convert.Note{Kind: "index", Name: catalog.Name{Name: fmt.Sprintf("i%d", i)}, Outcome: convert.NotCarried, Reason: "it is so", Text: "Index i."})
	}
	got := lines(notes)
	require.Len(t, got, 1+1+10_000+1+3, "what has no common reason is told one by one")
	require.Equal(t, "Owners of schema s (10,000) are not carried over, because it is so: ALTER TABLE s.t0 OWNER TO app; ALTER TABLE s.t1 OWNER TO app; "+
		"ALTER TABLE s.t2 OWNER TO app; and 9,997 more, which --json lists.", got[1])
	require.Contains(t, strings.Join(got, "\n"), "\nPolicies (4) are not carried over, because it is so: p0; p1; p2; and 1 more, which --json lists.\nIndex i.\nIndex i.\nIndex i.")
	require.Len(t, notesJSON(notes), len(notes))
	require.Equal(t, "ALTER TABLE s.t0 OWNER TO app", notesJSON(notes)[1].ByHand)
}
