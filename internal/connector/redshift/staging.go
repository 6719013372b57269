package redshift

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// stagingFolder is where files lie on their way, below the endpoint's folder.
const stagingFolder = "whimbrel-staging/"

// Files of loads are kept apart from those of changes: when all is loaded, none of them is anyone's.
const (
	loads   = "load"
	changes = "changes"
)

// runFolder is where a run has its files of a kind.
func runFolder(run, kind string) string {
	return stagingFolder + url.PathEscape(strings.ReplaceAll(run, ".", "%2E")) + "/" + kind + "/"
}

// straightAway is up to which size a file travels in one request.
const straightAway = 5 << 20

// file is a CSV file on its way into the bucket.
type file struct {
	t    *target
	ctx  context.Context //nolint:containedctx // io.Writer has none
	key  string
	buf  *bufio.Writer
	zip  *gzip.Writer // nil when it is not compressed
	text int64        // bytes before compression
	held bytes.Buffer // what has not been sent, while it is little
	sent store.Staged // nil while it is little
}

// newFile begins a file.
func (t *target) newFile(ctx context.Context, run, kind string) *file {
	f := &file{t: t, ctx: ctx, key: runFolder(run, kind) + t.token + "/" + strings.ToLower(rand.Text()) + ".csv"}
	f.buf = bufio.NewWriterSize(transfer{f}, t.settings.writeBuffer)
	if t.settings.compress {
		f.key += ".gz"
		f.zip, _ = gzip.NewWriterLevel(f.buf, gzip.BestSpeed)
	}
	return f
}

// transfer is where what the write buffer holds goes.
type transfer struct{ *file }

func (f transfer) Write(p []byte) (int, error) {
	if f.sent == nil && f.held.Len()+len(p) <= straightAway {
		return f.held.Write(p)
	}
	if f.sent == nil {
		f.sent = f.t.store.Stage(f.ctx, f.key, store.Options{ContentType: "text/csv"})
		if _, err := f.sent.Write(f.held.Bytes()); err != nil {
			return 0, err
		}
		f.held = bytes.Buffer{}
	}
	return f.sent.Write(p)
}

// Write implements io.Writer.
func (f *file) Write(p []byte) (int, error) {
	f.text += int64(len(p))
	var to io.Writer = f.buf
	if f.zip != nil {
		to = f.zip
	}
	n, err := to.Write(p)
	if err != nil {
		return n, fmt.Errorf("write a staged file: %w", err)
	}
	return n, nil
}

// finish ends the file, which is then in the bucket.
func (f *file) finish() error {
	if f.zip != nil {
		if err := f.zip.Close(); err != nil {
			return fmt.Errorf("end a staged file: %w", err)
		}
	}
	if err := f.buf.Flush(); err != nil {
		return fmt.Errorf("end a staged file: %w", err)
	}
	if f.sent == nil {
		return f.t.store.Put(f.ctx, f.key, f.held.Bytes())
	}
	ticket, err := f.sent.Seal(f.ctx)
	if err != nil {
		return err
	}
	return f.t.store.Publish(f.ctx, ticket)
}

// abandon forgets a file that has not been finished.
func (f *file) abandon() {
	if f.sent != nil {
		f.sent.Abandon()
	}
}

// discardWithin is how long the store is asked to delete files; what it keeps is swept later.
const discardWithin = 10 * time.Second

// discard deletes staged files. It is no harm when they stay.
func (t *target) discard(keys []string) {
	if len(keys) == 0 {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), discardWithin)
	defer stop()
	if err := t.store.Delete(ctx, keys); err != nil {
		t.log.WarnContext(ctx, "staged files stay in the bucket until the run is over", "files", len(keys), "error", err)
	}
}

// sweep deletes the files below a folder that were written before a time.
func (t *target) sweep(ctx context.Context, folder string, before time.Time) error {
	var keys []string
	err := t.store.List(ctx, folder, func(o store.Object) error {
		if o.Modified.Before(before) {
			keys = append(keys, o.Key)
		}
		return nil
	})
	if err == nil && len(keys) > 0 {
		err = t.store.Delete(ctx, keys)
	}
	if err != nil {
		return fmt.Errorf("delete what an earlier process has staged: %w", err)
	}
	return t.store.Sweep(ctx, folder, nil, func(key string) bool { return strings.Contains(key, "/"+t.token+"/") })
}

// sweepAll deletes all files below a folder.
func (t *target) sweepAll(ctx context.Context, folder string) error {
	return t.sweep(ctx, folder, time.Now().Add(24*time.Hour))
}
