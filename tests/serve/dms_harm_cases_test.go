package serve_test

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// behind is the database that holds the cluster's tables.
func (k *harmedTask) behind() *sql.DB {
	k.Helper()
	return servertest.OpenDB(k, "pgx", k.cluster.Behind.URL)
}

// files are those of a table in the order in which they are to be read.
func (k *harmedTask) files(t require.TestingT, table string) []string {
	found, err := filepath.Glob(filepath.Join(k.bucket.Dir, "lake", k.name, table, "*.csv"))
	require.NoError(t, err)
	slices.SortFunc(found, func(a, b string) int {
		order := func(path string) string {
			name := filepath.Base(path)
			if strings.HasPrefix(name, "LOAD") {
				return " " + name
			}
			return name
		}
		return strings.Compare(order(a), order(b))
	})
	return found
}

// replayed are the rows of a table that come of all its files, one after another.
func (k *harmedTask) replayed(t require.TestingT, table string, columns ...string) []string {
	rows := map[string]string{}
	for _, name := range k.files(t, table) {
		raw, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has just got its name
		}
		require.NoError(t, err)
		lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		require.NoError(t, err)
		for _, line := range lines[1:] {
			values := map[string]string{}
			for i, column := range lines[0] {
				values[column] = line[i]
			}
			if values["Op"] == "D" {
				delete(rows, values["id"])
				continue
			}
			var row []string
			for _, column := range columns {
				row = append(row, values[column])
			}
			rows[values["id"]] = strings.Join(row, "|")
		}
	}
	all := make([]string, 0, len(rows))
	for _, row := range rows {
		all = append(all, row)
	}
	slices.Sort(all)
	return all
}

// keys takes what the target is reached with away, and puts it right again.
type keys struct {
	says, mend string
	spoil      func()
	right      func()
}

// keys are those of the store, or the password of the cluster.
func (k *harmedTask) keys() keys {
	if k.cluster == nil {
		return keys{
			"SignatureDoesNotMatch", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of its environment",
			func() { k.store.does(k.bucket.Name, forges) },
			func() { k.store.does(k.bucket.Name, nil); k.connects(k, k.api, k.made, k.target) },
		}
	}
	password := k.cluster.Password
	return keys{
		"password authentication failed for user", "check the user and the password",
		func() {
			password += "1x"
			k.secrets = append(k.secrets, password)
			k.cluster.ChangePassword(password)
			k.cluster.Cut()
		},
		func() {
			_, err := k.api.ModifyEndpoint(k.Context(), &dms.ModifyEndpointInput{EndpointArn: &k.target, Password: aws.String(password)})
			require.NoError(k, err)
			k.connected(k, k.api, k.made, k.target)
		},
	}
}

// tries tests a connection, and returns how that ended.
func (k *harmedTask) tries(endpoint string) (status, why string) {
	k.Helper()
	_, err := k.api.TestConnection(k.Context(), &dms.TestConnectionInput{EndpointArn: &endpoint, ReplicationInstanceArn: &k.made.instance})
	require.NoError(k, err)
	require.Eventually(k, func() bool {
		out, err := k.api.DescribeConnections(k.Context(), &dms.DescribeConnectionsInput{Filters: by("endpoint-arn", endpoint)})
		require.NoError(k, err)
		status, why = *out.Connections[0].Status, aws.ToString(out.Connections[0].LastFailureMessage)
		return status != "testing"
	}, patient, 50*time.Millisecond)
	return status, why
}

// losesItsCredentials: the test of the connection tells of a key that does not hold, and a task of one that holds no more; it goes on with the right one.
func (k *harmedTask) losesItsCredentials() {
	with := k.keys()
	with.spoil()
	status, why := k.tries(k.target)
	require.Equal(k, "failed", status)
	k.told(&why, with.says, with.mend)
	with.right()
	k.begins("{}", "")
	k.loaded("orders", 400, 0)
	k.trade(1001)
	k.sameAll()

	with.spoil()
	k.trade(1101)
	k.fails("FATAL_ERROR", with.says, with.mend)
	with.right()
	k.trade(1201)
	k.goesOn()
	k.sameAll()
	k.applied("orders", 300, 300, 300, 0)
}

