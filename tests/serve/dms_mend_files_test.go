package serve_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestFailuresOfFilesNameTheirMends is TestFailuresNameTheirMends for endpoints that are SQLite files or buckets, and for a disk of theirs that
// is full.
func TestFailuresOfFilesNameTheirMends(t *testing.T) {
	t.Parallel()
	files, store := t.TempDir(), servertest.S3Alone(t)
	mover := store.User(t, "mover")
	s := startWith(t, servertest.ShortDir(t), []string{"AWS_ACCESS_KEY_ID=" + mover.Key, "AWS_SECRET_ACCESS_KEY=" + mover.Secret},
		"--region", region, "--account", account, "--dms-roles", "--sqlite-dir", files, "--s3-endpoint", store.Endpoint, "--s3-region", "us-east-1")
	api := dms.NewFromConfig(s.sdk(t))
	i, err := api.CreateReplicationInstance(t.Context(), &dms.CreateReplicationInstanceInput{ReplicationInstanceIdentifier: aws.String("mends"), ReplicationInstanceClass: aws.String("dms.t3.medium")})
	require.NoError(t, err)
	m := &mending{T: t, server: s, made: made{instance: *i.ReplicationInstance.ReplicationInstanceArn}, api: api, files: files}
	available(t, api, m.made)
	m.right.EngineName = aws.String("sqlite")
	m.sqlite()
	m.buckets(store)
}

// proveTested tests a connection, which fails, and again when it is mended.
func (m *mending) proveTested(endpoint, name, says, mend string, mends func()) {
	m.Helper()
	of := m.tested(endpoint)
	require.Equal(m, "failed", *of.Status, name)
	m.told(aws.ToString(of.LastFailureMessage), name, says, mend)
	mends()
	of = m.tested(endpoint)
	require.Equal(m, "successful", *of.Status, "%s: %s", name, aws.ToString(of.LastFailureMessage))
	require.Nil(m, of.LastFailureMessage)
}

// written makes a file with a table.
func (m *mending) written(name string) {
	m.Helper()
	db := servertest.OpenDB(m, "sqlite", filepath.Join(m.files, name)+"?_pragma=journal_mode(wal)")
	servertest.Exec(m, db, "CREATE TABLE kept (id INTEGER PRIMARY KEY)", "INSERT INTO kept VALUES (1)")
}

// named makes an endpoint of a file that need not be there.
func (m *mending) named(kind types.ReplicationEndpointTypeValue, name string) string {
	m.Helper()
	return m.end(kind, func(in *dms.CreateEndpointInput) { in.DatabaseName = &name })
}

func (m *mending) sqlite() {
	m.proveTested(m.named("source", "absent.db"), "a file that is not there", "does not exist", "check the path", func() { m.written("absent.db") })
	m.proveTested(m.named("source", "folder/x.db"), "a folder that is not there", "The folder of the SQLite file folder/x.db of endpoint", "Make it below the server's folder of SQLite files (--sqlite-dir)", func() {
		require.NoError(m, os.Mkdir(filepath.Join(m.files, "folder"), 0o700))
		m.written("folder/x.db")
	})
	other := filepath.Join(m.files, "other.db")
	require.NoError(m, os.WriteFile(other, []byte(strings.Repeat("this is a text\n", 1000)), 0o600))
	m.proveTested(m.named("source", "other.db"), "another kind of file", "file is not a database", "name a SQLite 3 database file", func() {
		require.NoError(m, os.Remove(other))
		m.written("other.db")
	})

	m.locked("source")
	m.locked("target")
	small := filepath.Join(m.files, "small")
	if !mounted(m, small, "1m") {
		return
	}
	source, target := m.named("source", "other.db"), m.named("target", "small/target.db")
	for _, end := range []string{source, target} {
		of := m.tested(end)
		require.Equal(m, "successful", *of.Status, aws.ToString(of.LastFailureMessage))
	}
	filler := fill(m.T, small)
	m.proveRun(misgiven{name: "a full disk", reason: "RECOVERABLE_ERROR", says: "is full", mend: "make room", grows: func() { require.NoError(m, os.Remove(filler)) }}, source, target, mappings("main", ""), types.MigrationTypeValueFullLoad)
}

