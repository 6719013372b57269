package serve_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestMetricsOfATaskIntoABucket compares what the stock command tells of a task whose changes wait for their file: as waiting while they do,
// later and later, and as applied once the file is there. They wait for as long as the test wants: until changes come that fill it.
func TestMetricsOfATaskIntoABucket(t *testing.T) {
	t.Parallel()
	b := servertest.S3(t)
	s := startWith(t, servertest.ShortDir(t), []string{"AWS_ACCESS_KEY_ID=" + b.Key, "AWS_SECRET_ACCESS_KEY=" + b.Secret},
		"--region", region, "--account", account, "--dms-roles", "--s3-endpoint", b.Endpoint, "--s3-region", "us-east-1")
	source := postgresShop(t)
	const stock, trades, more, metered = 1000, 20, 5000, 3 * time.Minute
	source.stock(t, stock)
	role := s.lakeRole(t, b.Name, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging")
	into := &dms.CreateEndpointInput{EngineName: aws.String("s3"), S3Settings: &types.S3Settings{
		ServiceAccessRoleArn: &role, BucketName: &b.Name, BucketFolder: aws.String("shop"), DataFormat: types.DataFormatValueParquet,
		CdcMaxBatchInterval: aws.Int32(100_000), CdcMinFileSize: aws.Int32(500),
	}}
	_, m := s.replicateBetween(t, "metered", source.input(t), into, types.MigrationTypeValueFullLoadAndCdc, mappings("public", ""))
	task := resource(m.task)
	statistics := func(c require.TestingT) (loaded, applied float64) {
		answer, err := s.aws(t, nil, "dms", "describe-table-statistics", "--replication-task-arn", m.task)
		require.NoError(c, err)
		for _, table := range answer["TableStatistics"].([]any) {
			number := func(name string) float64 {
				n, _ := table.(map[string]any)[name].(float64)
				return n
			}
			loaded += number("FullLoadRows")
			applied += number("AppliedInserts") + number("AppliedUpdates") + number("AppliedDeletes")
		}
		return loaded, applied
	}
	last := func(c require.TestingT, name string) float64 {
		all, err := datapoints(t, s, "metered", task, name, "Maximum")
		require.NoError(c, err)
		require.NotEmpty(c, all, name)
		return all[len(all)-1].value
	}
	files := func(c require.TestingT) []string {
		changes, err := filepath.Glob(filepath.Join(b.Dir, "shop", "public", "orders", "2*.parquet"))
		require.NoError(c, err)
		return changes
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		loaded, _ := statistics(c)
		assert.InDelta(c, 2*stock, loaded, 0)
	}, patient, 300*time.Millisecond, s.log)

	began := time.Now()
	source.trade(t, 10001, trades)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		late := last(c, "CDCLatencyTarget")
		assert.Greater(c, late, 15.0, "changes that wait for their file are late")
		assert.LessOrEqual(c, late, time.Since(began).Seconds())
		assert.Zero(c, last(c, "CDCLatencySource"), "all is read")
		assert.InDelta(c, 3*trades, last(c, "CDCChangesMemoryTarget"), 0, "what waits for its file is told as waiting")
	}, metered, time.Second, s.log)
	require.Empty(t, files(t))
	require.Greater(t, progressOf(t, s).CDCLatencyTarget, 15.0)

	servertest.Exec(t, source.db, fmt.Sprintf("INSERT INTO orders SELECT 20000 + n, 1, 1, repeat('x', 200) FROM generate_series(1, %d) n", more))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.NotEmpty(c, files(c))
		_, applied := statistics(c)
		assert.InDelta(c, 3*trades+more, applied, 0)
	}, patient, 300*time.Millisecond, s.log)
	for name, want := range map[string]float64{
		"FullLoadThroughputRowsTarget": 2 * stock, "CDCThroughputRowsSource": 3*trades + more, "CDCThroughputRowsTarget": 3*trades + more,
	} {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			sum, err := sumOf(t, s, "metered", task, name)
			require.NoError(c, err)
			assert.InDelta(c, want, 10*sum, 0.01, name)
		}, metered, time.Second)
	}
	for _, name := range []string{"CDCLatencyTarget", "CDCChangesMemoryTarget"} {
		require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Zero(c, last(c, name), name) }, metered, time.Second)
	}

	answer, err := s.aws(t, nil, "cloudwatch", "list-metrics", "--namespace", "AWS/DMS", "--dimensions", "Name=ReplicationTaskIdentifier,Value="+task)
	require.NoError(t, err)
	var names []string
	for _, metric := range answer["Metrics"].([]any) {
		names = append(names, metric.(map[string]any)["MetricName"].(string))
	}
	for name := range unitsOf(true) {
		require.Contains(t, names, name)
	}
}
