package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

var _ Store = Folder("")

// Folder is a folder whose folders are the buckets. A bucket that is not there is made with its first object.
type Folder string

// Check implements Store.
func (f Folder) Check(_ context.Context, bucket string, seal Seal) error {
	if seal.Mode != Plain {
		return fmt.Errorf("%w: files of a folder are not encrypted, %s needs an S3 store", ErrSeal, seal.Mode)
	}
	if !ValidName(bucket) {
		return fmt.Errorf("%w: %q is no name of a bucket", ErrNoBucket, bucket)
	}
	if err := os.MkdirAll(filepath.Join(string(f), bucket), 0o750); err != nil {
		return fmt.Errorf("%w: make its folder: %w", ErrDenied, err)
	}
	return nil
}

// Put implements Store. The file is there whole or not at all.
func (f Folder) Put(ctx context.Context, o Object) error {
	if err := f.Check(ctx, o.Bucket, o.Seal); err != nil {
		return err
	}
	if !ValidKey(o.Key) {
		return fmt.Errorf("%q is no name of an object", o.Key)
	}
	path := f.path(o.Bucket, o.Key)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make the folder of %s: %w", o.Key, err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", o.Key, err)
	}
	_, err = file.Write(o.Body)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", o.Key, err), os.Remove(file.Name()))
	}
	return nil
}

// URL implements Store.
func (f Folder) URL(bucket, key string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(f.path(bucket, key))}).String()
}

func (f Folder) path(bucket, key string) string {
	return filepath.Join(string(f), bucket, filepath.FromSlash(key))
}

// localPath reports whether all parts of a path are names, none of which leads elsewhere.
func localPath(key string) bool {
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part == "." || part == ".." || strings.ContainsAny(part, "\\\x00") {
			return false
		}
	}
	return filepath.IsLocal(filepath.FromSlash(key))
}
