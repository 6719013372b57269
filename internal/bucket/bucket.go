package bucket

import (
	"context"
	"errors"
	"regexp"
)

// What keeps a bucket from being written. Each has more of an explanation behind it in its chain.
var (
	ErrNoBucket = errors.New("there is no such bucket")
	ErrDenied   = errors.New("the store does not let the bucket be written")
	ErrSeal     = errors.New("the store does not encrypt so")

	ErrNoKey       = errors.New("the store's KMS has no such key")
	ErrKeyDisabled = errors.New("the key of the store's KMS is disabled")
	ErrKeyState    = errors.New("the key of the store's KMS cannot be used in the state that it is in")
	ErrKeyDenied   = errors.New("the store's KMS does not let the key be used")
	ErrKey         = errors.New("the store's KMS refuses")
)

// Mode is how a store encrypts an object, in DMS's words.
type Mode string

// The modes.
const (
	Plain  Mode = ""
	SSES3  Mode = "SSE_S3"  // the store's own key
	SSEKMS Mode = "SSE_KMS" // a key of KMS
)

// A Seal says how an object is encrypted; Key is for SSEKMS, empty for the store's default key.
type Seal struct {
	Mode Mode
	Key  string
}

// An Object is what is written.
type Object struct {
	Bucket, Key string
	Type        string // its Content-Type
	Body        []byte
	Seal        Seal
}

// A Store holds buckets.
type Store interface {
	// Check says why a bucket could not be written with this encryption. What only writing tells is tried with an object that is
	// deleted at once, if there is encryption to try.
	Check(ctx context.Context, bucket string, seal Seal) error
	// Put writes an object, in place of one that is there.
	Put(ctx context.Context, o Object) error
	// URL is where an object can be found.
	URL(bucket, key string) string
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// ValidName reports whether a bucket may be named so: 3 to 63 small letters, digits, dots and hyphens, no two dots together.
func ValidName(name string) bool {
	for i := range len(name) - 1 {
		if name[i] == '.' && name[i+1] == '.' {
			return false
		}
	}
	return nameForm.MatchString(name)
}

// longestKey is S3's.
const longestKey = 1024

// ValidKey reports whether an object may be named so: every part of the path is a name of its own.
func ValidKey(key string) bool {
	if key == "" || len(key) > longestKey {
		return false
	}
	return localPath(key)
}
