package settings

import (
	"slices"
	"strings"
)

// TTSettings is time travel: a log of every change, kept in S3.
type TTSettings struct {
	EnableTT         bool `later:"time travel"`
	TTS3Settings     *TTS3Settings
	TTRecordSettings *TTRecordSettings
}

// TTS3Settings says where the log goes.
type TTS3Settings struct {
	EncryptionMode                   string `enum:"SSE_S3,SSE_KMS" unused:"rests while EnableTT is false"`
	ServerSideEncryptionKmsKeyId     string `unused:"rests while EnableTT is false"` //nolint:revive // the JSON key
	ServiceAccessRoleArn             string `unused:"rests while EnableTT is false"`
	BucketName                       string `unused:"rests while EnableTT is false"`
	BucketFolder                     string `unused:"rests while EnableTT is false"`
	EnableDeletingFromS3OnTaskDelete bool   `unused:"rests while EnableTT is false"`
}

// TTRecordSettings says what is logged.
type TTRecordSettings struct {
	EnableRawData   bool   `unused:"rests while EnableTT is false"`
	RawDataFormat   string `enum:"TEXT,HEX" unused:"rests while EnableTT is false"`
	OperationsToLog string `unused:"rests while EnableTT is false"`
	MaxRecordSize   int    `range:"1.." unused:"rests while EnableTT is false"` // KB
}

// defaults are those of the section once it is there.
func (t *TTS3Settings) defaults() { t.EncryptionMode = "SSE_S3" }

func (t *TTRecordSettings) defaults() {
	t.RawDataFormat, t.OperationsToLog, t.MaxRecordSize = "TEXT", "ALL", 64
}

var loggedOperations = []string{"INSERT", "UPDATE", "DELETE", "COMMIT", "ROLLBACK", "ALL"}

func (t *TTSettings) check(fail failure) {
	if t.TTRecordSettings == nil {
		return
	}
	for _, word := range strings.Split(t.TTRecordSettings.OperationsToLog, ",") {
		if !slices.Contains(loggedOperations, strings.TrimSpace(word)) {
			fail("TTSettings.TTRecordSettings.OperationsToLog", "holds %q; want a comma-separated list of %s", word, strings.Join(loggedOperations, ", "))
		}
	}
}