// denies has the store let nobody write.
func denies(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPut {
		return false
	}
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
	return true
}

// isDeniedTheBucket: the bucket that rows go through may not be written. The test of the connection says so, and a task that loads, and one that follows; each goes on when
// it may be again.
func (k *harmedTask) isDeniedTheBucket() {
	const says, mend = "AccessDenied", "get, put and delete objects"
	k.store.does(k.bucket.Name, denies)
	status, why := k.tries(k.target)
	require.Equal(k, "failed", status)
	k.told(&why, says, mend)
	k.store.does(k.bucket.Name, nil)
	k.connects(k, k.api, k.made, k.target)
	k.begins("{}", "")
	k.loaded("orders", 400, 0)
	k.trade(1001)
	k.sameAll()
	k.store.does(k.bucket.Name, denies)
	k.trade(1101)
	k.fails("FATAL_ERROR", says, mend)
	k.store.does(k.bucket.Name, nil)
	k.trade(1201)
	k.goesOn()
	k.sameAll()
	k.applied("orders", 300, 300, 300, 0)
}

// busyCopies has COPY fail as it does when the bucket asks the cluster to slow down.
type busyCopies struct{ refuse, tried atomic.Int64 }

func (b *busyCopies) before(sql string) error {
	if !strings.HasPrefix(sql, "COPY") {
		return nil
	}
	b.tried.Add(1)
	if b.refuse.Add(-1) < 0 {
		return nil
	}
	return errors.New("S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown,Rid 5C1B,ExtRid e9,CanRetry 1")
}

// of has the next n refused.
func (b *busyCopies) of(n int64) {
	b.tried.Store(0)
	b.refuse.Store(n)
}

// patientTwice tries twice again, at once.
const patientTwice = `"RecoverableErrorCount":2,"RecoverableErrorInterval":0`

// isThrottled: the store asks to slow down, both of those who write to it and of the cluster that reads. Each is tried again, as often as the settings say.
func (k *harmedTask) isThrottled() {
	var copies busyCopies
	k.store.does(k.bucket.Name, slows())
	if k.cluster != nil {
		k.cluster.Before(copies.before)
	}
	copies.of(0)
	k.connects(k, k.api, k.made, k.target)
	k.store.does(k.bucket.Name, slows())
	copies.of(2)
	k.begins(`{"ErrorBehavior":{`+patientTwice+`}}`, "")
	k.loaded("orders", 400, 0)
	k.loaded("items", 100, 0)
	k.sameAll()
	k.store.does(k.bucket.Name, slows())
	copies.of(2)
	k.trade(1001)
	k.sameAll()
	k.applied("orders", 100, 100, 100, 0)
	require.Equal(k, "running", k.taskOf(k.T, k.api, k.made).status())
	if k.cluster == nil {
		return
	}
	copies.of(1 << 40)
	k.trade(1101)
	k.fails("RECOVERABLE_ERROR", "Error SlowDown", "lower MaxFullLoadSubTasks")
	require.EqualValues(k, 3, copies.tried.Load(), "a try and two more")
	copies.of(0)
	k.trade(1201)
	k.goesOn()
	k.sameAll()
	k.applied("orders", 300, 300, 300, 0)
}

