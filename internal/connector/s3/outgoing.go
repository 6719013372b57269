package s3

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"

	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// outgoing is a data file on its way to the store, compressed when the settings say so.
type outgoing struct {
	io.Writer
	zip    *gzip.Writer // nil when it is not compressed
	staged *counting
}

// counting counts what a file has come to.
type counting struct {
	store.Staged
	size int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.Staged.Write(p)
	c.size += int64(n)
	return n, err
}

// stage begins a data file.
func (t *target) stage(ctx context.Context, key string) *outgoing {
	o := store.Options{ContentType: t.settings.format.ContentType()}
	if t.settings.gzipCSV {
		o.ContentEncoding = "gzip"
	}
	staged := &counting{Staged: t.store.Stage(ctx, key, o)}
	if !t.settings.gzipCSV {
		return &outgoing{Writer: staged, staged: staged}
	}
	zip := gzip.NewWriter(staged)
	return &outgoing{Writer: zip, zip: zip, staged: staged}
}

// size is what has been written, as the store will have it; what compression holds back is not in it.
func (o *outgoing) size() int64 { return o.staged.size }

// seal ends the file, which gets its name by publishing the ticket.
func (o *outgoing) seal(ctx context.Context) (store.Ticket, error) {
	if o.zip != nil {
		if err := o.zip.Close(); err != nil {
			return store.Ticket{}, fmt.Errorf("end a compressed file: %w", err)
		}
	}
	return o.staged.Seal(ctx)
}

// abandon forgets the file, unless it was sealed.
func (o *outgoing) abandon() { o.staged.Abandon() }
