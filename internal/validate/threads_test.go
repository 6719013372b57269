package validate

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// slowDigester takes a second for every query, by the clock of synctest.
type slowDigester struct{ connector.Snapshot }

func (slowDigester) Layout(*catalog.Column) change.Layout         { return change.Int64 }
func (slowDigester) Renders(*catalog.Column, connector.Form) bool { return true }
func (slowDigester) Own([]*catalog.Column) string                 { return "slow" }
func (slowDigester) Digest(context.Context, connector.DigestRequest) ([]connector.Digest, error) {
	aSecondPasses()
	return []connector.Digest{{Rows: 1, Sum: 1}}, nil
}

// TestTablesAreComparedSideBySide holds ThreadCount: so many queries run at once on each side, no fewer and no more.
func TestTablesAreComparedSideBySide(t *testing.T) {
	for threads, want := range map[int]time.Duration{1: 6 * time.Second, 3: 2 * time.Second, 6: time.Second} {
		t.Run(fmt.Sprint(threads), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := Config{Source: slowDigester{}, Target: slowDigester{}, Threads: threads, Stats: &Stats{}}
				for i := range 6 {
					column := &catalog.Column{Name: "v", BaseType: "int", Type: datatype.Type{Kind: datatype.Int4}}
					table := &catalog.Table{Name: catalog.Name{Schema: "s", Name: fmt.Sprint("t", i)}, Columns: []*catalog.Column{column}, Rows: 1}
					c.Tables = append(c.Tables, &Table{Target: table, Plan: &mapping.TablePlan{Source: table, Columns: []mapping.ColumnPlan{{Name: "v", Source: column}}}})
				}
				started := time.Now()
				results, err := Run(t.Context(), c)
				require.NoError(t, err)
				for _, r := range results {
					require.True(t, r.Equal(), "%+v", r)
				}
				require.Equal(t, want, time.Since(started))
			})
		})
	}
}