// isThrottledWhileItLoads for longer than the settings allow: the task fails, after as many tries as they say, and loads when it is asked to once more.
func (k *harmedTask) isThrottledWhileItLoads() {
	var copies busyCopies
	servertest.Exec(k, k.origin.db, "DROP TABLE "+k.name+".items")
	k.connects(k, k.api, k.made, k.target)
	k.cluster.Before(copies.before)
	copies.of(1 << 40)
	k.made = k.makes(k.name, types.MigrationTypeValueFullLoad, `{"ErrorBehavior":{`+patientTwice+`,"TableErrorPolicy":"STOP_TASK"}}`, "")
	starts(k, k.api, k.made, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
	k.fails("RECOVERABLE_ERROR", "Error SlowDown", "lower MaxFullLoadSubTasks")
	require.EqualValues(k, 3, copies.tried.Load(), "a try and two more")
	of := k.statistics(k, k.made, "orders")
	require.Equal(k, "Table error", aws.ToString(of.TableState))
	require.Zero(k, of.FullLoadRows)
	copies.of(0)
	starts(k, k.api, k.made, dms.StartReplicationTaskInput{StartReplicationTaskType: reload})
	k.awaits(k.T, k.api, k.made, "stopped")
	k.loaded("orders", 400, 0)
	k.same("orders", "id", "n", "note")
}

// meetsHugeValues that no column of Redshift holds, in the load and among changes: the rows are left out, counted and named, the others are there.
func (k *harmedTask) meetsHugeValues() {
	k.change("CREATE TABLE $.huge (id int PRIMARY KEY, t text, j jsonb)",
		"INSERT INTO $.huge VALUES (1, repeat('x', 65535), to_jsonb(repeat('y', 100000))), (2, repeat('é', 32768), null), (3, null, to_jsonb(repeat('z', 5000000))), (4, 'small', '{}')")
	k.connects(k, k.api, k.made, k.target)
	k.begins("{}", "")
	k.loaded("huge", 2, 2)
	k.change("INSERT INTO $.huge VALUES (5, repeat('x', 70000), null), (6, repeat('x', 65535), to_jsonb(repeat('y', 100000)))", "UPDATE $.huge SET j = to_jsonb(repeat('u', 200000)) WHERE id = 4")
	query := "SELECT concat_ws('|', id, md5(t), length(t), j::text) FROM " + k.name + ".huge WHERE id NOT IN (2, 3, 5) ORDER BY id"
	want, err := servertest.Column(k.origin.db, query, "NULL")
	require.NoError(k, err)
	db := k.behind()
	require.EventuallyWithT(k, func(c *assert.CollectT) {
		have, err := servertest.Column(db, query, "NULL")
		assert.NoError(c, err)
		assert.Equal(c, want, have)
	}, patient, 200*time.Millisecond, k.log)
	left, err := servertest.Column(db, "SELECT id FROM "+k.name+".huge WHERE id IN (2, 3, 5)", "NULL")
	require.NoError(k, err)
	require.Empty(k, left)
	require.EventuallyWithT(k, func(c *assert.CollectT) {
		of := k.statistics(c, k.made, "huge")
		assert.Equal(c, []int64{2, 1, 1, 1}, []int64{of.Inserts, of.Updates, aws.ToInt64(of.AppliedInserts), aws.ToInt64(of.AppliedUpdates)})
	}, patient, 100*time.Millisecond)

	status, text := askOwn(k.T, k.sdk(k), "DescribeApplyExceptions", map[string]any{"ReplicationTaskArn": k.made.task})
	require.Equal(k, http.StatusOK, status, text)
	var out struct {
		ApplyExceptions []struct{ TableName, Key, Reason string }
	}
	require.NoError(k, json.Unmarshal([]byte(text), &out), text)
	var named []string
	for _, e := range out.ApplyExceptions {
		require.Equal(k, "huge", e.TableName)
		require.Regexp(k, "holds 65535|rows of up to 4194304", e.Reason)
		named = append(named, e.Key)
	}
	slices.Sort(named)
	require.Equal(k, []string{"id=2", "id=3", "id=5"}, named)
	k.sameAll()
}

// followsStructure: columns come, change their names and types and go, and tables come and go.
func (k *harmedTask) followsStructure() {
	k.change("CREATE TABLE $.gone (id int PRIMARY KEY)", "INSERT INTO $.gone VALUES (1)")
	k.connects(k, k.api, k.made, k.target)
	k.begins("{}", "")
	k.loaded("orders", 400, 0)
	for _, step := range [][]string{
		{"ALTER TABLE $.orders ADD COLUMN more varchar(20)", "UPDATE $.orders SET more = 'm' || id WHERE id <= 100"},
		{"ALTER TABLE $.orders RENAME COLUMN note TO remark", "INSERT INTO $.orders VALUES (1001, 1, 'named', 'x')"},
		{"ALTER TABLE $.orders ALTER COLUMN n TYPE bigint", "UPDATE $.orders SET n = 5000000000 + id"},
		{"CREATE TABLE $.fresh (id int PRIMARY KEY, v numeric(9,2))", "INSERT INTO $.fresh SELECT g, g / 4.0 FROM generate_series(1, 60) g", "DROP TABLE $.gone"},
		{"ALTER TABLE $.orders DROP COLUMN more", "DELETE FROM $.orders WHERE id <= 10"},
	} {
		k.change(step...)
	}
	k.same("orders", "id", "n", "remark")
	k.same("fresh", "id", "v")
	k.same("items", "id", "word")
	k.applied("orders", 1, 100+401, 10, 4)
	k.applied("fresh", 60, 0, 0, 1)
	if k.cluster == nil {
		require.Empty(k, k.files(k, "gone"))
		return
	}
	there, err := servertest.Column(k.behind(), "SELECT to_regclass('"+k.name+".gone')::text", "NULL")
	require.NoError(k, err)
	require.Equal(k, []string{"NULL"}, there)
}

// heldCommit holds the next COMMIT and all that come after it.
type heldCommit struct {
	held, free, over chan struct{}
	once             sync.Once
}

func newHeldCommit() *heldCommit {
	return &heldCommit{held: make(chan struct{}), free: make(chan struct{}), over: make(chan struct{})}
}

func (h *heldCommit) before(sql string) error {
	if sql != "COMMIT" {
		return nil
	}
	first := false
	h.once.Do(func() { first = true; close(h.held) })
	if first {
		select {
		case <-h.free:
			return nil
		case <-h.over:
		}
	}
	<-h.over
	return errors.New("cut")
}

// killedAtCommit kills the instance when the first of some commits has been carried out, and its answer has not been heard; others that were asked for
// meanwhile are not. there is a query that tells whether it has been carried out; without one it is not either.
func (k *harmedTask) killedAtCommit(h *heldCommit, there string) {
	k.Helper()
	select {
	case <-h.held:
	case <-time.After(patient):
		require.Fail(k, "no commit", "%s", k.log)
	}
	pid := (&killing{T: k.T, server: k.server}).processOf(k.made.instance)
	require.NoError(k, syscall.Kill(pid, syscall.SIGSTOP))
	if there != "" {
		close(h.free)
		db := k.behind()
		require.Eventually(k, func() bool {
			found, err := servertest.Column(db, there, "NULL")
			return err == nil && found[0] == "true"
		}, patient, 20*time.Millisecond)
	}
	k.cluster.Before(nil)
	require.NoError(k, syscall.Kill(pid, syscall.SIGKILL))
	close(h.over)
}

// isKilled while it loads and while it follows changes, between a commit and its answer, and before a commit: every row and every change is there once.
func (k *harmedTask) isKilled() {
	k.made.instance = k.newInstance(k.T, "victim")
	k.connects(k, k.api, k.made, k.made.source)
	k.connects(k, k.api, k.made, k.target)
	load := newHeldCommit()
	var marked atomic.Bool
	k.cluster.Before(func(sql string) error {
		if strings.HasPrefix(sql, "COPY") {
			marked.Store(true)
		}
		if !marked.Load() {
			return nil
		}
		return load.before(sql)
	})
	ranges := `,{"rule-type":"table-settings","rule-id":"2","rule-name":"2","object-locator":{"schema-name":"` + k.name + `","table-name":"orders"},
		"parallel-load":{"type":"ranges","columns":["id"],"boundaries":[["100"],["200"],["300"]]}}`
	k.begins("{}", ranges)
	k.killedAtCommit(load, "SELECT (EXISTS (SELECT FROM "+k.name+".orders) OR EXISTS (SELECT FROM "+k.name+".items))::text")
	k.loaded("orders", 400, 0)
	k.loaded("items", 100, 0)
	k.sameAll()

	kept := filepath.Join(k.dir, "instances", resource(k.made.instance), "tasks", resource(k.made.task), "tables")
	require.Eventually(k, func() bool {
		text, err := os.ReadFile(kept)
		return err == nil && strings.Contains(string(text), `"Rows":400`) && strings.Contains(string(text), `"Rows":100`)
	}, patient, 20*time.Millisecond, "what has been loaded is written down")
	changes := newHeldCommit()
	k.awaits(k.T, k.api, k.made, "running")
	k.trade(1001)
	k.sameAll()
	k.cluster.Before(changes.before)
	k.trade(1101)
	k.killedAtCommit(changes, "SELECT (count(*) = 100)::text FROM "+k.name+".orders WHERE id BETWEEN 1101 AND 1200")
	k.sameAll()
	unheard := newHeldCommit()
	k.cluster.Before(unheard.before)
	k.trade(1201)
	k.killedAtCommit(unheard, "")
	k.sameAll()
	k.loaded("orders", 400, 0)
	k.stops(k.T, k.api, k.made)
	var left []string
	require.NoError(k, filepath.WalkDir(filepath.Join(k.bucket.Dir, "stage", "whimbrel-staging"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, "/load/") {
			left = append(left, path)
		}
		return err
	}))
	require.Empty(k, left, "what the killed process had staged for the load stays")
	of := k.statistics(k, k.made, "orders")
	for _, counted := range []int64{of.Inserts, of.Updates, of.Deletes, *of.AppliedInserts, *of.AppliedUpdates, *of.AppliedDeletes} {
		require.LessOrEqual(k, counted, int64(300), "counted twice")
		require.GreaterOrEqual(k, counted, int64(100), "what was committed last is counted, for nobody was killed since")
	}
}

