package mysql

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// A row that cannot be read is named by its key, wherever in the row that is, so that it can be found, and not taken for the row at the same place of another read.
func TestRowThatCannotBeReadIsNamed(t *testing.T) {
	column := func(name, base string, l change.Layout) connector.ReadColumn {
		return connector.ReadColumn{Column: &catalog.Column{Name: name, BaseType: base}, Layout: l}
	}
	columns := []connector.ReadColumn{column("n", "int", change.Int64), column("k", "varchar", change.Text), column("id", "int", change.Int64)}
	for name, c := range map[string]struct {
		key  *catalog.Key
		row  string
		want string
	}{
		"by its key":                 {&catalog.Key{Columns: []string{"id", "k"}}, "\x01x\x02ab\x017", "id=7, k=ab"},
		"whose key cannot be read":   {&catalog.Key{Columns: []string{"id", "k"}}, "\x011\x02ab\x01y", "id=y, k=ab"},
		"without a key":              {nil, "\x01x\x02ab\x017", "row 1 of segment 2/3"},
		"whose key was not read":     {&catalog.Key{Columns: []string{"other"}}, "\x01x\x02ab\x017", "row 1 of segment 2/3"},
		"of a key with a null in it": {&catalog.Key{Columns: []string{"k"}}, "\x01x\xfb\x017", "k=null"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []change.Reject
			rd := &reader{rows: 1, batch: &change.Batch{}, request: connector.ReadRequest{
				Table: &catalog.Table{PrimaryKey: c.key}, Columns: columns, Segment: connector.Segment{Number: 2, Of: 3},
				Reject: func(j change.Reject) error {
					got = append(got, j)
					return nil
				},
			}}
			for _, c := range columns {
				d, err := decoderFor(c)
				require.NoError(t, err)
				rd.decoders, rd.layouts = append(rd.decoders, d), append(rd.layouts, c.Layout)
			}
			rd.batch.Reset(rd.layouts)
			require.NoError(t, rd.refuse(decodeRow(rd.batch, rd.decoders, []byte(c.row))))
			require.Len(t, got, 1)
			require.Equal(t, c.want, got[0].Key)
			require.Zero(t, rd.batch.Rows())
			require.Zero(t, rd.batch.Columns[0].Len())
		})
	}
}
