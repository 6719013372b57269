package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestHarmOnTheWayIntoBucketsAndRedshift has happen what operators meet, to tasks of one server from one database, each into a target of its own:
// a key or a password that holds no more, a store that asks to slow down, values that no column holds, changes of structure, kill -9. The API tells
// what is wrong, what mends it and no secret; its statistics are true; and in the end the target has what the source has.
func TestHarmOnTheWayIntoBucketsAndRedshift(t *testing.T) {
	t.Parallel()
	h := newHarmed(t)
	for engine, cases := range map[string]map[string]func(*harmedTask){
		"redshift": {
			"credentials": (*harmedTask).losesItsCredentials, "throttled": (*harmedTask).isThrottled, "refused": (*harmedTask).isThrottledWhileItLoads,
			"huge": (*harmedTask).meetsHugeValues, "structure": (*harmedTask).followsStructure, "killed": (*harmedTask).isKilled, "denied": (*harmedTask).isDeniedTheBucket,
		},
		"s3": {
			"credentials": (*harmedTask).losesItsCredentials, "throttled": (*harmedTask).isThrottled, "structure": (*harmedTask).followsStructure,
			"validated": (*harmedTask).isValidated, "changes": (*harmedTask).isValidatedWhileFollowing,
		},
	} {
		for name, run := range cases {
			t.Run(engine+" "+name, func(t *testing.T) {
				t.Parallel()
				run(h.task(t, engine, name))
			})
		}
	}
}

// harmed is a server whose instances reach their store through one that does harm, and the database that all its tasks read.
type harmed struct {
	*server
	api    *dms.Client
	origin *shop
	store  *harmfulStore
	shared made // its source, and an instance for all tasks that kill none
}

func newHarmed(t *testing.T) *harmed {
	t.Helper()
	b := servertest.S3(t)
	h := &harmed{origin: postgresShop(t), store: newHarmfulStore(t, b.Endpoint)}
	h.server = startWith(t, servertest.ShortDir(t), []string{"AWS_ACCESS_KEY_ID=" + b.Key, "AWS_SECRET_ACCESS_KEY=" + b.Secret},
		"--region", region, "--account", account, "--dms-roles", "--s3-endpoint", h.store.url, "--s3-region", "us-east-1")
	h.api = dms.NewFromConfig(h.sdk(t))
	h.shared.instance = h.newInstance(t, "shared")
	in := h.origin.input(t)
	in.EndpointIdentifier, in.EndpointType = aws.String("source"), types.ReplicationEndpointTypeValueSource
	out, err := h.api.CreateEndpoint(t.Context(), in)
	require.NoError(t, err)
	h.shared.source = *out.Endpoint.EndpointArn
	h.connects(t, h.api, h.shared, h.shared.source)
	return h
}

// newInstance makes an instance and waits until it is available.
func (h *harmed) newInstance(t *testing.T, name string) string {
	t.Helper()
	out, err := h.api.CreateReplicationInstance(t.Context(), &dms.CreateReplicationInstanceInput{ReplicationInstanceIdentifier: &name, ReplicationInstanceClass: aws.String("dms.t3.medium")})
	require.NoError(t, err)
	m := made{instance: *out.ReplicationInstance.ReplicationInstanceArn}
	available(t, h.api, m)
	return m.instance
}

// harmfulStore hands requests on to the store, but for those about buckets that harm is done to.
type harmfulStore struct {
	url   string
	proxy *httputil.ReverseProxy
	mu    struct {
		sync.Mutex
		harm map[string]harm
	}
}

// harm does something to a request, or answers it; then it returns true.
type harm func(w http.ResponseWriter, r *http.Request) bool

func newHarmfulStore(t *testing.T, endpoint string) *harmfulStore {
	t.Helper()
	to, err := url.Parse(endpoint)
	require.NoError(t, err)
	s := &harmfulStore{proxy: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}}
	s.mu.harm = map[string]harm{}
	listener := httptest.NewServer(s)
	t.Cleanup(listener.Close)
	s.url = listener.URL
	return s
}

// ServeHTTP implements http.Handler.
func (s *harmfulStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bucket, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	s.mu.Lock()
	do := s.mu.harm[bucket]
	s.mu.Unlock()
	if do == nil || !do(w, r) {
		s.proxy.ServeHTTP(w, r)
	}
}

// does harm to a bucket from now on; nil does none.
func (s *harmfulStore) does(bucket string, do harm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.harm[bucket] = do
}

var signature = regexp.MustCompile(`Signature=[0-9a-f]+`)

// forges has the store find that a request is signed with another secret.
func forges(_ http.ResponseWriter, r *http.Request) bool {
	r.Header.Set("Authorization", signature.ReplaceAllString(r.Header.Get("Authorization"), "Signature="+strings.Repeat("0", 64)))
	return false
}

