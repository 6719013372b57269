package worker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// lineHandler writes lines in the form of DMS's task logs, which programs that read them know:
//
//	2026-02-09T12:12:12:123456 [TARGET_LOAD     ]I:  segment loaded rows=3  {tableName:t, schemaName:s}  (segment.go:142)
type lineHandler struct {
	out       io.Writer
	component string
	attrs     string // of With, as written
	group     string
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func newLineHandler(out io.Writer) *lineHandler {
	return &lineHandler{out: out, component: string(tasklog.Common)}
}

// Enabled implements slog.Handler: what is loud enough is for the task's settings to say.
func (h *lineHandler) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	at := r.Time.UTC()
	fmt.Fprintf(b, "%s:%06d [%-16s]%c:  %s%s", at.Format("2006-01-02T15:04:05"), at.Nanosecond()/1000, h.component, letter(r.Level), oneLine(r.Message), h.attrs)
	around := ""
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "context" && a.Value.Kind() == slog.KindGroup {
			around = contextOf(a.Value.Group())
			return true
		}
		writeAttr(b, h.group, a)
		return true
	})
	if around != "" {
		b.WriteString("  " + around)
	}
	if r.PC != 0 {
		frame, _ := runtime.CallersFrames([]uintptr{r.PC}).Next()
		fmt.Fprintf(b, "  (%s:%d)", filepath.Base(frame.File), frame.Line)
	}
	b.WriteByte('\n')
	_, err := h.out.Write(b.Bytes())
	return err
}

// letter is DMS's for a severity.
func letter(l slog.Level) byte {
	switch {
	case l >= slog.LevelError:
		return 'E'
	case l >= slog.LevelWarn:
		return 'W'
	case l >= slog.LevelInfo:
		return 'I'
	case l > tasklog.DetailedDebug:
		return 'D'
	default:
		return 'T'
	}
}

// contextKeys are DMS's names of what a line is about.
var contextKeys = map[string]string{"table": "tableName", "schema": "schemaName", "column": "columnName", "position": "streamPosition"}

func contextOf(attrs []slog.Attr) string {
	var parts []string
	for _, a := range attrs {
		key := a.Key
		if known := contextKeys[key]; known != "" {
			key = known
		}
		parts = append(parts, key+":"+oneLine(a.Value.String()))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func writeAttr(b *bytes.Buffer, group string, a slog.Attr) {
	v := a.Value.Resolve()
	switch {
	case a.Equal(slog.Attr{}):
	case v.Kind() == slog.KindGroup:
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, inner := range v.Group() {
			writeAttr(b, group, inner)
		}
	default:
		text := oneLine(v.String())
		if strings.ContainsAny(text, " =\"") {
			text = `"` + inQuotes(text) + `"`
		}
		b.WriteString(" " + group + a.Key + "=" + text)
	}
}

var breaks = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ")

func inQuotes(s string) string { return strings.ReplaceAll(s, `"`, `\"`) }

// oneLine keeps a text on its line.
func oneLine(s string) string { return breaks.Replace(s) }

// WithAttrs implements slog.Handler.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := *h
	var b bytes.Buffer
	for _, a := range attrs {
		if a.Key == "component" {
			out.component = a.Value.String()
			continue
		}
		writeAttr(&b, h.group, a)
	}
	out.attrs += b.String()
	return &out
}

// WithGroup implements slog.Handler.
func (h *lineHandler) WithGroup(name string) slog.Handler {
	out := *h
	out.group += name + "."
	return &out
}
