package console_test

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver of MariaDB
	_ "github.com/jackc/pgx/v5/stdlib" // the driver of PostgreSQL
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// end is a database, as the form of an endpoint wants it.
type end struct {
	Engine, Server, Port, Database, User, Password string
}

func endOf(t testing.TB, engine string, d *servertest.Database) end {
	t.Helper()
	at, err := url.Parse(d.URL)
	require.NoError(t, err)
	password, _ := at.User.Password()
	return end{engine, at.Hostname(), at.Port(), strings.TrimPrefix(at.Path, "/"), at.User.Username(), password}
}

// stage is what stands behind the page: databases, and what happens to them when the script asks for it.
type stage struct {
	t              testing.TB
	source, target *sql.DB
	server         servertest.Server
	env            []string // of the aws command
	url            string   // of the server
}

// do carries out what the script asks for between two clicks.
func (s *stage) do(word string) error {
	word, rest, _ := strings.Cut(word, " ")
	switch word {
	case "run":
		return s.run(rest)
	case "trade":
		servertest.Exec(s.t, s.source, "INSERT INTO orders SELECT i, i % 97 + 1, i * 1.5 FROM generate_series(5001, 5050) i",
			"UPDATE customer SET name = 'renamed' WHERE id <= 10", "DELETE FROM orders WHERE id <= 5")
	case "break":
		s.server.Kill()
	case "mend":
		return s.server.Start()
	case "more":
		servertest.Exec(s.t, s.source, "INSERT INTO orders SELECT i, 1, 1 FROM generate_series(6001, 6010) i")
	case "refuse": // the target has a rule of its own, and the source a row that breaks it
		servertest.Exec(s.t, s.target, "ALTER TABLE shop.orders ADD CONSTRAINT affordable CHECK (total < 1000000)")
		servertest.Exec(s.t, s.source, "INSERT INTO orders VALUES (7001, 1, 2000000)")
	case "allow":
		servertest.Exec(s.t, s.target, "ALTER TABLE shop.orders DROP CONSTRAINT affordable")
	case "compare":
		return s.compare()
	case "log":
		return s.log(rest)
	default:
		return fmt.Errorf("the script asks for %q, which is nothing", word)
	}
	return nil
}

// run has a shell run what the page has put on the clipboard.
func (s *stage) run(escaped string) error {
	command, err := url.PathUnescape(escaped)
	if err != nil {
		return fmt.Errorf("read the command: %w", err)
	}
	cmd := exec.CommandContext(s.t.Context(), "sh", "-c", command)
	cmd.Env = s.env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", command, err, out)
	}
	return nil
}

// log writes so many lines into the log of the task, behind those that there are: "FIRST COUNT".
func (s *stage) log(what string) error {
	var first, count int
	if _, err := fmt.Sscan(what, &first, &count); err != nil {
		return fmt.Errorf("read %q: %w", what, err)
	}
	type event struct {
		Timestamp int64  `json:"timestamp"`
		Message   string `json:"message"`
	}
	at := time.Now().UnixMilli()
	logs, group := "aws --region eu-central-1 --endpoint-url "+s.url+" logs ", " --log-group-name dms-tasks-mover"
	for all := range slices.Chunk(make([]event, count), 10_000) { // as many as one call may put
		for i := range all {
			all[i] = event{at, fmt.Sprint("needle ", first)}
			first++
		}
		raw, err := json.Marshal(all)
		if err != nil {
			return fmt.Errorf("encode the lines: %w", err)
		}
		file := filepath.Join(s.t.TempDir(), "lines")
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			return fmt.Errorf("write the lines: %w", err)
		}
		stream := "$(" + logs + "describe-log-streams" + group + " --query 'logStreams[0].logStreamName' --output text)"
		if err := s.run(url.PathEscape(logs + "put-log-events" + group + " --log-stream-name " + stream + " --log-events file://" + file)); err != nil {
			return err
		}
	}
	return nil
}

