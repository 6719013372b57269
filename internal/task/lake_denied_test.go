package task_test

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

const accessDenied = `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>`

// TestLakeDeniedAmidChanges: while changes are followed the bucket's policy lets nobody do one thing any more: begin a file, send its part, write the
// commit, end a file. The task says so; once it is allowed again it goes on, and each change is in the files once.
func TestLakeDeniedAmidChanges(t *testing.T) {
	for name, denies := range map[string]func(r *http.Request) bool{
		"begin": func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Query().Has("uploads") },
		"part":  func(r *http.Request) bool { return r.URL.Query().Has("partNumber") },
		"commit": func(r *http.Request) bool {
			return r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/state.json")
		},
		"end": func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Query().Has("uploadId") },
	} {
		t.Run(name, func(t *testing.T) {
			source, l := newEnd(t, "sqlite"), newLake(t)
			source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "CREATE TABLE b (id INTEGER PRIMARY KEY, v TEXT)")
			var denied atomic.Bool
			through := l.between(t, func(w http.ResponseWriter, r *http.Request, on http.Handler) {
				if denied.Load() && denies(r) {
					w.WriteHeader(http.StatusForbidden)
					_, _ = io.WriteString(w, accessDenied)
					return
				}
				on.ServeHTTP(w, r)
			})
			set := lakeWith("CdcMaxBatchInterval", "0")
			load(t, source, l.end, through, set)
			c := changesConfig(source, l.end)
			c.Settings.ErrorBehavior.RecoverableErrorCount = 0
			through(&c)
			set(&c)
			r := start(t, c)
			source.exec(t, "INSERT INTO a VALUES (1, 'x')", "INSERT INTO b VALUES (1, 'x')")
			r.await(t, "changes", func() bool { return len(l.lines(t, "main/a"))+len(l.lines(t, "main/b")) == 2 })
			denied.Store(true)
			source.exec(t, "UPDATE a SET v = 'y'", "INSERT INTO b VALUES (2, 'y')", "DELETE FROM b WHERE id = 1")
			<-r.ended
			require.Equal(t, connector.Denied, connector.ClassOf(r.err), r.err)
			require.ErrorContains(t, r.err, "get, put and delete objects")
			require.NotContains(t, r.err.Error(), l.Secret)
			source.exec(t, "INSERT INTO a VALUES (2, 'z')")
			denied.Store(false)
			catchUp(t, source, l.end, through, set)
			require.Equal(t, []string{"I,1,x", "U,1,y", "I,2,z"}, l.lines(t, "main/a"))
			require.Equal(t, []string{"I,1,x", "I,2,y", "D,1,"}, l.lines(t, "main/b"))
			require.Empty(t, filesBelow(t, filepath.Join(l.Dir, ".sgwtmp")), "uploads are left")
		})
	}
}
