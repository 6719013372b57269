package summary

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func sampleReport() *task.Report {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	table := func(name string, s fullload.State, rows, rejected int64) fullload.TableCounts {
		n := catalog.Name{Schema: "shop", Name: name}
		return fullload.TableCounts{Source: n, Target: n, State: s, Rows: rows, Bytes: 100 * rows, Rejected: rejected, Started: at, Ended: at.Add(2500 * time.Millisecond)}
	}
	r := &task.Report{
		Source: "postgres://db/shop", Target: "mariadb://new/shop", Position: "0/1A2B ", Started: at, Ended: at.Add(10 * time.Second), Resumed: true,
		Tables: []fullload.TableCounts{table("item", fullload.Completed, 1_234_567, 0), table("odd", fullload.Completed, 10, 2), table("lost", fullload.Failed, 5, 0)},
		Notes: []convert.Note{
			{Kind: "trigger", Name: catalog.Name{Schema: "shop", Name: "tr"}, Outcome: convert.NotCarried, Text: "Trigger shop.tr is not carried over, because it is written for another engine.", Reason: "it is written for another engine"},
			{Kind: "grant", Name: catalog.Name{Schema: "shop", Name: "item"}, Outcome: convert.NotCarried, Text: "Grant shop.item is not carried over, because roles belong to the server: GRANT SELECT ON TABLE shop.item TO app.", Reason: "roles belong to the server", ByHand: "GRANT SELECT ON TABLE shop.item TO app"},
		},
		Failed:    []convert.Note{{Kind: "index", Name: catalog.Name{Schema: "shop", Name: "item"}, Part: "by_name", Outcome: convert.NotCarried, Text: "The target refused to make index by_name."}},
		Unmatched: []string{"rule 7"}, Overruled: []string{"rule 8"}, LeftBehind: []string{"shop.item.picture"},
	}
	r.Tables[0].Target.Name = "items"
	r.Tables[2].Err = errors.New("load table shop.lost: the disk is full")
	return r
}

func TestReportGolden(t *testing.T) {
	for name, failure := range map[string]error{"report": nil, "report_failed": errors.New("the source is gone")} {
		var text, form strings.Builder
		require.NoError(t, Report(&text, sampleReport(), failure, false))
		golden(t, name+".txt", text.String())
		require.NoError(t, Report(&form, sampleReport(), failure, true))
		require.True(t, json.Valid([]byte(form.String())))
		golden(t, name+".json", form.String())
	}
}
