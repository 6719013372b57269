package task

import (
	"context"
	"log/slog"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// LogHandler returns the handler that logs as the task settings say: next gets the lines of components that are loud
// enough, none when EnableLogging is false. verbose lifts the components whose severity is LOGGER_SEVERITY_DEFAULT.
func LogHandler(next slog.Handler, s *settings.Settings, verbose bool) slog.Handler {
	o := tasklog.Options{Off: !s.Logging.EnableLogging, Context: s.Logging.EnableLogContext, Levels: map[tasklog.Component]slog.Level{}}
	normal := slog.LevelInfo
	if verbose {
		normal = slog.LevelDebug
	}
	o.Levels[tasklog.Common] = normal
	for _, c := range s.Logging.LogComponents {
		o.Levels[tasklog.Component(c.Id)] = logLevel(c.Severity, normal)
	}
	return tasklog.New(next, o)
}

func logLevel(severity string, normal slog.Level) slog.Level {
	switch severity {
	case "LOGGER_SEVERITY_ERROR":
		return slog.LevelError
	case "LOGGER_SEVERITY_WARNING":
		return slog.LevelWarn
	case "LOGGER_SEVERITY_INFO":
		return slog.LevelInfo
	case "LOGGER_SEVERITY_DEBUG":
		return slog.LevelDebug
	case "LOGGER_SEVERITY_DETAILED_DEBUG":
		return tasklog.DetailedDebug
	}
	return normal // LOGGER_SEVERITY_DEFAULT
}

// log is the logger of a component.
func (t *Task) log(c tasklog.Component) *slog.Logger { return tasklog.Of(t.Log, c) }

// within notes the table that is worked on.
func within(ctx context.Context, n catalog.Name) context.Context {
	return tasklog.With(ctx, slog.String("schema", n.Schema), slog.String("table", n.Name))
}
