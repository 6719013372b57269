package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// TestNeighboursAreDescribedAsIfAlone asks for tables in turn that together have more columns than one question brings.
func TestNeighboursAreDescribedAsIfAlone(t *testing.T) {
	p := oneWay(t)
	execute(t, p.from, `CREATE TYPE mood AS ENUM ('sad', 'ok')`, `CREATE DOMAIN cents AS numeric(12, 2)`, `CREATE SCHEMA "Other"`)
	var names []catalog.Name
	for i := range 6 {
		n := catalog.Name{Schema: []string{"public", "Other"}[i%2], Name: fmt.Sprintf(`T "%d"`, i)}
		columns := []string{"m mood", "c cents", "gone int"}
		for k := range 900 {
			columns = append(columns, fmt.Sprintf("c%d int", k))
		}
		execute(t, p.from, "CREATE TABLE "+quoteName(n)+" ("+strings.Join(columns, ", ")+")", "ALTER TABLE "+quoteName(n)+" DROP COLUMN gone")
		names = append(names, n)
	}
	s := p.snapshot().(*snapshot)
	w, err := s.readers.get(t.Context())
	require.NoError(t, err)
	defer func() { s.give(w, nil) }()
	for _, n := range names {
		alone, err := s.types.attributes(t.Context(), w, n)
		require.NoError(t, err)
		require.Len(t, alone, 902)
		got, err := s.attributes(t.Context(), w, n)
		require.NoError(t, err)
		require.Equal(t, alone, got, "%s", n)
	}
}
