package serve_test

import (
	"os"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// isValidatedWhileFollowing: the last change of each key, in all files of a bucket, is compared with the source while that changes; a change that is spoilt
// afterwards is found, and counted until the file is as it was.
func (k *harmedTask) isValidatedWhileFollowing() {
	k.connects(k, k.api, k.made, k.target)
	k.begins(`{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0}}`, "")
	k.awaits(k.T, k.api, k.made, "running")
	for _, from := range []int{1001, 1101, 1201} {
		k.trade(from)
		k.sameAll()
	}
	k.becomes("orders", "Validated", 0)
	k.becomes("items", "Validated", 0)

	files := k.files(k, "orders")
	last := files[len(files)-1]
	raw, err := os.ReadFile(last)
	require.NoError(k, err)
	change := regexp.MustCompile(`(?m)^U,350,`)
	require.True(k, change.Match(raw), string(raw))
	require.NoError(k, os.WriteFile(last, change.ReplaceAll(raw, []byte("U,350,7")), 0o600))
	k.validatesAnew("orders")
	k.becomes("orders", "Mismatched records", 1)
	require.NoError(k, os.WriteFile(last, raw, 0o600))
	k.validatesAnew("orders")
	k.becomes("orders", "Validated", 0)
	k.stops(k.T, k.api, k.made)
}

// validatesAnew has the rows of a table compared once more.
func (k *harmedTask) validatesAnew(table string) {
	k.Helper()
	_, err := k.api.ReloadTables(k.Context(), &dms.ReloadTablesInput{
		ReplicationTaskArn: &k.made.task, ReloadOption: types.ReloadOptionValueValidateOnly,
		TablesToReload: []types.TableToReload{{SchemaName: &k.name, TableName: &table}},
	})
	require.NoError(k, err)
}

// becomes waits until validation says something of a table.
func (k *harmedTask) becomes(table, state string, failed int64) {
	k.Helper()
	require.EventuallyWithT(k, func(c *assert.CollectT) {
		of := k.statistics(c, k.made, table)
		assert.Equal(c, state, aws.ToString(of.ValidationState), aws.ToString(of.ValidationStateDetails))
		assert.Equal(c, []int64{failed, 0, 0}, []int64{of.ValidationFailedRecords, of.ValidationSuspendedRecords, of.ValidationPendingRecords})
	}, patient, 200*time.Millisecond, k.log)
}