// locked has another process hold a file while a task reads or writes it.
func (m *mending) locked(kind types.ReplicationEndpointTypeValue) {
	m.Helper()
	names := map[types.ReplicationEndpointTypeValue]string{"source": "free source.db", "target": "free target.db"}
	names[kind] = "locked " + string(kind) + ".db"
	for _, name := range names {
		servertest.Exec(m, servertest.OpenDB(m, "sqlite", filepath.Join(m.files, name)), "CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY)")
	}
	source, target := m.named("source", names["source"]), m.named("target", names["target"])
	for _, end := range []string{source, target} {
		of := m.tested(end)
		require.Equal(m, "successful", *of.Status, aws.ToString(of.LastFailureMessage))
	}
	other, err := servertest.OpenDB(m, "sqlite", filepath.Join(m.files, names[kind])).Conn(m.Context())
	require.NoError(m, err)
	run := func(sql string) {
		_, err := other.ExecContext(m.Context(), sql)
		require.NoError(m, err)
	}
	run("BEGIN EXCLUSIVE")
	m.proveRun(misgiven{name: "a locked " + string(kind), reason: "RECOVERABLE_ERROR", says: "database is locked", mend: "close other programs that write to the file", grows: func() {
		run("COMMIT")
		require.NoError(m, other.Close())
	}}, source, target, mappings("main", ""), types.MigrationTypeValueFullLoad)
}

// allows gives a user of the store these rights in a bucket, and no others.
func (m *mending) allows(store *servertest.Bucket, bucket string, actions ...string) {
	m.Helper()
	root := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &store.Endpoint, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider(store.Key, store.Secret, "")})
	var statements []string
	for _, a := range actions {
		on := bucket + "/*"
		if strings.HasPrefix(a, "s3:ListBucket") {
			on = bucket
		}
		statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Principal":{"AWS":["mover"]},"Action":["%s"],"Resource":["arn:aws:s3:::%s"]}`, a, on))
	}
	_, err := root.PutBucketPolicy(m.Context(), &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: aws.String(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + "]}")})
	require.NoError(m, err)
}

// What the server does in a bucket.
var bucketRights = []string{"s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}

// bucketEnd makes an endpoint of a bucket.
func (m *mending) bucketEnd(bucket, role string) string {
	m.Helper()
	return m.end("target", func(in *dms.CreateEndpointInput) {
		in.EngineName, in.S3Settings = aws.String("s3"), &types.S3Settings{BucketName: &bucket, BucketFolder: aws.String("shop"), ServiceAccessRoleArn: &role}
	})
}

func (m *mending) buckets(store *servertest.Bucket) {
	m.allows(store, store.Name, bucketRights...)
	role := m.lakeRole(m, store.Name, "s3:GetObject")
	target := m.bucketEnd(store.Name, role)
	m.proveTested(target, "a role without rights", "does not let endpoint", "allow s3:ListBucket on the bucket and s3:PutObject, s3:DeleteObject and s3:PutObjectTagging on its objects", func() {
		_, err := iam.NewFromConfig(m.sdk(m)).PutRolePolicy(m.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("lake-" + store.Name), PolicyName: aws.String("rest"), PolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:DeleteObject","s3:PutObjectTagging"],"Resource":"arn:aws:s3:::` + store.Name + `/*"}]}`)})
		require.NoError(m, err)
	})
	elsewhere := m.bucketEnd("nowhere", m.lakeRole(m, "nowhere", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging"))
	m.proveTested(elsewhere, "unknown bucket", "NoSuchBucket", "make the bucket first", func() {
		require.NoError(m, os.Mkdir(filepath.Join(store.Server.Dir(), "objects", "nowhere"), 0o700))
		m.allows(store, "nowhere", bucketRights...)
	})
	store.Server.Stop()
	m.proveTested(target, "a store that does not answer", "connection refused", "check that the store runs at the address in endpoint= (--s3-endpoint of a server)", func() { require.NoError(m, store.Server.Start()) })

	m.written("goods.db")
	source := m.named("source", "goods.db")
	require.Equal(m, "successful", *m.tested(source).Status)
	m.allows(store, store.Name, "s3:ListBucket", "s3:GetObject")
	m.proveRun(misgiven{name: "no right to put objects", says: "AccessDenied", mend: "let the access key list the bucket, and get, put and delete objects in it", grows: func() { m.allows(store, store.Name, bucketRights...) }},
		source, target, mappings("main", ""), types.MigrationTypeValueFullLoad)
}
