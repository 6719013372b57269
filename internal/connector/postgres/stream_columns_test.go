package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// TestToldColumnsGoWithTheirTable: a source that makes and drops tables all day is remembered no longer than they are there.
func TestToldColumnsGoWithTheirTable(t *testing.T) {
	s := &stream{told: map[uint32][]toldColumn{}}
	item := catalog.Name{Schema: "public", Name: "item"}
	require.NoError(t, s.columnsAre(7, `[{"number":1,"name":"id","type":"integer"},{"number":3,"name":"twice","type":"integer","generated":true}]`))
	rel := s.asTold(7, item)
	require.Equal(t, []int{1}, rel.numbers)
	require.Equal(t, []string{"integer"}, rel.types)
	require.ErrorIs(t, s.columnsAre(8, `[{"number":`), errMalformed)
	require.NoError(t, s.dropped(7, item, "DROP TABLE item"))
	require.Empty(t, s.told)
	require.Nil(t, s.asTold(7, item))
}
