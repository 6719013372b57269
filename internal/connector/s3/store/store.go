// Package store keeps whole objects under keys: in a bucket that speaks the S3 API, or in a folder of this machine.
//
// An object comes into being in two steps. Stage takes its bytes somewhere where no reader of the keys sees them: the parts of a
// multipart upload, a file with a hidden name. Its Ticket, a plain value, is all that Publish needs to put the object
// under its key, whole and at once, in this process or in a later one. So whoever writes tickets down in one object before
// publishing them has a transaction over many keys.
package store

import (
	"context"
	"io"
	"time"
)

// Store is a bucket or a folder, below a prefix that the keys do not name.
type Store interface {
	// Identity names bucket and prefix the same way in every run, without secrets.
	Identity() string
	// Location is where the keys begin, as others name it: s3://bucket/prefix.
	Location() string
	// Check makes sure that the bucket is there and may be listed.
	Check(ctx context.Context) error
	// Open reads an object. One that is not there is an error of class Missing.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// Put writes a small object whole. Several at once leave one of them.
	Put(ctx context.Context, key string, data []byte) error
	// PutNew is Put that reports false when there is an object under the key.
	PutNew(ctx context.Context, key string, data []byte) (bool, error)
	// Head asks for an object's size; ok is false when it is not there.
	Head(ctx context.Context, key string) (size int64, ok bool, err error)
	// Delete removes objects; those that are not there are no error.
	Delete(ctx context.Context, keys []string) error
	// List lists the objects whose keys begin with a prefix, in the order of their keys, until f returns an error.
	List(ctx context.Context, prefix string, f func(Object) error) error
	// ListFrom is List of those whose keys do not come before a key.
	ListFrom(ctx context.Context, prefix, from string, f func(Object) error) error
	// Stage begins an object that Publish will put under the key.
	Stage(ctx context.Context, key string, o Options) Staged
	// Publish puts a staged object under its key. It may be repeated. When the staged bytes are gone and no object of
	// that size is under the key, the error is ErrGone.
	Publish(ctx context.Context, t Ticket) error
	// Sweep forgets what is staged for keys that begin with a prefix, but for the tickets whose IDs are in keep and for keys of
	// which other is true.
	Sweep(ctx context.Context, prefix string, keep map[string]bool, other func(key string) bool) error
	// Close lets go of connections that nobody uses.
	Close()
}

// Object is what List tells of an object.
type Object struct {
	Key      string
	Size     int64
	Modified time.Time
}

// Options are how an object is kept beside its bytes.
type Options struct {
	ContentType, ContentEncoding string
}

// Staged is an object on its way. It belongs to one goroutine. After an error only Abandon may follow.
type Staged interface {
	io.Writer
	// Seal ends the object. Nothing of it is seen before Publish.
	Seal(ctx context.Context) (Ticket, error)
	// Abandon forgets the object, unless it was sealed.
	Abandon()
}

// Ticket is a staged object.
type Ticket struct {
	Key  string `json:"key"`
	Size int64  `json:"size"`
	// ID is the upload's, or the name of the file that holds the bytes.
	ID string `json:"id"`
	// Parts are the entity tags of the parts, one after the other with a blank between them.
	Parts string `json:"parts,omitempty"`
}
