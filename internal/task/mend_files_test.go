package task_test

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestMendsOfSQLite proves the messages about SQLite files.
func TestMendsOfSQLite(t *testing.T) { proveMends(t, sqliteFailures()) }

// TestMendsOfStores proves those about buckets and Redshift.
func TestMendsOfStores(t *testing.T) { proveMends(t, storeFailures()) }

// hold takes SQLite's write lock on a file.
func hold(t *testing.T, e *end) (conn *sql.Conn) {
	t.Helper()
	conn, err := e.db.Conn(context.Background())
	require.NoError(t, err)
	_, err = conn.ExecContext(t.Context(), "BEGIN EXCLUSIVE")
	require.NoError(t, err)
	return conn
}

func sqliteFailures() []failure {
	const engine = "SQLite"
	return []failure{
		{engine, "a source that is not there", "does not exist", "check the path", func(t *testing.T, c *task.Config) func() {
			source := small(t)
			*c = *moving(source, newEnd(t, "sqlite"), false)
			c.Source.URL = "sqlite:" + filepath.Join(t.TempDir(), "other.db")
			return func() { c.Source.URL = source.url }
		}},
		{engine, "another kind of file", "file is not a database", "name a SQLite 3 database file", func(t *testing.T, c *task.Config) func() {
			source := small(t)
			*c = *moving(source, newEnd(t, "sqlite"), false)
			other := filepath.Join(t.TempDir(), "other.db")
			require.NoError(t, os.WriteFile(other, []byte(strings.Repeat("this is a text\n", 1000)), 0o600))
			c.Source.URL = "sqlite:" + other
			return func() { c.Source.URL = source.url }
		}},
		{engine, "a target that is locked", "database is locked", "close other programs that write to the file", func(t *testing.T, c *task.Config) func() {
			target := newEnd(t, "sqlite")
			target.exec(t, "CREATE TABLE other (id INTEGER)")
			*c = *moving(small(t), target, false)
			c.Target.URL += "?busy_timeout=100"
			conn := hold(t, target)
			return func() {
				_, err := conn.ExecContext(context.Background(), "COMMIT")
				require.NoError(t, err)
				require.NoError(t, conn.Close())
			}
		}},
		{engine, "a target that is locked for longer than one waits", "database is locked", "on the command line, ?busy_timeout=60000 in the URL waits a minute for them", func(t *testing.T, c *task.Config) func() {
			target := newEnd(t, "sqlite")
			target.exec(t, "CREATE TABLE other (id INTEGER)")
			*c = *moving(small(t), target, false)
			c.Target.URL += "?busy_timeout=100"
			conn := hold(t, target)
			return func() {
				c.Target.URL = strings.Replace(c.Target.URL, "=100", "=60000", 1)
				time.AfterFunc(2*time.Second, func() {
					_, _ = conn.ExecContext(context.Background(), "COMMIT")
					_ = conn.Close()
				})
			}
		}},
		{engine, "a target that is read only", "is to be written, but the URL says read-only", "take mode and immutable out of the URL", func(t *testing.T, c *task.Config) func() {
			target := newEnd(t, "sqlite")
			target.exec(t, "CREATE TABLE other (id INTEGER)")
			*c = *moving(small(t), target, false)
			good := c.Target.URL
			c.Target.URL += "?mode=ro"
			return func() { c.Target.URL = good }
		}},
		{engine, "a folder that is not there", "unable to open database file", "check that the file's folder exists and may be read and written", func(t *testing.T, c *task.Config) func() {
			dir := filepath.Join(t.TempDir(), "folder")
			*c = *moving(small(t), &end{url: "sqlite:" + filepath.Join(dir, "data.db")}, false)
			return func() { require.NoError(t, os.Mkdir(dir, 0o700)) }
		}},
		{engine, "a full disk", "is full", "make room", func(t *testing.T, c *task.Config) func() {
			dir := t.TempDir()
			grow := boundedDisk(t, dir, "20k")
			*c = *moving(small(t), &end{url: "sqlite:" + filepath.Join(dir, "data.db")}, false)
			return grow
		}},
	}
}

func storeFailures() []failure {
	return []failure{
		{"S3", "unknown bucket", "NoSuchBucket", "make the bucket first", func(t *testing.T, c *task.Config) func() {
			l := newLake(t)
			*c = *moving(small(t), l.end, false)
			c.Target.URL = strings.Replace(l.end.url, l.Name, "nowhere", 1)
			return func() { c.Target.URL = l.end.url }
		}},
		{"S3", "wrong key", "SignatureDoesNotMatch", "check the access key, its secret, and this machine's clock", func(t *testing.T, c *task.Config) func() {
			l := newLake(t)
			*c = *moving(small(t), l.end, false)
			c.Target.URL = strings.Replace(l.end.url, l.Secret, "hunter2", 1)
			return func() { c.Target.URL = l.end.url }
		}},
		{"S3", "a key that the store does not know", "No user exists with the provided access key ID", "check the access key, its secret, and this machine's clock", func(t *testing.T, c *task.Config) func() {
			l := newLake(t)
			*c = *moving(small(t), l.end, false)
			c.Target.URL = strings.Replace(l.end.url, l.Key, "nobody", 1)
			return func() { c.Target.URL = l.end.url }
		}},
		{"S3", "no right to put objects", "AccessDenied", "let the access key list the bucket, and get, put and delete objects in it", func(t *testing.T, c *task.Config) func() {
			all := servertest.S3Alone(t)
			user := all.User(t, "mover")
			*c = *moving(small(t), &end{engine: "s3", family: catalog.Lake, url: user.URL("dms")}, false)
			allowed(t, all, "mover", "s3:ListBucket", "s3:GetObject")
			return func() {
				allowed(t, all, "mover", "s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
			}
		}},
		{"S3", "a store that does not answer", "connection refused", "check that the store runs at the address in endpoint=", func(t *testing.T, c *task.Config) func() {
			l := newLake(t)
			*c = *moving(small(t), l.end, false)
			u, err := url.Parse(l.end.url)
			require.NoError(t, err)
			u.RawQuery = url.Values{"endpoint": {"http://127.0.0.1:1"}, "attempts": {"1"}}.Encode()
			c.Target.URL = u.String()
			return func() { c.Target.URL = l.end.url }
		}},
		{"Redshift", "wrong password", "password authentication failed", "check the user", func(t *testing.T, c *task.Config) func() {
			w := newWarehouse(t)
			*c = *moving(small(t), w.end, false)
			c.Target.URL = w.URLAs(w.User, "hunter2")
			return func() { c.Target.URL = w.URL() }
		}},
	}
}
