package task_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestLakePoliciesOfTheStore: a store that enforces its policies lets a key do what DMS asks for and no more; each right that is missing
// is told as one, with what would be right, and nothing is half there afterwards.
func TestLakePoliciesOfTheStore(t *testing.T) {
	all := servertest.S3Alone(t)
	user := all.User(t, "mover")
	allow := func(t *testing.T, actions ...string) { t.Helper(); allowed(t, all, "mover", actions...) }
	source := newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE one (id INTEGER PRIMARY KEY)", "INSERT INTO one VALUES (1)")
	rights := []string{"s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
	for without, name := range []string{"s3:ListBucket", "s3:GetObject", "s3:PutObject"} {
		t.Run("without "+name, func(t *testing.T) {
			var some []string
			for _, r := range rights {
				if r != name {
					some = append(some, r)
				}
			}
			allow(t, some...)
			c := config(source, &end{engine: "s3", family: catalog.Lake, url: user.URL(fmt.Sprintf("try%d", without))})
			report, err := run(t.Context(), c)
			if err == nil {
				err = report.Tables[0].Err
			}
			require.Equal(t, connector.Denied, connector.ClassOf(err), err)
			require.ErrorContains(t, err, "let the access key list the bucket, and get, put and delete objects in it")
			require.NotContains(t, err.Error(), user.Secret)
			for key := range filesBelow(t, all.Dir) {
				require.NotContains(t, key, "LOAD")
			}
		})
	}
	allow(t, rights...)
	l := lake{user, &end{engine: "s3", family: catalog.Lake, url: user.URL("dms")}}
	load(t, source, l.end)
	source.exec(t, "INSERT INTO one VALUES (2)")
	catchUp(t, source, l.end)
	require.Equal(t, []string{"I,2", "1"}, l.lines(t, "main/one"))

	// As a source the right to read is enough.
	allow(t, "s3:ListBucket", "s3:GetObject")
	target := newEnd(t, "sqlite")
	_, err := run(t.Context(), config(l.end, target))
	require.NoError(t, err)
	require.Equal(t, []string{"1"}, target.column(t, "SELECT id FROM one"))
	allow(t, "s3:ListBucket")
	_, err = run(t.Context(), config(l.end, newEnd(t, "sqlite")))
	require.Equal(t, connector.Denied, connector.ClassOf(err), err)
	allow(t, rights...) // for what cleans up
}

// allowed lets a user of a store do these things in a bucket, and no others.
func allowed(t *testing.T, all *servertest.Bucket, user string, actions ...string) {
	t.Helper()
	root := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &all.Endpoint, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider(all.Key, all.Secret, ""),
	})
	var statements []string
	for _, a := range actions {
		resource := all.Name + "/*"
		if strings.HasPrefix(a, "s3:ListBucket") {
			resource = all.Name
		}
		statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Principal":{"AWS":["%s"]},"Action":["%s"],"Resource":["arn:aws:s3:::%s"]}`, user, a, resource))
	}
	_, err := root.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &all.Name, Policy: aws.String(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + "]}")})
	require.NoError(t, err)
}

// TestLakeStoreThatIsBusy answers SlowDown by itself while it has more requests than it takes: everything arrives.
func TestLakeStoreThatIsBusy(t *testing.T) {
	b := servertest.S3Alone(t, "--max-requests", "1")
	l := lake{b, &end{engine: "s3", family: catalog.Lake, url: b.URL("dms")}}
	source := newEnd(t, "sqlite")
	var want int
	for i := range 8 {
		source.exec(t, fmt.Sprintf("CREATE TABLE t%d (id INTEGER PRIMARY KEY, v TEXT)", i), fmt.Sprintf("INSERT INTO t%d VALUES (1, hex(zeroblob(3000000)))", i))
		want++
	}
	l.load(t, source)
	require.Len(t, l.files(t, "main"), want)
}