// slowDown is what S3 answers one who asks for too much.
const slowDown = `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`

// slows refuses the first request of each kind.
func slows() harm {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(w http.ResponseWriter, r *http.Request) bool {
		kind := r.Method
		for _, name := range []string{"uploads", "uploadId", "partNumber", "delete", "list-type"} {
			if r.URL.Query().Has(name) {
				kind += " " + name
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if seen[kind] {
			return false
		}
		seen[kind] = true
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, slowDown)
		return true
	}
}

// harmedTask is a task of one case. Its name is that of the schema that it reads, too.
type harmedTask struct {
	*testing.T
	*harmed
	made
	name    string
	bucket  *servertest.Bucket
	cluster *servertest.Redshift // nil where the bucket is the target
	secrets []string
}

func (h *harmed) task(t *testing.T, engine, name string) *harmedTask {
	t.Helper()
	k := &harmedTask{T: t, harmed: h, made: h.shared, name: engine + name}
	if engine == "redshift" {
		k.cluster = servertest.NewRedshift(t)
		k.bucket, k.secrets = k.cluster.Bucket, []string{k.cluster.Password}
	} else {
		k.bucket = servertest.S3(t)
	}
	k.secrets = append(k.secrets, k.bucket.Secret)
	servertest.Exec(t, h.origin.db, "CREATE SCHEMA "+k.name,
		"CREATE TABLE "+k.name+".orders (id integer PRIMARY KEY, n integer NOT NULL, note varchar(200))",
		"CREATE TABLE "+k.name+".items (id integer PRIMARY KEY, word text)")
	k.change("INSERT INTO $.orders SELECT g, g % 7, CASE g % 3 WHEN 0 THEN NULL ELSE 'nöte, \"' || g END FROM generate_series(1, 400) g",
		"INSERT INTO $.items SELECT g, repeat('w', g) FROM generate_series(1, 100) g")
	k.target = k.endpoint()
	return k
}

// change runs statements, in which a dollar sign stands for the schema, in one transaction.
func (k *harmedTask) change(statements ...string) {
	k.Helper()
	all := "BEGIN; " + strings.Join(statements, "; ") + "; COMMIT"
	servertest.Exec(k, k.origin.db, strings.ReplaceAll(all, "$.", k.name+"."))
}

// endpoint makes the target's, without a test of it.
func (k *harmedTask) endpoint() string {
	k.Helper()
	role := k.lakeRole(k, k.bucket.Name, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging")
	in := &dms.CreateEndpointInput{EndpointIdentifier: &k.name, EndpointType: types.ReplicationEndpointTypeValueTarget, EngineName: aws.String("s3")}
	if k.cluster == nil {
		in.S3Settings = &types.S3Settings{
			ServiceAccessRoleArn: &role, BucketName: &k.bucket.Name, BucketFolder: aws.String("lake"), CdcMaxBatchInterval: aws.Int32(1),
			AddColumnName: aws.Bool(true), IncludeOpForFullLoad: aws.Bool(true), CsvNullValue: aws.String("NULL"),
		}
	} else {
		k.cluster.Role = role
		user, password := k.cluster.User, k.cluster.Password
		in.EngineName, in.ServerName, in.Port, in.DatabaseName = aws.String("redshift"), aws.String("127.0.0.1"), aws.Int32(int32(k.cluster.Port())), &k.cluster.Behind.Name
		in.Username, in.Password, in.RedshiftSettings = &user, &password, &types.RedshiftSettings{BucketName: &k.bucket.Name, BucketFolder: aws.String("stage"), ServiceAccessRoleArn: &role}
	}
	out, err := k.api.CreateEndpoint(k.Context(), in)
	require.NoError(k, err)
	return *out.Endpoint.EndpointArn
}

// makes makes a task of a kind, which is then ready.
func (k *harmedTask) makes(name string, kind types.MigrationTypeValue, settings, rules string) made {
	k.Helper()
	out, err := k.api.CreateReplicationTask(k.Context(), &dms.CreateReplicationTaskInput{
		ReplicationTaskIdentifier: &name, SourceEndpointArn: &k.made.source, TargetEndpointArn: &k.target, ReplicationInstanceArn: &k.made.instance, MigrationType: kind,
		TableMappings:           aws.String(`{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","rule-action":"include","object-locator":{"schema-name":"` + k.name + `","table-name":"%"}}` + rules + `]}`),
		ReplicationTaskSettings: &settings,
	})
	require.NoError(k, err)
	m := k.made
	m.task = *out.ReplicationTask.ReplicationTaskArn
	k.awaits(k.T, k.api, m, "ready")
	return m
}

// begins starts a task that loads and follows.
func (k *harmedTask) begins(settings, rules string) {
	k.Helper()
	k.made = k.makes(k.name, types.MigrationTypeValueFullLoadAndCdc, settings, rules)
	starts(k, k.api, k.made, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
}

// goesOn resumes a task that has failed.
func (k *harmedTask) goesOn() {
	k.Helper()
	starts(k, k.api, k.made, dms.StartReplicationTaskInput{StartReplicationTaskType: resume})
	require.Nil(k, k.awaits(k.T, k.api, k.made, "running").LastFailureMessage)
}

// told checks a message.
func (k *harmedTask) told(message *string, says, mend string) {
	k.Helper()
	k.Log(aws.ToString(message))
	require.Contains(k, aws.ToString(message), says)
	require.Contains(k, aws.ToString(message), mend)
	for _, secret := range k.secrets {
		require.NotContains(k, aws.ToString(message), secret)
		require.NotContains(k, k.log.String(), secret)
	}
}

// fails waits until the task has failed.
func (k *harmedTask) fails(reason, says, mend string) {
	k.Helper()
	end := k.awaits(k.T, k.api, k.made, "failed")
	require.Equal(k, "Stop Reason "+reason, aws.ToString(end.StopReason))
	k.told(end.LastFailureMessage, says, mend)
}

// same waits until the target's rows of a table are the source's.
func (k *harmedTask) same(table string, columns ...string) {
	k.Helper()
	query := "SELECT concat_ws('|', coalesce(" + strings.Join(columns, "::text, 'NULL'), coalesce(") + "::text, 'NULL')) FROM " + k.name + "." + table + " ORDER BY 1"
	want, err := servertest.Column(k.origin.db, query, "NULL")
	require.NoError(k, err)
	require.EventuallyWithT(k, func(c *assert.CollectT) {
		if k.cluster == nil {
			assert.Equal(c, want, k.replayed(c, table, columns...))
			return
		}
		have, err := servertest.Column(k.behind(), query, "NULL")
		assert.NoError(c, err)
		assert.Equal(c, want, have)
	}, patient, 200*time.Millisecond, "%s\n%v", k.log, &lastTold{k})
}

// lastTold spells how the task stands, when it is asked for.
type lastTold struct{ k *harmedTask }

// String implements fmt.Stringer.
func (l *lastTold) String() string {
	now := l.k.taskOf(l.k.T, l.k.api, l.k.made)
	return now.status() + " " + aws.ToString(now.LastFailureMessage)
}

// sameAll waits for both tables as they were made.
func (k *harmedTask) sameAll() {
	k.Helper()
	k.same("orders", "id", "n", "note")
	k.same("items", "id", "word")
}

// trade changes 100 rows in each of three ways, in one transaction.
func (k *harmedTask) trade(from int) {
	k.Helper()
	k.change(
		fmt.Sprintf("INSERT INTO $.orders SELECT g, 1, 'new ' || g FROM generate_series(%d, %d) g", from, from+99),
		"UPDATE $.orders SET n = n + 100 WHERE id BETWEEN 301 AND 400",
		fmt.Sprintf("DELETE FROM $.orders WHERE id BETWEEN %d AND %d", from-1000, from-901),
	)
}

// statistics are those of a table.
func (k *harmedTask) statistics(c require.TestingT, m made, table string) (of types.TableStatistics) {
	out, err := k.api.DescribeTableStatistics(k.Context(), &dms.DescribeTableStatisticsInput{ReplicationTaskArn: &m.task, Filters: by("table-name", table)})
	require.NoError(c, err)
	require.Len(c, out.TableStatistics, 1)
	return out.TableStatistics[0]
}

// loaded waits until a table is loaded, and compares how many rows that were and how many were left out.
func (k *harmedTask) loaded(table string, rows, errors int64) {
	k.Helper()
	require.EventuallyWithT(k, func(c *assert.CollectT) {
		of := k.statistics(c, k.made, table)
		assert.Equal(c, "Table completed", aws.ToString(of.TableState))
		assert.Equal(c, []int64{rows, errors}, []int64{of.FullLoadRows, of.FullLoadErrorRows})
	}, patient, 100*time.Millisecond, k.log)
}

// applied waits until a table's changes are counted: inserts, updates, deletes and changes of structure, as they came and as they were applied.
func (k *harmedTask) applied(table string, want ...int64) {
	k.Helper()
	require.EventuallyWithT(k, func(c *assert.CollectT) {
		of := k.statistics(c, k.made, table)
		assert.Equal(c, want, []int64{of.Inserts, of.Updates, of.Deletes, of.Ddls}, "as they came")
		assert.Equal(c, want, []int64{aws.ToInt64(of.AppliedInserts), aws.ToInt64(of.AppliedUpdates), aws.ToInt64(of.AppliedDeletes), aws.ToInt64(of.AppliedDdls)}, "as they were applied")
		assert.Equal(c, "Table completed", aws.ToString(of.TableState))
	}, patient, 100*time.Millisecond, k.log)
}
