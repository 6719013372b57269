package host

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

const patience = 60 * time.Second

func newHost(t *testing.T, c Config) *Host {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	c.Command = []string{os.Args[0], "instance"}
	c.Log = slog.New(slog.DiscardHandler)
	h, err := New(c)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			showLogs(t, h.Dir)
		}
		require.NoError(t, h.Close(context.Background()))
	})
	return h
}

// showLogs shows the ends of all logs of instances and tasks.
func showLogs(t *testing.T, dir string) {
	t.Helper()
	for _, pattern := range []string{"*/process.log", "*/tasks/*/log"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, f := range files {
			text, _ := os.ReadFile(f)
			t.Logf("%s:\n%s", f, text[max(0, len(text)-3000):])
		}
	}
}

func await(t *testing.T, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !f(); <-tick.C {
		require.True(t, time.Now().Before(deadline), "waited in vain: %s", what)
	}
}

func awaitUp(t *testing.T, h *Host, id string) {
	t.Helper()
	await(t, "the instance answers", func() bool { return h.State(id).Phase == instance.Up })
}

// pid is the process of an instance.
func (h *Host) pid(id string) int {
	h.mu.Lock()
	k := h.mu.instances[id]
	h.mu.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.process == nil {
		return 0
	}
	return k.mu.process.Pid
}

func small(id string) instance.Spec {
	return instance.Spec{ID: id, Processors: 1, Memory: 1 << 30}
}

// database is an end of a test's tasks.
type database struct {
	instance.Endpoint
	db *sql.DB
}

// loopback lets everything on this machine be reached.
func loopback() []instance.Egress {
	return []instance.Egress{{To: netip.MustParsePrefix("127.0.0.0/8"), First: 0, Last: 65535}}
}

func postgres(t *testing.T) *database {
	t.Helper()
	d := servertest.PostgreSQL(t, servertest.PostgreSQL15)
	return &database{instance.Endpoint{Engine: "postgres", URL: d.URL, Egress: loopback()}, servertest.OpenDB(t, "pgx", d.URL)}
}

func mariadb(t *testing.T) *database {
	t.Helper()
	d := servertest.MariaDB(t)
	u, err := url.Parse(d.URL)
	require.NoError(t, err)
	db := servertest.OpenDB(t, "mysql", fmt.Sprintf("whimbrel:secret@tcp(%s)/%s", u.Host, d.Name))
	e := instance.Endpoint{Engine: "mariadb", URL: d.URL, Egress: loopback(), Settings: map[string]string{"TargetDbType": "specific-database"}}
	return &database{e, db}
}

func (d *database) column(t *testing.T, query string) []string {
	t.Helper()
	out, err := servertest.Column(d.db, query, "NULL")
	require.NoError(t, err)
	return out
}

const onlyA = `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"a%"},"rule-action":"include"}]}`

func newTask(id, kind string, source, target *database) instance.Task {
	return instance.Task{
		ID: id, Name: strings.ToLower(id), Run: "run of " + id, Attempt: 1, Mode: instance.Fresh, Type: kind, Source: source.Endpoint, Target: target.Endpoint,
		Settings: `{"ErrorBehavior":{"RecoverableErrorInterval":1}}`, Mappings: onlyA,
	}
}

// taskState is how a task stands; ok is false while the instance does not know it.
func taskState(t *testing.T, h *Host, instanceID, id string) (s instance.TaskState, ok bool) {
	t.Helper()
	states, _, err := h.Client(instanceID).Tasks(t.Context(), 0)
	if err != nil {
		return s, false
	}
	for _, s := range states {
		if s.ID == id {
			return s, true
		}
	}
	return s, false
}

func awaitEnd(t *testing.T, h *Host, instanceID, id string) (s instance.TaskState) {
	t.Helper()
	await(t, "the task ends", func() bool {
		var ok bool
		s, ok = taskState(t, h, instanceID, id)
		return ok && !s.Running
	})
	return s
}
