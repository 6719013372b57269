package redshift

import (
	"regexp"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector/setting"
)

// settings are RedshiftSettings of a target, checked.
type settings struct {
	bucket, folder     string // the folder as keys begin with it
	role               string // ServiceAccessRoleArn
	encryption, kmsKey string

	maxFile     int64 // bytes
	writeBuffer int
	streams     int  // FileTransferUploadStreams
	compress    bool // CompressCsvFiles

	truncate, emptyAsNull, trimBlanks, removeQuotes, anyDate bool
	// invalid are the characters that replacement stands for.
	invalid     string
	replacement string
	// dateFormat and timeFormat are how texts become dates, and moments.
	dateFormat, timeFormat format

	compUpdate, explicitIDs, caseSensitive bool

	connectTimeout, loadTimeout time.Duration
	afterConnectScript          string
}

// CheckSettings says what is wrong with the settings of a target.
func CheckSettings(values map[string]string) error {
	_, err := readSettings(values)
	return err
}

const (
	kb         = 1 << 10
	mostFileKB = 1048576
	mostMillis = 1 << 30
)

func readSettings(values map[string]string) (*settings, error) {
	r := setting.Read(values)
	s := &settings{
		bucket: r.Text("BucketName", ""), role: r.Text("ServiceAccessRoleArn", ""),
		maxFile:     int64(r.Number("MaxFileSize", 32768, 1, mostFileKB)) * kb,
		writeBuffer: r.Number("WriteBufferSize", 1000, 1, mostFileKB) * kb,
		streams:     r.Number("FileTransferUploadStreams", 10, 1, 64), compress: r.Truth("CompressCsvFiles", true),
		truncate: r.Truth("TruncateColumns", false), emptyAsNull: r.Truth("EmptyAsNull", false), trimBlanks: r.Truth("TrimBlanks", false),
		removeQuotes: r.Truth("RemoveQuotes", false), anyDate: r.Truth("AcceptAnyDate", false),
		invalid: r.Text("ReplaceInvalidChars", ""), replacement: r.Text("ReplaceChars", "?"),
		compUpdate: r.Truth("CompUpdate", false), explicitIDs: r.Truth("ExplicitIds", false), caseSensitive: r.Truth("CaseSensitiveNames", false),
		connectTimeout:     time.Duration(r.Number("ConnectionTimeout", 15_000, 1, mostMillis)) * time.Millisecond,
		loadTimeout:        time.Duration(r.Number("LoadTimeout", 0, 0, mostMillis)) * time.Millisecond,
		afterConnectScript: r.Filled("AfterConnectScript", ""),
	}
	s.readBucket(r)
	s.readEncryption(r)
	r.Only("MapBooleanAsBoolean", "booleans stay booleans", "true")
	s.readFormats(r)
	return s, r.End()
}

// bucketName is what a bucket may be called: 3 to 63 small letters, digits, dots and hyphens.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func (s *settings) readBucket(r *setting.Reader) {
	switch {
	case s.bucket == "":
		r.Wrong("give BucketName, the bucket through which COPY is given its rows; none is made", "the setting BucketName is missing")
	case !bucketName.MatchString(s.bucket):
		r.Wrong("name a bucket that is there: 3 to 63 small letters, digits, dots and hyphens", "the setting BucketName is %q, which is no name of a bucket", s.bucket)
	}
	for part := range strings.SplitSeq(r.Text("BucketFolder", ""), "/") {
		switch part {
		case "":
		case ".", "..":
			r.Wrong("name a folder without . and ..", "the setting BucketFolder has a part %q", part)
		default:
			s.folder += part + "/"
		}
	}
}

func (s *settings) readFormats(r *setting.Reader) {
	date, moment := r.Text("DateFormat", ""), r.Text("TimeFormat", "auto")
	var err error
	if s.dateFormat, err = readFormat(date, false); err != nil {
		r.Wrong("give auto, or such as DD.MM.YYYY", "the setting DateFormat is %q: %s", date, err)
	}
	if s.timeFormat, err = readFormat(moment, true); err != nil {
		r.Wrong("give auto, epochsecs, epochmillisecs, or such as DD.MM.YYYY HH:MI:SS", "the setting TimeFormat is %q: %s", moment, err)
	}
}

func (s *settings) readEncryption(r *setting.Reader) {
	s.kmsKey = r.Text("ServerSideEncryptionKmsKeyId", "")
	switch r.Choice("EncryptionMode", "", "sse-s3", "sse-kms") {
	case "sse-s3":
		s.encryption = "AES256"
	case "sse-kms":
		s.encryption = "aws:kms"
	}
	if s.kmsKey != "" && s.encryption != "aws:kms" {
		r.Wrong("give EncryptionMode=sse-kms, or leave the key out", "the setting ServerSideEncryptionKmsKeyId belongs to EncryptionMode sse-kms")
	}
}
