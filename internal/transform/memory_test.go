package transform_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// TestLargeBuffersStayWithLargeColumns guards the memory of wide tables: a column of large values must not leave a
// large buffer behind in every small column in turn.
func TestLargeBuffersStayWithLargeColumns(t *testing.T) {
	table := &catalog.Table{Name: catalog.Name{Schema: "s", Name: "docs"}, Columns: []*catalog.Column{{Name: "doc", Type: lobType}}}
	plan := planOf(table, keep(table, "doc"))
	for i := range 10 {
		name := fmt.Sprintf("c%d", i)
		table.Columns = append(table.Columns, &catalog.Column{Name: name, Type: textType})
		c := keep(table, name)
		c.Masks = []mapping.Mask{{Method: mapping.DigitsMask, Char: 'x'}}
		plan.Columns = append(plan.Columns, c)
	}
	const large = 1 << 18
	layouts := layoutsOf(plan)
	tr, err := transform.New(plan, layouts, transform.Options{LOBLimit: large})
	require.NoError(t, err)
	b := &change.Batch{}
	doc := strings.Repeat("d", large)
	for range 100 {
		b.Reset(layouts)
		b.Columns[0].AppendString(doc)
		for i := range 10 {
			b.Columns[i+1].AppendString("12")
		}
		b.EndRow()
		require.NoError(t, tr.Apply(b, nil))
	}
	held := 0
	for _, v := range b.Columns {
		held += cap(v.Data)
	}
	require.Less(t, held, 3*large)
}
