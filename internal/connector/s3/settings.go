package s3

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector/s3/rowfile"
	"github.com/whimbreldb/whimbrel/internal/connector/setting"
)

// settings are S3Settings of a target, checked.
type settings struct {
	folder, owner, acl, encryption, kmsKey string

	format   rowfile.Format
	parquet  bool
	gzipCSV  bool
	maxFile  int64 // bytes
	opOnLoad bool  // IncludeOpForFullLoad
	stamp    string
	atStart  bool // UseTaskStartTimeForFullLoadTimestamp
	catalog  bool // GlueCatalogGeneration

	insertsOnly, insertsAndUpdates bool
	// transactions has changes written in whole transactions into one folder (PreserveTransactions).
	transactions bool
	cdcPath      string
	cdcFolder    string        // cdcPath as keys begin with it
	interval     time.Duration // CdcMaxBatchInterval
	minFile      int64         // CdcMinFileSize, bytes
	partition    partition
}

// clash says why a table's columns cannot be those of a file with names in it.
func (s *settings) clash(l rowfile.Layout) string {
	if csv, ok := s.format.(rowfile.CSV); ok && !csv.Header {
		return ""
	}
	return l.Clash()
}

// CheckSettings says what is wrong with the settings of a target.
func CheckSettings(values map[string]string) error {
	_, err := readSettings(values)
	return err
}

const (
	kb          = 1 << 10
	mostFileKB  = 1048576
	mostSeconds = 1 << 20
)

func readSettings(values map[string]string) (*settings, error) {
	r := setting.Read(values)
	s := &settings{
		folder: r.Text("BucketFolder", ""), owner: r.Text("ExpectedBucketOwner", ""),
		acl:     r.Choice("CannedAclForObjects", "none", "private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"),
		maxFile: int64(r.Number("MaxFileSize", mostFileKB, 1, mostFileKB)) * kb, opOnLoad: r.Truth("IncludeOpForFullLoad", false),
		stamp: r.Text("TimestampColumnName", ""), atStart: r.Truth("UseTaskStartTimeForFullLoadTimestamp", false),
		catalog: r.Truth("GlueCatalogGeneration", false), insertsOnly: r.Truth("CdcInsertsOnly", false), insertsAndUpdates: r.Truth("CdcInsertsAndUpdates", false),
		transactions: r.Truth("PreserveTransactions", false), cdcPath: r.Text("CdcPath", ""),
		interval: time.Duration(r.Number("CdcMaxBatchInterval", 60, 0, mostSeconds)) * time.Second,
		minFile:  int64(r.Number("CdcMinFileSize", 32000, 1, mostFileKB)) * kb,
	}
	if s.acl == "none" {
		s.acl = ""
	}
	s.readEncryption(r)
	s.readPartition(r)
	s.readFormat(r)
	r.Text("ServiceAccessRoleArn", "")
	r.Text("BucketName", "")
	if err := r.End(); err != nil {
		return nil, err
	}
	return s, s.check()
}

func (s *settings) readEncryption(r *setting.Reader) {
	_, asked := r.Take("EncryptionMode")
	mode := r.Choice("EncryptionMode", "sse-s3", "sse-kms")
	s.kmsKey = r.Text("ServerSideEncryptionKmsKeyId", "")
	switch {
	case mode == "sse-kms":
		s.encryption = "aws:kms"
		if s.kmsKey == "" {
			r.Wrong("", "EncryptionMode sse-kms needs ServerSideEncryptionKmsKeyId")
		}
	case s.kmsKey != "":
		r.Wrong("", "ServerSideEncryptionKmsKeyId goes with EncryptionMode sse-kms")
	case asked: // buckets encrypt so by themselves, and not every store knows the header
		s.encryption = "AES256"
	}
}

