package tasklog

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"

	"github.com/stretchr/testify/require"
)

// logged returns what a function writes, without times.
func logged(o Options, f func(*slog.Logger)) []string {
	var out bytes.Buffer
	text := slog.NewTextHandler(&out, &slog.HandlerOptions{Level: DetailedDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	f(slog.New(New(text, o)))
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

func TestEveryComponentHasItsLevel(t *testing.T) {
	o := Options{Levels: map[Component]slog.Level{SourceUnload: slog.LevelError, TargetLoad: slog.LevelDebug, Common: slog.LevelWarn}}
	lines := logged(o, func(log *slog.Logger) {
		for _, c := range []Component{SourceUnload, TargetLoad, TaskManager} {
			l := Of(log, c).With("worker", 1)
			l.Debug("debug")
			l.Info("info")
			l.Warn("warning")
			l.Error("error")
		}
		Of(Of(log, TargetLoad), SourceUnload).Debug("the last component counts")
	})
	require.Equal(t, []string{
		"level=ERROR msg=error component=SOURCE_UNLOAD worker=1",
		"level=DEBUG msg=debug component=TARGET_LOAD worker=1",
		"level=INFO msg=info component=TARGET_LOAD worker=1",
		"level=WARN msg=warning component=TARGET_LOAD worker=1",
		"level=ERROR msg=error component=TARGET_LOAD worker=1",
		"level=WARN msg=warning component=TASK_MANAGER worker=1", // as COMMON
		"level=ERROR msg=error component=TASK_MANAGER worker=1",
	}, lines)
}

func TestContextIsAddedWhenAsked(t *testing.T) {
	write := func(log *slog.Logger) {
		ctx := With(context.Background(), slog.String("table", "a"), slog.String("position", "0/1"))
		Of(log, TargetLoad).InfoContext(With(ctx, slog.String("table", "b")), "loaded", "rows", 3)
		Of(log, TargetLoad).InfoContext(ctx, "outer")
		Of(log, TargetLoad).Info("none")
	}
	require.Equal(t, []string{
		"level=INFO msg=loaded component=TARGET_LOAD rows=3 context.table=b context.position=0/1",
		"level=INFO msg=outer component=TARGET_LOAD context.table=a context.position=0/1",
		"level=INFO msg=none component=TARGET_LOAD",
	}, logged(Options{Context: true}, write))
	require.Equal(t, []string{
		"level=INFO msg=loaded component=TARGET_LOAD rows=3", "level=INFO msg=outer component=TARGET_LOAD", "level=INFO msg=none component=TARGET_LOAD",
	}, logged(Options{}, write))
}

func TestNoLog(t *testing.T) {
	require.Equal(t, []string{""}, logged(Options{Off: true}, func(log *slog.Logger) { log.Error("lost") }))
	Of(nil, Common).Error("goes nowhere")
}

// TestHandlerIsOne holds the handler to slog's own rules for groups, attributes and times.
func TestHandlerIsOne(t *testing.T) {
	var out bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return New(slog.NewJSONHandler(&out, nil), Options{})
	}, func(t *testing.T) map[string]any { return decoded(t, out.Bytes()) })
}

func decoded(t *testing.T, line []byte) (m map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(line, &m))
	return m
}
