package s3

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector/s3/rowfile"
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
	interval     time.Duration // CdcMaxBatchInterval
	minFile      int64         // CdcMinFileSize, bytes
	partition    partition
}

// reader takes settings one by one; what nobody has taken is unknown.
type reader struct {
	values map[string]string
	known  []string
	err    error
}

func (r *reader) fail(name, value, want string) {
	if r.err == nil {
		r.err = invalid("", "setting %s is %q: want %s", name, value, want)
	}
}

func (r *reader) take(name string) (string, bool) {
	r.known = append(r.known, name)
	for k, v := range r.values {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}

func (r *reader) text(name, otherwise string) string {
	if v, ok := r.take(name); ok {
		return v
	}
	return otherwise
}

func (r *reader) truth(name string, otherwise bool) bool {
	v, ok := r.take(name)
	if !ok {
		return otherwise
	}
	b, err := strconv.ParseBool(strings.ToLower(v))
	if err != nil {
		r.fail(name, v, "true or false")
	}
	return b
}

func (r *reader) number(name string, otherwise, low, high int) int {
	v, ok := r.take(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		r.fail(name, v, fmt.Sprintf("a whole number from %d to %d", low, high))
	}
	return n
}

// choice reads one of some words: as the API has them, and as the guide does (PARQUET_2_0).
func (r *reader) choice(name string, values ...string) string {
	v, ok := r.take(name)
	if !ok || v == "" {
		return values[0]
	}
	for _, w := range values {
		if strings.EqualFold(strings.ReplaceAll(v, "_", "-"), w) {
			return w
		}
	}
	r.fail(name, v, strings.Join(values, ", "))
	return values[0]
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
	r := &reader{values: values}
	s := &settings{
		folder: r.text("BucketFolder", ""), owner: r.text("ExpectedBucketOwner", ""),
		acl:     r.choice("CannedAclForObjects", "none", "private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"),
		maxFile: int64(r.number("MaxFileSize", mostFileKB, 1, mostFileKB)) * kb, opOnLoad: r.truth("IncludeOpForFullLoad", false),
		stamp: r.text("TimestampColumnName", ""), atStart: r.truth("UseTaskStartTimeForFullLoadTimestamp", false),
		catalog: r.truth("GlueCatalogGeneration", false), insertsOnly: r.truth("CdcInsertsOnly", false), insertsAndUpdates: r.truth("CdcInsertsAndUpdates", false),
		transactions: r.truth("PreserveTransactions", false), cdcPath: r.text("CdcPath", ""),
		interval: time.Duration(r.number("CdcMaxBatchInterval", 60, 0, mostSeconds)) * time.Second,
		minFile:  int64(r.number("CdcMinFileSize", 32000, 1, mostFileKB)) * kb,
	}
	if s.acl == "none" {
		s.acl = ""
	}
	r.encryption(s)
	r.partition(s)
	r.format(s)
	r.text("ServiceAccessRoleArn", "")
	r.text("BucketName", "")
	if r.err != nil {
		return nil, r.err
	}
	for name := range values {
		if !slices.ContainsFunc(r.known, func(k string) bool { return strings.EqualFold(k, name) }) {
			slices.Sort(r.known)
			return nil, invalid("an S3 target has "+strings.Join(r.known, ", "), "unknown setting %q", name)
		}
	}
	return s, s.check()
}

func (r *reader) encryption(s *settings) {
	_, asked := r.take("EncryptionMode")
	mode := r.choice("EncryptionMode", "sse-s3", "sse-kms")
	s.kmsKey = r.text("ServerSideEncryptionKmsKeyId", "")
	switch {
	case mode == "sse-kms":
		s.encryption = "aws:kms"
		if s.kmsKey == "" && r.err == nil {
			r.err = invalid("", "EncryptionMode sse-kms needs ServerSideEncryptionKmsKeyId")
		}
	case s.kmsKey != "" && r.err == nil:
		r.err = invalid("", "ServerSideEncryptionKmsKeyId goes with EncryptionMode sse-kms")
	case asked: // buckets encrypt so by themselves, and not every store knows the header
		s.encryption = "AES256"
	}
}

func (r *reader) format(s *settings) {
	s.parquet = r.choice("DataFormat", "csv", "parquet") == "parquet"
	zip := r.choice("CompressionType", "none", "gzip") == "gzip"
	csv := rowfile.CSV{
		Delimiter: unescape(r.text("CsvDelimiter", ",")), RowDelimiter: unescape(r.text("CsvRowDelimiter", "\n")), Null: r.text("CsvNullValue", ""),
		Quote: r.truth("Rfc4180", true), Header: r.truth("AddColumnName", false), Pad: r.truth("AddTrailingPaddingCharacter", false),
	}
	csv.Absent = csv.Null
	if absent := r.text("CsvNoSupValue", ""); r.truth("UseCsvNoSupValue", false) {
		csv.Absent = absent
	}
	parquet := rowfile.Parquet{
		Version2: r.choice("ParquetVersion", "parquet-1-0", "parquet-2-0") == "parquet-2-0", Encoding: r.choice("EncodingType", "rle-dictionary", "plain", "plain-dictionary"),
		DictPage: r.number("DictPageSizeLimit", 1<<20, 1, 1<<30), DataPage: r.number("DataPageSize", 1<<20, 1, 1<<30),
		RowGroup: r.number("RowGroupLength", 10000, 1, 1<<30), Statistics: r.truth("EnableStatistics", true),
		Milliseconds: r.truth("ParquetTimestampInMillisecond", false), GZIP: zip,
	}
	s.format = csv
	if s.parquet {
		s.format = parquet
		return
	}
	s.gzipCSV = zip
	switch {
	case csv.Delimiter == "" || csv.RowDelimiter == "":
		r.fail("CsvDelimiter and CsvRowDelimiter", "", "one character or more each")
	case strings.Contains(csv.Delimiter, `"`) || strings.Contains(csv.RowDelimiter, `"`) || strings.Contains(csv.Delimiter, csv.RowDelimiter) || strings.Contains(csv.RowDelimiter, csv.Delimiter):
		r.fail("CsvDelimiter", csv.Delimiter, "one that is not part of CsvRowDelimiter, and holds no quotation mark")
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

// check refuses what DMS's guide says does not go together.
func (s *settings) check() error {
	csv, isCSV := s.format.(rowfile.CSV)
	switch {
	case s.owner != "" && !ownerID.MatchString(s.owner):
		return invalid("", "ExpectedBucketOwner %q is no account: want twelve digits", s.owner)
	case s.insertsOnly && s.insertsAndUpdates:
		return invalid("set one of them", "CdcInsertsOnly and CdcInsertsAndUpdates exclude each other")
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
	if _, err := prefixOf("", s.cdcPath); err != nil {
		return err
	}
	return nil
}
