package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

func TestLinesLookAsThoseOfDMS(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(tasklog.New(newLineHandler(&out), tasklog.Options{Context: true, Levels: map[tasklog.Component]slog.Level{tasklog.TargetLoad: tasklog.DetailedDebug}}))
	ctx := tasklog.With(context.Background(), slog.String("table", "t"), slog.String("schema", "s"))
	load := tasklog.Of(log, tasklog.TargetLoad).With("worker", 1)
	load.InfoContext(ctx, "segment loaded", "rows", 3, "error", errors.New("two\nlines \"quoted\""), slog.Group("g", "a", 1))
	load.Warn("w")
	load.Error("e")
	load.Debug("d")
	load.Log(ctx, tasklog.DetailedDebug, "t")
	log.Info("plain")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	const at = `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d:\d{6} `
	const from = `  \(log_test\.go:\d+\)$`
	for i, want := range []string{
		`\[TARGET_LOAD     \]I:  segment loaded worker=1 rows=3 error="two lines \\"quoted\\"" g\.a=1  \{tableName:t, schemaName:s\}`,
		`\[TARGET_LOAD     \]W:  w worker=1`, `\[TARGET_LOAD     \]E:  e worker=1`, `\[TARGET_LOAD     \]D:  d worker=1`,
		`\[TARGET_LOAD     \]T:  t worker=1  \{tableName:t, schemaName:s\}`, `\[COMMON          \]I:  plain`,
	} {
		require.Regexp(t, at+want+from, lines[i])
	}
	require.Len(t, lines, 6)
}

func TestSeveritiesChangeWhileATaskRuns(t *testing.T) {
	var out bytes.Buffer
	lines := newLineHandler(&out)
	quiet, err := settings.Parse([]byte(`{"Logging":{"LogComponents":[{"Id":"TARGET_LOAD","Severity":"LOGGER_SEVERITY_ERROR"}]}}`))
	require.NoError(t, err)
	loud, err := settings.Parse([]byte(`{"Logging":{"LogComponents":[{"Id":"TARGET_LOAD","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`))
	require.NoError(t, err)
	live := newLiveHandler(lines, task.LogHandler(lines, quiet, false))
	log := tasklog.Of(slog.New(live), tasklog.TargetLoad).With("a", 1)
	log.Debug("one")
	require.False(t, log.Enabled(t.Context(), slog.LevelDebug))
	live.replace(task.LogHandler(lines, loud, false))
	require.True(t, log.Enabled(t.Context(), slog.LevelDebug))
	log.Debug("two")
	require.NotContains(t, out.String(), "one")
	require.Contains(t, out.String(), "two a=1")
}

// TestSecretsOfAStoreAreScrubbed: a Redshift endpoint holds those of the server itself.
func TestSecretsOfAStoreAreScrubbed(t *testing.T) {
	s := newScrubber(instance.Endpoint{URL: "redshift://u:password@h/d?s3_key=AKIAEXAMPLE&s3_secret=se%2Fcret%2B1"})
	require.Equal(t, "COPY t FROM 's3://b' ACCESS_KEY_ID 'AKIAEXAMPLE' SECRET_ACCESS_KEY 'xxxxx': xxxxx", s.text("COPY t FROM 's3://b' ACCESS_KEY_ID 'AKIAEXAMPLE' SECRET_ACCESS_KEY 'se/cret+1': se%2Fcret%2B1"))
}

func TestPasswordsAreScrubbed(t *testing.T) {
	e := instance.Endpoint{URL: "postgres://u:s3cret%2Fword@h/d?sslpassword=keypass&sslmode=require"}
	s := newScrubber(e, instance.Endpoint{URL: "mysql://u:pw@h/d"})
	require.Equal(t, "a xxxxx b xxxxx c xxxxx", s.text("a s3cret/word b s3cret%2Fword c keypass"))
	require.Equal(t, "pw is too short to tell", s.text("pw is too short to tell"))
	var out bytes.Buffer
	n, err := s.writer(&out).Write([]byte("login with s3cret/word\n"))
	require.NoError(t, err)
	require.Equal(t, 23, n)
	require.Equal(t, "login with xxxxx\n", out.String())
}

// TestPasswordsAreScrubbedInQuotes: a line of the log has errors in quotation marks, and errors have values in them.
func TestPasswordsAreScrubbedInQuotes(t *testing.T) {
	const password = `pa"ss\w ö` + "\t1"
	s := newScrubber(instance.Endpoint{URL: (&url.URL{Scheme: "mysql", User: url.UserPassword("u", password), Host: "h"}).String()})
	var out bytes.Buffer
	log := slog.New(tasklog.New(newLineHandler(s.writer(&out)), tasklog.Options{}))
	log.Error("refused", "error", errors.New("login with "+password), "again", fmt.Errorf("the password %q is wrong", password))
	require.Contains(t, out.String(), `error="login with xxxxx" again="the password \"xxxxx\" is wrong"`)
}
