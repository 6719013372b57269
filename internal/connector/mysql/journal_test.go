package mysql

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestJournalsOfRunsThatComeAndGo: the last run takes the table with it, but not from under one that has just begun.
func TestJournalsOfRunsThatComeAndGo(t *testing.T) {
	f := newFixture(t, servertest.PrivateMariaDB(t))
	var g errgroup.Group
	for n := range 4 {
		g.Go(func() error {
			j := &journal{f.target}
			for i := range 30 {
				run := fmt.Sprintf("run %d", n)
				if err := j.Plan(t.Context(), []connector.Mark{{Run: run, Table: catalog.Name{Schema: "a", Name: "b"}}}); err != nil {
					return err
				}
				kept, err := j.Read(t.Context(), run)
				if err != nil || len(kept) != 1 {
					return fmt.Errorf("round %d: %d marks are left: %w", i, len(kept), err)
				}
				if err := j.Close(t.Context(), run); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
}
