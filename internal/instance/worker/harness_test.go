package worker

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// bench is a worker with a directory of SQLite files, and engines that have faults.
type bench struct {
	*Worker
	files string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	files := t.TempDir()
	w, err := New(Config{Dir: filepath.Join(t.TempDir(), "I1"), Engines: engines(), Memory: 1 << 30, SQLiteDir: files, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close(context.Background())) })
	return &bench{w, files}
}

// engines are all of them and one whose reader has a fault.
func engines() connector.Engines {
	known := all.Engines()
	plain := known[3]
	faulty := *plain
	faulty.Name, faulty.Schemes = "faulty", []string{"faulty"}
	faulty.OpenSource = func(ctx context.Context, c connector.Config) (connector.Source, error) {
		c.URL = strings.Replace(c.URL, "faulty:", "sqlite:", 1)
		s, err := plain.OpenSource(ctx, c)
		return faultySource{s}, err
	}
	// lost is one whose source is gone at first and comes back.
	lost := faulty
	lost.Name, lost.Schemes = "lost", []string{"lost"}
	tries := 0
	lost.OpenSource = func(ctx context.Context, c connector.Config) (connector.Source, error) {
		if tries++; tries < 3 {
			return nil, &connector.Error{Class: connector.Lost, Err: errors.New("nobody listens")}
		}
		c.URL = strings.Replace(c.URL, "lost:", "sqlite:", 1)
		return plain.OpenSource(ctx, c)
	}
	// stuck is one whose reader waits until it is ended.
	stuck := faulty
	stuck.Name, stuck.Schemes = "stuck", []string{"stuck"}
	stuck.OpenSource = func(ctx context.Context, c connector.Config) (connector.Source, error) {
		c.URL = strings.Replace(c.URL, "stuck:", "sqlite:", 1)
		s, err := plain.OpenSource(ctx, c)
		return stuckSource{s}, err
	}
	// follows is one whose changes cannot be read.
	follows := faulty
	follows.Name, follows.Schemes = "follows", []string{"follows"}
	follows.OpenSource = func(ctx context.Context, c connector.Config) (connector.Source, error) {
		c.URL = strings.Replace(c.URL, "follows:", "sqlite:", 1)
		s, err := plain.OpenSource(ctx, c)
		if err != nil {
			return nil, err
		}
		return faultyStreamer{s.(connector.Streamer)}, nil
	}
	// writes is one whose rows cannot be written.
	writes := faulty
	writes.Name, writes.Schemes = "writes", []string{"writes"}
	writes.OpenTarget = func(ctx context.Context, c connector.Config) (connector.Target, error) {
		c.URL = strings.Replace(c.URL, "writes:", "sqlite:", 1)
		t, err := plain.OpenTarget(ctx, c)
		return faultyTarget{t}, err
	}
	return append(known, &faulty, &lost, &stuck, &follows, &writes)
}

type faultyStreamer struct{ connector.Streamer }

func (f faultyStreamer) Stream(ctx context.Context, r connector.StreamRequest, position string) (connector.Stream, error) {
	s, err := f.Streamer.Stream(ctx, r, position)
	return faultyStream{s}, err
}

type faultyStream struct{ connector.Stream }

func (faultyStream) Next(context.Context) (connector.Event, error) { panic("the stream is mad") }

type faultyTarget struct{ connector.Target }

func (f faultyTarget) Load(ctx context.Context, r connector.LoadRequest) (connector.Loader, error) {
	l, err := f.Target.Load(ctx, r)
	return faultyLoader{l}, err
}

type faultyLoader struct{ connector.Loader }

func (faultyLoader) Write(context.Context, *change.Batch) error { panic("the writer is mad") }

type stuckSource struct{ connector.Source }

func (f stuckSource) Snapshot(ctx context.Context, readers int) (connector.Snapshot, error) {
	s, err := f.Source.Snapshot(ctx, readers)
	return stuckSnapshot{s}, err
}

type stuckSnapshot struct{ connector.Snapshot }

func (stuckSnapshot) Read(ctx context.Context, _ connector.ReadRequest) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

type faultySource struct{ connector.Source }

func (f faultySource) Snapshot(ctx context.Context, readers int) (connector.Snapshot, error) {
	s, err := f.Source.Snapshot(ctx, readers)
	return faultySnapshot{s}, err
}

type faultySnapshot struct{ connector.Snapshot }

func (faultySnapshot) Read(context.Context, connector.ReadRequest) error { panic("the reader is mad") }

// database makes a SQLite file.
func (b *bench) database(t *testing.T, name string, statements ...string) (string, *sql.DB) {
	t.Helper()
	path := filepath.Join(b.files, name)
	db := servertest.OpenDB(t, "sqlite", path+"?_pragma=busy_timeout(30000)")
	servertest.Exec(t, db, statements...)
	return "sqlite:" + name, db
}

const everything = `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"%"},"rule-action":"include"}]}`

func newTask(id, source, target string) instance.Task {
	return instance.Task{
		ID: id, Name: id, Run: id, Attempt: 1, Mode: instance.Fresh, Type: "full-load", Mappings: everything,
		Source: instance.Endpoint{Engine: "sqlite", URL: source}, Target: instance.Endpoint{Engine: "sqlite", URL: target},
		Settings: `{"ErrorBehavior":{"RecoverableErrorInterval":1,"RecoverableErrorCount":5}}`,
	}
}

func (b *bench) end(t *testing.T, id string, attempt int64) instance.TaskState {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for revision := int64(0); ; {
		states, next, err := b.Tasks(t.Context(), revision)
		require.NoError(t, err)
		for _, s := range states {
			if s.ID == id && s.Attempt == attempt && !s.Running {
				return s
			}
		}
		require.True(t, time.Now().Before(deadline), "task %s does not end", id)
		revision = next
	}
}

func (b *bench) log(t *testing.T, id string) string {
	t.Helper()
	path, _, err := b.Log(t.Context(), id)
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func count(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	out, err := servertest.Column(db, query, "")
	require.NoError(t, err)
	return out[0]
}
