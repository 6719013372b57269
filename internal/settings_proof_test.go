package internal_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

const (
	lakeTask    = "internal/task.TestLake"
	lake        = "internal/connector/s3."
	parquetFile = "internal/connector/s3/rowfile.TestParquet"
	stores      = "internal/connector/s3/store."
	warehouse   = "internal/connector/redshift."
	endpointAPI = "internal/service/dms."
)

// s3Proof names, for each member of S3Settings, the tests that show what it does, or that it is refused.
var s3Proof = map[string][]string{
	"AddColumnName":                        {lakeTask + "CSVIsReadByPostgreSQL", lakeTask + "Structure"},
	"AddTrailingPaddingCharacter":          {lakeTask + "TextSettings"},
	"BucketFolder":                         {lake + "TestSettingsOfObjects", endpointAPI + "TestABucketIsReachedByWhatItsRoleAllows"},
	"BucketName":                           {endpointAPI + "TestBucketEndpoint", endpointAPI + "TestBucketSettingsReachTheConnector"},
	"CannedAclForObjects":                  {lake + "TestSettingsOfObjects", stores + "TestHeadersThatSettingsAskFor"},
	"CdcInsertsAndUpdates":                 {lakeTask + "Operations"},
	"CdcInsertsOnly":                       {lakeTask + "Operations"},
	"CdcMaxBatchInterval":                  {lakeTask + "WaitsForSizeOrTime"},
	"CdcMinFileSize":                       {lakeTask + "WaitsForSizeOrTime"},
	"CdcPath":                              {lakeTask + "TransactionsTogether", lakeTask + "SourceFollowsChanges"},
	"CompressionType":                      {lakeTask + "CSVIsReadByPostgreSQL", lakeTask + "ParquetIsReadByDuckDB"},
	"CsvDelimiter":                         {lakeTask + "CSVIsReadByPostgreSQL", lakeTask + "SourceDialects"},
	"CsvNoSupValue":                        {lakeTask + "TextSettings"},
	"CsvNullValue":                         {lakeTask + "TextSettings", lakeTask + "SourceDialects"},
	"CsvRowDelimiter":                      {lakeTask + "CSVIsReadByPostgreSQL", lakeTask + "SourceDialects"},
	"DataFormat":                           {lakeTask + "ParquetIsReadByDuckDB", lakeTask + "SourceReadsParquetOfDuckDB"},
	"DataPageSize":                         {parquetFile + "PagesAndMoments"},
	"DatePartitionDelimiter":               {lake + "TestPartitionedFilesAreData"},
	"DatePartitionEnabled":                 {lakeTask + "Changes"},
	"DatePartitionSequence":                {lake + "TestPartitionedFilesAreData"},
	"DatePartitionTimezone":                {lake + "TestChangesLieInTheFolderOfTheirDay"},
	"DictPageSizeLimit":                    {parquetFile + "DictionaryIsBounded"},
	"EnableStatistics":                     {lakeTask + "ParquetIsReadByDuckDB"},
	"EncodingType":                         {parquetFile + "PagesAndMoments"},
	"EncryptionMode":                       {lake + "TestSettingsOfObjects", stores + "TestHeadersThatSettingsAskFor"},
	"ExpectedBucketOwner":                  {lake + "TestSettingsOfObjects", stores + "TestHeadersThatSettingsAskFor"},
	"ExternalTableDefinition":              {lakeTask + "SourceLoadsEveryType"},
	"GlueCatalogGeneration":                {lakeTask + "GlueSaysWhatTheFilesHold"},
	"IgnoreHeaderRows":                     {lakeTask + "SourceDialects"},
	"IncludeOpForFullLoad":                 {lakeTask + "Operations"},
	"MaxFileSize":                          {lakeTask + "FilesEndNearTheirSize"},
	"ParquetTimestampInMillisecond":        {parquetFile + "PagesAndMoments"},
	"ParquetVersion":                       {parquetFile + "PagesAndMoments"},
	"PreserveTransactions":                 {lakeTask + "TransactionsTogether"},
	"Rfc4180":                              {lakeTask + "TextSettings", lakeTask + "SourceDialects"},
	"RowGroupLength":                       {lakeTask + "ParquetIsReadByDuckDB"},
	"ServerSideEncryptionKmsKeyId":         {lake + "TestSettingsOfObjects", stores + "TestHeadersThatSettingsAskFor"},
	"ServiceAccessRoleArn":                 {endpointAPI + "TestABucketIsReachedByWhatItsRoleAllows"},
	"TimestampColumnName":                  {lakeTask + "Structure", lakeTask + "Changes"},
	"UseCsvNoSupValue":                     {lakeTask + "TextSettings"},
	"UseTaskStartTimeForFullLoadTimestamp": {lakeTask + "Stamps", lakeTask + "StampOfALoadThatGoesOn"},
}

