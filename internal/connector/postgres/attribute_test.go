package postgres

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

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

// TestNeighboursAreAskedForOnce: a reader that begins while another asks waits for its answer, which describes its table too.
func TestNeighboursAreAskedForOnce(t *testing.T) {
	p := oneWay(t)
	first, second := catalog.Name{Schema: "public", Name: "first"}, catalog.Name{Schema: "public", Name: "second"}
	execute(t, p.from, "CREATE TABLE first (id int)", "CREATE TABLE second (id int, v text)")
	s := p.snapshot().(*snapshot)
	w, err := s.readers.get(t.Context())
	require.NoError(t, err)
	defer func() { s.give(w, nil) }()

	deaf, err := s.join(t.Context())
	require.NoError(t, err)
	deaf.close() // to ask over it fails
	require.NoError(t, s.describing.Acquire(t.Context(), 1))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.attributes(gone, w, second)
	require.ErrorIs(t, err, context.Canceled, "who waits does not wait for ever")

	var waiting errgroup.Group
	waiting.Go(func() error {
		all, err := s.attributes(t.Context(), deaf, second)
		if err == nil && len(all) != 2 {
			err = fmt.Errorf("%d columns", len(all))
		}
		return err
	})
	tables, err := s.types.neighbours(t.Context(), w, first)
	require.NoError(t, err)
	s.mu.Lock()
	maps.Copy(s.mu.tables, tables)
	s.mu.Unlock()
	s.describing.Release(1)
	require.NoError(t, waiting.Wait())
}