// isValidated: the files of a load are compared with their source, and what is changed in them afterwards is found and counted.
func (k *harmedTask) isValidated() {
	const validates = `{"ValidationSettings":{"EnableValidation":true}}`
	k.connects(k, k.api, k.made, k.target)
	k.made = k.makes(k.name, types.MigrationTypeValueFullLoad, validates, "")
	starts(k, k.api, k.made, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
	k.awaits(k.T, k.api, k.made, "stopped")
	valid := func() {
		k.Helper()
		k.loaded("orders", 400, 0)
		for _, table := range []string{"orders", "items"} {
			k.compared(k.made, table, "Validated", 0)
		}
		k.sameAll()
	}
	valid()

	path := k.files(k, "orders")[0]
	raw, err := os.ReadFile(path)
	require.NoError(k, err)
	text := string(raw)
	spoilt := strings.Replace(text, "I,7,0,", "I,7,1,", 1)
	spoilt = strings.Replace(spoilt, "I,9,2,NULL\n", "", 1)
	require.Len(k, spoilt, len(text)-len("I,9,2,NULL\n"))
	require.NoError(k, os.WriteFile(path, []byte(spoilt), 0o600))
	only := k.makes(k.name+"-only", types.MigrationTypeValueFullLoad, `{"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`, "")
	starts(k, k.api, only, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
	k.awaits(k.T, k.api, only, "stopped")
	k.compared(only, "orders", "Mismatched records", 2)
	k.compared(only, "items", "Validated", 0)
	found, err := filepath.Glob(filepath.Join(k.bucket.Dir, "lake", "awsdms_validation_failures_v1", "*", k.name, "orders.csv"))
	require.NoError(k, err)
	require.Len(k, found, 1)
	failures, err := os.ReadFile(found[0])
	require.NoError(k, err)
	for _, want := range []string{"RECORD_DIFF", "MISSING_TARGET", `[""7""]`, `[""9""]`} {
		require.Contains(k, string(failures), want)
	}

	starts(k, k.api, k.made, dms.StartReplicationTaskInput{StartReplicationTaskType: reload})
	k.awaits(k.T, k.api, k.made, "stopped")
	valid()
}

// compared checks what validation says of a table.
func (k *harmedTask) compared(m made, table, state string, failed int64) {
	k.Helper()
	of := k.statistics(k, m, table)
	require.Equal(k, state, aws.ToString(of.ValidationState), aws.ToString(of.ValidationStateDetails))
	require.Equal(k, []int64{failed, 0, 0}, []int64{of.ValidationFailedRecords, of.ValidationSuspendedRecords, of.ValidationPendingRecords}, table)
}