func (s *settings) readFormat(r *setting.Reader) {
	s.parquet = r.Choice("DataFormat", "csv", "parquet") == "parquet"
	zip := r.Choice("CompressionType", "none", "gzip") == "gzip"
	csv := rowfile.CSV{
		Delimiter: unescape(r.Text("CsvDelimiter", ",")), RowDelimiter: unescape(r.Text("CsvRowDelimiter", "\n")), Null: r.Text("CsvNullValue", ""),
		Quote: r.Truth("Rfc4180", true), Header: r.Truth("AddColumnName", false), Pad: r.Truth("AddTrailingPaddingCharacter", false),
	}
	csv.Absent = csv.Null
	if absent := r.Text("CsvNoSupValue", ""); r.Truth("UseCsvNoSupValue", false) {
		csv.Absent = absent
	}
	parquet := rowfile.Parquet{
		Version2: r.Choice("ParquetVersion", "parquet-1-0", "parquet-2-0") == "parquet-2-0", Encoding: r.Choice("EncodingType", "rle-dictionary", "plain", "plain-dictionary"),
		DictPage: r.Number("DictPageSizeLimit", 1<<20, 1, 1<<30), DataPage: r.Number("DataPageSize", 1<<20, 1, 1<<30),
		RowGroup: r.Number("RowGroupLength", 10000, 1, 1<<30), Statistics: r.Truth("EnableStatistics", true),
		Milliseconds: r.Truth("ParquetTimestampInMillisecond", false), GZIP: zip,
	}
	s.format = csv
	if s.parquet {
		s.format = parquet
		return
	}
	s.gzipCSV = zip
	checkDelimiters(r, csv.Delimiter, csv.RowDelimiter)
}

func checkDelimiters(r *setting.Reader, field, row string) {
	switch {
	case field == "" || row == "":
		r.Wrong("", "CsvDelimiter and CsvRowDelimiter must have one character or more each")
	case strings.Contains(field, `"`) || strings.Contains(row, `"`) || strings.Contains(field, row) || strings.Contains(row, field):
		r.Fail("CsvDelimiter", field, "one that is not part of CsvRowDelimiter, and holds no quotation mark")
	}
}

// unescape reads the ways in which people write delimiters that no keyboard has: \n, \t, and \x01.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	if u, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`); err == nil {
		return u
	}
	return s
}

var ownerID = regexp.MustCompile(`^[0-9]{12}$`)

func checkOwner(id string) error {
	if id == "" || ownerID.MatchString(id) {
		return nil
	}
	return invalid("", "ExpectedBucketOwner %q is no account: want twelve digits", id)
}

// check refuses what DMS's guide says does not go together.
func (s *settings) check() error {
	if err := checkOwner(s.owner); err != nil {
		return err
	}
	csv, isCSV := s.format.(rowfile.CSV)
	switch {
	case s.insertsOnly && s.insertsAndUpdates:
		return invalid("set one of them", "CdcInsertsOnly and CdcInsertsAndUpdates exclude each other")
	case s.clash(rowfile.Layout{Op: s.hasOp(), Stamp: s.stamp}) != "":
		return invalid("choose another TimestampColumnName", "TimestampColumnName %s is the name of the column of the operation", s.stamp)
	case s.transactions && !isCSV:
		return invalid("set DataFormat csv", "PreserveTransactions writes CSV alone")
	case s.cdcPath != "" && !s.transactions:
		return invalid("set PreserveTransactions true, or leave CdcPath out", "CdcPath is where a target's transaction files go, and PreserveTransactions is false")
	case s.transactions && isCSV && csv.Header:
		return invalid("set AddColumnName false", "AddColumnName does not go with PreserveTransactions: the lines of a transaction file are of many tables")
	case s.transactions && s.partition.on:
		return invalid("set one of them", "DatePartitionEnabled does not go with PreserveTransactions")
	case s.catalog && s.transactions:
		return invalid("set GlueCatalogGeneration false", "GlueCatalogGeneration does not go with PreserveTransactions")
	case s.catalog && isCSV && !s.opOnLoad:
		return invalid("set IncludeOpForFullLoad true", "GlueCatalogGeneration with CSV needs IncludeOpForFullLoad, so that all files of a table have the same columns")
	}
	var err error
	s.cdcFolder, err = prefixOf("", s.cdcPath)
	return err
}
