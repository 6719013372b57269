package dms

import "github.com/whimbreldb/whimbrel/internal/connector/s3/external"

// The settings of a bucket that other code asks for.
const (
	bucketName   = "BucketName"
	bucketFolder = "BucketFolder"
	bucketRole   = "ServiceAccessRoleArn"

	tableDefinition = "ExternalTableDefinition"
)

// s3Settings are those of S3 (DMS API reference, "S3Settings"; user guide, "Using Amazon S3 as a source", "Using Amazon S3 as a target").
var s3Settings = []setting{
	{name: "AddColumnName", form: truth, end: asTarget, otherwise: "false", does: "a CSV file begins with the names of its columns"},
	{name: "AddTrailingPaddingCharacter", form: truth, end: asTarget, otherwise: "false", does: "texts are filled up with blanks to the length of their column"},
	{name: bucketFolder, form: text, does: "the folder that everything is in"},
	{name: bucketName, form: text, does: "the bucket"},
	{name: "CannedAclForObjects", form: choice, end: asTarget, values: []string{"none", "private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"}, otherwise: "none", does: "the canned ACL of the files"},
	{name: "CdcInsertsAndUpdates", form: truth, end: asTarget, otherwise: "false", does: "deletes are left out of the files of changes"},
	{name: "CdcInsertsOnly", form: truth, end: asTarget, otherwise: "false", does: "updates and deletes are left out of the files of changes"},
	{name: "CdcMaxBatchInterval", form: number, end: asTarget, low: 1, high: mostSeconds, unit: "seconds", otherwise: "60", does: "how long a change may wait for others before its file is written"},
	{name: "CdcMinFileSize", form: number, end: asTarget, low: 1, high: mostKB, unit: "KB", otherwise: "32000", does: "the size from which files of changes are written at once"},
	{name: "CdcPath", form: text, end: asSource, does: "the folder of the files of changes"},
	{name: "CdcPath", form: text, end: asTarget, does: "the folder of the files of transactions, see PreserveTransactions"},
	{name: "CompressionType", form: choice, end: asTarget, values: []string{"none", "gzip"}, otherwise: "none", does: "CSV files, or the pages of Parquet files, are compressed"},
	{name: "CsvDelimiter", form: text, exact: true, otherwise: ",", does: "what stands between two columns"},
	{name: "CsvNoSupValue", form: text, end: asTarget, exact: true, does: "what is written for a value that the source has not sent, see UseCsvNoSupValue"},
	{name: "CsvNullValue", form: text, end: asSource, exact: true, does: "what is read as a null, outside quotation marks; nothing by default"},
	{name: "CsvNullValue", form: text, end: asTarget, exact: true, does: "what is written for a null; nothing by default, an empty text being quoted"},
	{name: "CsvRowDelimiter", form: text, exact: true, otherwise: `\n`, does: "what stands behind a row"},
	{name: "DataFormat", form: choice, end: asSource, values: []string{"csv", "parquet"}, otherwise: "csv", does: "the format of the files"},
	{name: "DataFormat", form: choice, end: asTarget, values: []string{"csv", "parquet"}, otherwise: "csv", does: "the format of the files"},
	{name: "DataPageSize", form: number, end: asTarget, low: 1, high: 1 << 30, unit: "bytes", otherwise: "1048576", does: "the size of a page of a Parquet file"},
	{name: "DatePartitionDelimiter", form: choice, end: asTarget, values: []string{"SLASH", "UNDERSCORE", "DASH", "NONE"}, otherwise: "SLASH", does: "what stands between the parts of the date"},
	{name: "DatePartitionEnabled", form: truth, end: asTarget, otherwise: "false", does: "files of changes lie in folders by the date of their commits"},
	{name: "DatePartitionSequence", form: choice, end: asTarget, values: []string{"YYYYMMDD", "YYYYMMDDHH", "YYYYMM", "MMYYYYDD", "DDMMYYYY"}, otherwise: "YYYYMMDD", does: "the parts of the date, and their order"},
	{name: "DatePartitionTimezone", form: text, end: asTarget, does: "the time zone of the date, such as Asia/Seoul; UTC by default"},
	{name: "DictPageSizeLimit", form: number, end: asTarget, low: 1, high: 1 << 30, unit: "bytes", otherwise: "1048576", does: "how large a column's dictionary may become before its values are written as they are"},
	{name: "EnableStatistics", form: truth, end: asTarget, otherwise: "true", does: "Parquet files tell the least and the greatest value of pages and row groups"},
	{name: "EncodingType", form: choice, end: asTarget, values: []string{"plain", "plain-dictionary", "rle-dictionary"}, otherwise: "rle-dictionary", does: "the encoding of Parquet files"},
	{name: "EncryptionMode", form: choice, end: asTarget, values: []string{"sse-s3", "sse-kms"}, otherwise: "sse-s3", does: "what the store is asked to encrypt objects with"},
	{name: "ExpectedBucketOwner", form: text, does: "the account that must own the bucket; the store checks it"},
	{name: tableDefinition, form: text, end: asSource, longest: external.MaxSize, does: "which tables there are, where their files lie, and the types of their columns; without it those that a target has noted beside the files it wrote"},
	{name: "GlueCatalogGeneration", form: truth, end: asTarget, otherwise: "false", does: "what a Glue catalogue would be told of each table is written beside the files, as a TableInput in JSON"},
	{name: "IgnoreHeaderRows", form: number, end: asSource, low: 0, high: 1, unit: "rows", otherwise: "0", does: "1: a file begins with a row that is none"},
	{name: "IncludeOpForFullLoad", form: truth, end: asTarget, otherwise: "false", does: "rows of a full load begin with an I"},
	{name: "MaxFileSize", form: number, end: asTarget, low: 1, high: mostKB, unit: "KB", otherwise: "1048576", does: "the size at which a file of a full load ends"},
	{name: "ParquetTimestampInMillisecond", form: truth, end: asTarget, otherwise: "false", does: "times have milliseconds in Parquet, the rest of them being cut off"},
	{name: "ParquetVersion", form: choice, end: asTarget, values: []string{"parquet-1-0", "parquet-2-0"}, otherwise: "parquet-1-0", does: "the version of Parquet's data pages"},
	{name: "PreserveTransactions", form: truth, end: asTarget, otherwise: "false", does: "changes of all tables are written together, in the order of their transactions"},
	{name: "Rfc4180", form: truth, end: asSource, otherwise: "true", does: "fields may stand in quotation marks; without it these are part of the text"},
	{name: "Rfc4180", form: truth, end: asTarget, otherwise: "true", does: "fields that need it are quoted; without it rows that cannot be told apart are rejected"},
	{name: "RowGroupLength", form: number, end: asTarget, low: 1, high: 1 << 30, unit: "rows", otherwise: "10000", does: "the rows of a row group of a Parquet file; 64 MiB end one too"},
	{name: "ServerSideEncryptionKmsKeyId", form: text, end: asTarget, does: "the store's key for EncryptionMode sse-kms"},
	{name: bucketRole, form: text, does: "the role that the caller must be allowed to pass, and that must let DMS read from the bucket, or write to it (with an ACL `s3:PutObjectAcl`, with a KMS key `kms:GenerateDataKey` on it); the store is reached with the server's own keys"},
	{name: "TimestampColumnName", form: text, end: asTarget, does: "the name of a column for the time at which a row was loaded, or a change committed"},
	{name: "UseCsvNoSupValue", form: truth, end: asTarget, otherwise: "false", does: "CsvNoSupValue is written for values that the source has not sent, instead of CsvNullValue"},
	{name: "UseTaskStartTimeForFullLoadTimestamp", form: truth, end: asTarget, otherwise: "false", does: "the time of a loaded row is that of the task's start"},
}