// redshiftProof names the same for the members of RedshiftSettings.
var redshiftProof = map[string][]string{
	"AcceptAnyDate":                {warehouse + "TestRolesKeysAndDates"},
	"AfterConnectScript":           {warehouse + "TestWhatOpeningShows"},
	"BucketFolder":                 {warehouse + "TestWhereStagedFilesLie"},
	"BucketName":                   {warehouse + "TestWhatOpeningShows", endpointAPI + "TestWarehouseEndpoint"},
	"CaseSensitiveNames":           {warehouse + "TestNamesAndCase"},
	"CompUpdate":                   {warehouse + "TestSettingsOfALoad"},
	"ConnectionTimeout":            {warehouse + "TestAClusterThatDoesNotAnswer"},
	"DatabaseName":                 {endpointAPI + "TestAWarehouseWhoseSettingsSayWhereItIs"},
	"DateFormat":                   {warehouse + "TestFormatsOfTextsThatBecomeDates", "internal/task.TestWarehouseTextsBecomeDates"},
	"EmptyAsNull":                  {warehouse + "TestSettingsOfALoad"},
	"EncryptionMode":               {warehouse + "TestWhereStagedFilesLie", warehouse + "TestADeniedBucket"},
	"ExplicitIds":                  {warehouse + "TestIdentityColumns"},
	"FileTransferUploadStreams":    {warehouse + "TestStreamsOfUploads"},
	"LoadTimeout":                  {warehouse + "TestLoadTimeout"},
	"MapBooleanAsBoolean":          {warehouse + "TestSettingsAreObeyedOrRefused"},
	"MaxFileSize":                  {warehouse + "TestFilesHaveTheirSize"},
	"Password":                     {endpointAPI + "TestAWarehouseWhoseSettingsSayWhereItIs", warehouse + "TestWhatOpeningShows"},
	"Port":                         {endpointAPI + "TestAWarehouseWhoseSettingsSayWhereItIs", endpointAPI + "TestWarehouseEndpoint"},
	"RemoveQuotes":                 {warehouse + "TestSettingsOfALoad"},
	"ReplaceChars":                 {warehouse + "TestSettingsOfALoad"},
	"ReplaceInvalidChars":          {warehouse + "TestSettingsOfALoad"},
	"SecretsManagerAccessRoleArn":  {endpointAPI + "TestAWarehouseWhoseSettingsSayWhereItIs", endpointAPI + "TestSecretIsReadAtUse"},
	"SecretsManagerSecretId":       {endpointAPI + "TestAWarehouseWhoseSettingsSayWhereItIs", endpointAPI + "TestSecretIsReadAtUse"},
	"ServerName":                   {endpointAPI + "TestAWarehouseWhoseSettingsSayWhereItIs"},
	"ServerSideEncryptionKmsKeyId": {warehouse + "TestADeniedBucket"},
	"ServiceAccessRoleArn":         {warehouse + "TestRolesKeysAndDates", endpointAPI + "TestAWarehouseWithoutARole"},
	"TimeFormat":                   {warehouse + "TestFormatsOfTextsThatBecomeDates", "internal/task.TestWarehouseTextsBecomeDates"},
	"TrimBlanks":                   {warehouse + "TestSettingsOfALoad"},
	"TruncateColumns":              {warehouse + "TestWhatIsTooLong"},
	"Username":                     {endpointAPI + "TestAWarehouseWhoseSettingsSayWhereItIs"},
	"WriteBufferSize":              {warehouse + "TestTheWriteBuffer"},
}

// TestEverySettingOfFilesAndWarehousesIsProved: each member that the API has is shown by a test that exists, and no other is claimed.
func TestEverySettingOfFilesAndWarehousesIsProved(t *testing.T) {
	tests := testFunctions(t, "..")
	for name, c := range map[string]struct {
		settings any
		proof    map[string][]string
	}{
		"S3Settings":       {dmsapi.S3Settings{}, s3Proof},
		"RedshiftSettings": {dmsapi.RedshiftSettings{}, redshiftProof},
	} {
		members := map[string]bool{}
		for field := range reflect.TypeOf(c.settings).Fields() {
			members[field.Name] = true
			require.NotEmpty(t, c.proof[field.Name], "no test shows what %s of %s does", field.Name, name)
		}
		for member, shown := range c.proof {
			require.True(t, members[member], "%s has no member %s", name, member)
			for _, test := range shown {
				require.True(t, tests[test], "%s of %s: there is no test %s", member, name, test)
			}
		}
	}
}
