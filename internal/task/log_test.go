package task_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// logged runs a migration and returns the lines of its log.
func logged(t *testing.T, c task.Config) (lines []map[string]any) {
	t.Helper()
	var out bytes.Buffer
	written := slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: tasklog.DetailedDebug})
	c.Log = slog.New(task.LogHandler(written, c.Settings, false))
	_, err := run(context.Background(), c)
	require.NoError(t, err)
	for line := range strings.Lines(out.String()) {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		lines = append(lines, m)
	}
	return lines
}

func TestLogAsTheSettingsSay(t *testing.T) {
	source := newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE item (id INTEGER PRIMARY KEY, v INTEGER)", "INSERT INTO item VALUES (1, 2), (2, 'text'), (3, 4)")
	moved := func(document string) (lines []map[string]any, components map[string]int) {
		c := with(t, config(source, newEnd(t, "postgresql-18")), document)
		lines, components = logged(t, c), map[string]int{}
		for _, l := range lines {
			components[l["component"].(string)+" "+l["level"].(string)]++
		}
		return lines, components
	}
	lines, _ := moved(`{"Logging":{"LogComponents":[{"Id":"TASK_MANAGER","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`)
	require.Len(t, lines, 1)
	require.Equal(t, "full load begins", lines[0]["msg"])
	lines, _ = moved(`{}`)
	for _, l := range lines {
		require.NotContains(t, l["level"], "DEBUG")
		require.NotContains(t, l, "context")
	}

	lines, _ = moved(`{"Logging":{"EnableLogging":false,"LogComponents":[{"Id":"TASK_MANAGER","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`)
	require.Empty(t, lines)

	_, components := moved(`{"Logging":{"LogComponents":[{"Id":"TARGET_LOAD","Severity":"LOGGER_SEVERITY_DETAILED_DEBUG"},
		{"Id":"TRANSFORMATION","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`)
	require.Zero(t, components["TASK_MANAGER DEBUG"])
	require.Positive(t, components["TARGET_LOAD DEBUG"])
	require.Positive(t, components["TARGET_LOAD DEBUG-4"])
	require.Positive(t, components["TRANSFORMATION DEBUG"], "the text in the integer column")
	require.Zero(t, components["SOURCE_UNLOAD DEBUG"])

	lines, _ = moved(`{"Logging":{"EnableLogContext":true,"LogComponents":[{"Id":"TARGET_LOAD","Severity":"LOGGER_SEVERITY_DEBUG"},
		{"Id":"TABLES_MANAGER","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`)
	statements := ""
	for _, l := range lines {
		about, _ := l["context"].(map[string]any)
		switch l["msg"] {
		case "segment loaded":
			require.Equal(t, "item", about["table"])
			require.Equal(t, "main", about["schema"])
			require.InDelta(t, 1, about["segment"], 0)
		case "make":
			statements += about["statement"].(string)
		}
	}
	require.Contains(t, statements, "PRIMARY KEY")
}

// TestThreadsOfOneTable counts how many segments of a table are on their way at once.
func TestThreadsOfOneTable(t *testing.T) {
	source := newEnd(t, "postgresql-18")
	source.exec(t, "CREATE TABLE big (id int PRIMARY KEY, v text)",
		"INSERT INTO big SELECT g, repeat('x', 200) FROM generate_series(1, 40000) g", "ANALYZE")
	most := func(document string) int {
		c := with(t, config(source, newEnd(t, "postgresql-18")), document)
		c.SegmentBytes = 256 << 10
		seen := &concurrency{}
		c.Log = slog.New(seen)
		report, err := run(context.Background(), c)
		require.NoError(t, err)
		require.Equal(t, int64(40000), report.Tables[0].Rows)
		return seen.most
	}
	require.Equal(t, 1, most(`{"TargetMetadata":{"ParallelLoadThreads":1}}`))
	require.Equal(t, 2, most(`{"TargetMetadata":{"ParallelLoadThreads":2}}`))
	require.Equal(t, 3, most(`{}`))
}

// concurrency is a log that counts segments under way.
type concurrency struct {
	slog.Handler
	mu        sync.Mutex
	now, most int
}

func (c *concurrency) Enabled(context.Context, slog.Level) bool { return true }
func (c *concurrency) WithAttrs([]slog.Attr) slog.Handler       { return c }
func (c *concurrency) Handle(_ context.Context, r slog.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch r.Message {
	case "read a segment":
		c.now++
	case "segment loaded":
		c.now--
	}
	c.most = max(c.most, c.now)
	return nil
}

// TestInlineLOBs: values below and above InlineLobMaxSize arrive whole.
func TestInlineLOBs(t *testing.T) {
	onSettingPairs(t, func(t *testing.T, source, target *end) {
		text := map[string]string{"postgres": "text", "mariadb": "longtext", "sqlite": "text"}[source.engine]
		source.exec(t, "CREATE TABLE doc (id int PRIMARY KEY, body "+text+")")
		for i, size := range []int{10, 16 << 10, 16<<10 + 1, 300 << 10} {
			source.exec(t, "INSERT INTO doc VALUES ("+string(rune('1'+i))+", '"+strings.Repeat("a", size)+"')")
		}
		c := with(t, config(source, target), `{"TargetMetadata":{"FullLobMode":true,"InlineLobMaxSize":16}}`)
		report, err := run(context.Background(), c)
		require.NoError(t, err)
		require.True(t, report.Complete())
		require.Equal(t, []string{"10", "16384", "16385", "307200"}, target.column(t, "SELECT length(body) FROM "+qualified(source, target, "doc")+" ORDER BY id"))
	})
}
