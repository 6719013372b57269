package assess_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// TestGate keeps a task from starting whose assessments fail, and only warns where it was told to.
func TestGate(t *testing.T) {
	const keyless = "table-with-no-primary-key-or-unique-constraint"
	const missing = "all-check-source-selection-rules"
	source, target := newEnd(t, "sqlite"), newEnd(t, "sqlite")
	servertest.Exec(t, source.db, "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)")
	const nothing = `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"no_such%"},"rule-action":"include"}]}`
	for name, c := range map[string]struct {
		document, mappings string
		refused, logged    string
	}{
		"off":                    {`{}`, nothing, "", ""},
		"fails":                  {`{"FailOnAssessments":"` + missing + `"}`, nothing, missing, ""},
		"all fail":               {`{"FailOnAssessments":"all"}`, nothing, missing, ""},
		"warns":                  {`{"WarnOnAssessments":"` + missing + `, ` + keyless + `"}`, nothing, "", missing},
		"another one":            {`{"FailOnAssessments":"all-check-target-read-replica"}`, nothing, "", ""},
		"passes":                 {`{"FailOnAssessments":"` + missing + `"}`, "", "", ""},
		"of other engines":       {`{"FailOnAssessments":"postgres-check-wallevel"}`, nothing, "", ""},
		"no such assessment":     {`{"FailOnAssessments":"postgres-check-wallevl"}`, "", "postgres-check-wallevl", ""},
		"fails, and warns of it": {`{"FailOnAssessments":"` + missing + `","WarnOnAssessments":"all"}`, nothing, missing, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := settings.ParseOver(settings.MigrateDefaults(), []byte(`{"WhimbrelSettings":`+c.document+`}`))
			require.NoError(t, err)
			config := task.Config{
				Engines: all.Engines(), Type: task.FullLoad, Name: "gate", Source: connector.Config{URL: source.url}, Target: connector.Config{URL: target.url},
				Settings: s, Stats: &fullload.Stats{}, ChangeStats: &cdc.Stats{},
			}
			if c.mappings != "" {
				config.Mappings, err = mapping.Parse([]byte(c.mappings))
				require.NoError(t, err)
			}
			open, err := task.Open(t.Context(), config)
			require.NoError(t, err)
			defer func() { require.NoError(t, open.Close()) }()
			var log bytes.Buffer
			err = assess.Gate(t.Context(), open, slog.New(slog.NewTextHandler(&log, nil)))
			if c.refused == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.refused)
			}
			if c.logged == "" {
				require.NotContains(t, log.String(), "assessment="+missing)
			} else {
				require.Contains(t, log.String(), "assessment="+c.logged)
			}
		})
	}
}
