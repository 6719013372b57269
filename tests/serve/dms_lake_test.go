package serve_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// lakeRole makes a role that lets DMS do some things with a bucket.
func (s *server) lakeRole(t testing.TB, bucket string, objects ...string) string {
	t.Helper()
	api, name := iam.NewFromConfig(s.sdk(t)), "lake-"+bucket
	role, err := api.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"dms.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	require.NoError(t, err)
	_, err = api.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("bucket"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::` + bucket + `"},` +
			`{"Effect":"Allow","Action":["` + strings.Join(objects, `","`) + `"],"Resource":"arn:aws:s3:::` + bucket + `/*"}]}`)})
	require.NoError(t, err)
	return *role.Role.Arn
}

// linesBelow are the lines of the files below a folder of the bucket that hold a text.
func linesBelow(t require.TestingT, root, text string) (found []string) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && d.IsDir() {
			return nil
		}
		raw, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil // it has just got its name
		}
		for line := range strings.Lines(string(raw)) {
			if strings.Contains(line, text) {
				found = append(found, line)
			}
		}
		return err
	})
	require.NoError(t, err)
	return found
}

// TestIntoABucketAndOutOfIt moves a shop into a bucket, follows its changes, is killed and goes on, and another task of the same server
// moves it on out of the bucket into another database: all as the API offers it.
func TestIntoABucketAndOutOfIt(t *testing.T) {
	t.Parallel()
	b := servertest.S3(t)
	env := []string{"AWS_ACCESS_KEY_ID=" + b.Key, "AWS_SECRET_ACCESS_KEY=" + b.Secret}
	flags := []string{"--region", region, "--account", account, "--dms-roles", "--s3-endpoint", b.Endpoint, "--s3-region", "us-east-1"}
	s := startWith(t, servertest.ShortDir(t), env, flags...)
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 1500)
	servertest.Exec(t, source.db, "ALTER TABLE customer REPLICA IDENTITY FULL") // an update then tells of a long letter that it leaves as it is
	role := s.lakeRole(t, b.Name, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging")
	lake := func() *types.S3Settings {
		return &types.S3Settings{ServiceAccessRoleArn: &role, BucketName: &b.Name, BucketFolder: aws.String("shop"), CdcPath: aws.String("log")}
	}
	into := &dms.CreateEndpointInput{EngineName: aws.String("s3"), S3Settings: lake()}
	into.S3Settings.PreserveTransactions, into.S3Settings.CdcMaxBatchInterval = aws.Bool(true), aws.Int32(1)
	api, m := s.replicateBetween(t, "into", source.input(t), into, types.MigrationTypeValueFullLoadAndCdc, mappings("public", ""))

	statistics := func(c require.TestingT, m made) map[string]types.TableStatistics {
		out, err := api.DescribeTableStatistics(t.Context(), &dms.DescribeTableStatisticsInput{ReplicationTaskArn: &m.task})
		require.NoError(c, err)
		all := map[string]types.TableStatistics{}
		for _, x := range out.TableStatistics {
			all[*x.TableName] = x
		}
		return all
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		orders := statistics(c, m)["orders"]
		assert.Equal(c, "Table completed", aws.ToString(orders.TableState))
		assert.Equal(c, int64(1500), orders.FullLoadRows)
	}, patient, 300*time.Millisecond, s.log)
	log := filepath.Join(b.Dir, "shop", "log")
	source.trade(t, 10001, 10)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Len(c, linesBelow(c, log, "orders,public,"), 20)
		orders := statistics(c, m)["orders"]
		assert.Equal(c, []int64{10, 10}, []int64{aws.ToInt64(orders.AppliedInserts), aws.ToInt64(orders.AppliedDeletes)})
	}, patient, 300*time.Millisecond, s.log)

	// Killed at a moment when changes are held back.
	source.trade(t, 10011, 10)
	pids := children(t, s.cmd.Process.Pid)
	require.Len(t, pids, 1)
	require.NoError(t, syscall.Kill(pids[0], syscall.SIGKILL))
	s.kill()
	source.trade(t, 10021, 10)
	s = startWith(t, s.dir, env, "--s3-endpoint", b.Endpoint, "--s3-region", "us-east-1")
	api = dms.NewFromConfig(s.sdk(t))
	source.trade(t, 10031, 10)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		inserts := linesBelow(c, log, "I,orders,public,")
		assert.Len(c, inserts, 40, "every change once")
		assert.Equal(c, "running", s.taskOf(t, api, m).status())
	}, patient, 300*time.Millisecond, s.log)

	// And out of the bucket, by the definitions that the first task has left there.
	api, out := s.replicateBetween(t, "outof", &dms.CreateEndpointInput{EngineName: aws.String("s3"), S3Settings: lake()}, target.input(t), types.MigrationTypeValueFullLoadAndCdc, mappings("public", target.name))
	arrives(t, source, target, "")
	source.trade(t, 10041, 10)
	arrives(t, source, target, "")
	orders := statistics(t, out)["orders"]
	require.Equal(t, int64(1500), orders.FullLoadRows)
	_, err := api.ReloadTables(t.Context(), &dms.ReloadTablesInput{ReplicationTaskArn: &out.task, TablesToReload: []types.TableToReload{{SchemaName: aws.String("public"), TableName: aws.String("orders")}}})
	require.ErrorContains(t, err, "none can be loaded anew while changes are followed")

	for _, task := range []made{m, out} {
		_, err := api.StopReplicationTask(t.Context(), &dms.StopReplicationTaskInput{ReplicationTaskArn: &task.task})
		require.NoError(t, err)
		require.Eventually(t, func() bool { return s.taskOf(t, api, task).status() == "stopped" }, patient, 100*time.Millisecond)
	}
	require.Empty(t, linesBelow(t, b.Dir, b.Secret))
}
