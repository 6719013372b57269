package internal_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/settings"
)

const (
	comparison = "internal/validate."
	validating = "internal/task.TestValidation"
	resyncing  = "internal/task.TestResync"
)

// validationProof names, for each key of ValidationSettings, the tests that show what it does.
var validationProof = map[string][]string{
	"EnableValidation":                 {validating + "AfterLoad", validating + "WhileChanging"},
	"FailureMaxCount":                  {validating + "Options", "internal/task.TestBoundsOfFailuresWhileChanging"},
	"HandleCollationDiff":              {validating + "FindsExactlyWhatIsPlanted", validating + "OfManyBuckets"}, // rows are matched by value, whatever the setting
	"MaxKeyColumnSize":                 {validating + "Options", validating + "SuspendsLongKeys", comparison + "TestLongKeysAreSuspended"},
	"PartitionSize":                    {validating + "OfManyBuckets"},
	"RecordFailureDelayInMinutes":      {"internal/task.TestHowLongARowMustDiffer", comparison + "TestRowsAreReportedAfterTheDelay"},
	"RecordFailureDelayLimitInMinutes": {"internal/task.TestHowLongARowMustDiffer"},
	"RecordSuspendDelayInMinutes":      {comparison + "TestRowsThatKeepChangingAreSuspended"},
	"SkipLobColumns":                   {validating + "Options"},
	"TableFailureMaxCount":             {validating + "Options", "internal/task.TestBoundsOfFailuresWhileChanging"},
	"ThreadCount":                      {comparison + "TestTablesAreComparedSideBySide"},
	"ValidationMode":                   {validating + "Options", validating + "AfterLoad"},
	"ValidationOnly":                   {validating + "Only", validating + "OnlyOfChanges"},
	"ValidationPartialLobSize":         {validating + "Options"},
	"ValidationQueryCdcDelaySeconds":   {validating + "OnlyOfWholeTables", comparison + "TestWholeWaitsForTheDelay"},
}

// resyncProof names the same for ResyncSettings.
var resyncProof = map[string][]string{
	"EnableResync":     {resyncing, resyncing + "WhileFollowing"},
	"MaxResyncTime":    {comparison + "TestResyncEndsWithItsWindow"},
	"ResyncSchedule":   {"internal/settings.TestSchedulesOpen", resyncing + "WhileFollowing"},
	"ValidationTaskId": {resyncing + "OfAnothersFailures"},
}

// TestEverySettingOfValidationIsProved: each key is shown by a test that exists, and no other is claimed.
func TestEverySettingOfValidationIsProved(t *testing.T) {
	tests := testFunctions(t, "..")
	for _, c := range []struct {
		settings any
		proof    map[string][]string
	}{{settings.ValidationSettings{}, validationProof}, {settings.ResyncSettings{}, resyncProof}} {
		keys := reflect.TypeOf(c.settings)
		require.Len(t, c.proof, keys.NumField())
		for key := range keys.Fields() {
			require.NotEmpty(t, c.proof[key.Name], "no test shows what %s of %s does", key.Name, keys.Name())
			for _, test := range c.proof[key.Name] {
				require.True(t, tests[test], "%s of %s: there is no test %s", key.Name, keys.Name(), test)
			}
		}
	}
}