// compare reads both sides, whose tables are small.
func (s *stage) compare() error {
	for _, query := range []string{
		"SELECT concat(id, '|', customer, '|', total) FROM %sorders ORDER BY id", "SELECT concat(id, '|', name) FROM %scustomer ORDER BY id",
	} {
		want, err := servertest.Column(s.source, fmt.Sprintf(query, "public."), "NULL")
		if err != nil {
			return fmt.Errorf("read the source: %w", err)
		}
		got, err := servertest.Column(s.target, fmt.Sprintf(query, "shop."), "NULL")
		if err != nil {
			return fmt.Errorf("read the target: %w", err)
		}
		if a, b := strings.Join(want, "\n"), strings.Join(got, "\n"); a != b {
			return fmt.Errorf("the target has %d rows and the source %d, or their values differ", len(got), len(want))
		}
	}
	var scratch int
	if err := s.target.QueryRowContext(s.t.Context(), "SELECT count(*) FROM information_schema.tables WHERE table_name = 'scratch'").Scan(&scratch); err != nil || scratch != 0 {
		return fmt.Errorf("the table that was not ticked is in the target %d times (%w)", scratch, err)
	}
	return nil
}

// TestByClicking builds a migration from PostgreSQL to MariaDB in the browser, sees the rows arrive, breaks the target and finds
// the reason on the page, mends it, and cuts over. Every page is looked through by axe on the way.
func TestByClicking(t *testing.T) {
	source, target := servertest.PostgreSQL(t, servertest.PostgreSQL15), servertest.PrivateMariaDB(t)
	at := &stage{t: t, server: target.Server, source: servertest.OpenDB(t, "pgx", source.URL)}
	in := endOf(t, "mariadb", target)
	at.target = servertest.OpenDB(t, "mysql", fmt.Sprintf("%s:%s@tcp(%s:%s)/", in.User, in.Password, in.Server, in.Port))
	servertest.Exec(t, at.source,
		"CREATE TABLE customer (id integer PRIMARY KEY, name varchar(60) NOT NULL)",
		"CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL, total numeric(12,2) NOT NULL)",
		"CREATE TABLE scratch (id integer PRIMARY KEY)",
		"INSERT INTO customer SELECT i, 'Zoë ' || i FROM generate_series(1, 500) i",
		"INSERT INTO orders SELECT i, i % 97 + 1, i * 1.25 FROM generate_series(1, 5000) i")

	s := start(t)
	id, secret := s.key(t)
	need(t, "aws", "tools/test-clients.sh")
	at.env, at.url = s.env(t), s.url
	ends, err := json.Marshal(map[string]end{"source": endOf(t, "postgres", source), "target": in})
	require.NoError(t, err)
	commands := filepath.Join(s.dir, "commands")
	converse(t, script(t, "clicks.mjs", "URL="+s.url, "KEY_ID="+id, "KEY_SECRET="+secret, "ENDS="+string(ends), "COMMANDS="+commands), at.do)
	requireCopied(t, commands, clickedActions())
}

// script is a script of testdata, ready to drive the browser.
func script(t testing.TB, name string, env ...string) *exec.Cmd {
	t.Helper()
	node := need(t, "node", "tools/test-clients.sh")
	chromium := need(t, "chromium", "tools/test-clients.sh")
	modules := filepath.Join(clients(), "node_modules")
	need(t, filepath.Join(modules, "playwright-core", "package.json"), "tools/test-clients.sh")
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", name))
	cmd.Env = append(append(os.Environ(), "CHROMIUM="+chromium, "MODULES="+modules), env...)
	return cmd
}

// converse runs a script that writes "ask WORD" when something is to happen outside, and reads "ok" or what went wrong.
func converse(t testing.TB, cmd *exec.Cmd, do func(string) error) {
	t.Helper()
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	answers, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	// A browser that hangs is ended before the whole run is.
	watchdog := time.AfterFunc(15*time.Minute, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		word, asked := strings.CutPrefix(lines.Text(), "ask ")
		if !asked {
			t.Log(lines.Text())
			continue
		}
		answer := "ok"
		if err := do(word); err != nil {
			answer = err.Error()
		}
		_, err := fmt.Fprintln(answers, strings.ReplaceAll(answer, "\n", " "))
		require.NoError(t, err)
	}
	require.NoError(t, cmd.Wait(), trouble.String())
}
