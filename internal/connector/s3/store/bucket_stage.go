package store

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// partSize is how much travels at once: the least that the API takes for a part that is not the last. After growAt parts it
// doubles, and again, so that the 10,000 parts that an object may have reach for 5 TiB.
const (
	partSize = 5 << 20
	growAt   = 1000
)

// upload is a multipart upload. While one part travels the next is filled.
type upload struct {
	b       *bucket
	ctx     context.Context //nolint:containedctx // io.Writer has none
	key     string
	options Options

	id      string
	fill    []byte // the part that is being filled
	spare   []byte
	size    int64
	number  int // of the part that travels
	tags    []string
	sent    chan error // of the part that travels; nil when none does
	tag     string
	err     error
	isEnded bool
}

// Stage implements Store.
func (b *bucket) Stage(ctx context.Context, key string, o Options) Staged {
	return &upload{b: b, ctx: ctx, key: key, options: o}
}

// Write implements io.Writer.
func (u *upload) Write(p []byte) (int, error) {
	if u.isEnded {
		return 0, errEnded
	}
	n := len(p)
	for len(p) > 0 && u.err == nil {
		if u.fill == nil {
			u.fill = make([]byte, 0, 64<<10)
		}
		room := u.part() - len(u.fill)
		take := min(room, len(p))
		u.fill = append(u.fill, p[:take]...)
		p = p[take:]
		if len(u.fill) == u.part() {
			u.err = u.send()
		}
	}
	u.size += int64(n)
	return n, u.err
}

// part is the size of the part that is being filled.
func (u *upload) part() int { return partSize << (u.number / growAt) }

// begin makes the upload at the store.
func (u *upload) begin() error {
	if u.id != "" {
		return nil
	}
	b := u.b
	out, err := b.client.CreateMultipartUpload(u.ctx, &s3.CreateMultipartUploadInput{
		Bucket: &b.Bucket, Key: b.key(u.key), ExpectedBucketOwner: b.owner(), ContentType: some(u.options.ContentType), ContentEncoding: some(u.options.ContentEncoding),
		ACL: types.ObjectCannedACL(b.ACL), ServerSideEncryption: types.ServerSideEncryption(b.Encryption), SSEKMSKeyId: some(b.KMSKey),
	})
	if err != nil {
		return wrap("begin object "+u.key, err)
	}
	u.id = aws.ToString(out.UploadId)
	return nil
}

// send has the part that is full travel, once the one before has arrived.
func (u *upload) send() error {
	if err := u.wait(); err != nil {
		return err
	}
	if err := u.begin(); err != nil {
		return err
	}
	u.number++
	part, number, sent, ctx := u.fill, int32(u.number), make(chan error, 1), u.ctx // which Seal replaces while the part travels
	u.fill, u.spare, u.sent = u.spare[:0], part, sent
	go func() {
		sent <- rescue.Run(func() error {
			return wrap("write object "+u.key, u.b.uploading(ctx, func() error {
				out, err := u.b.client.UploadPart(ctx, &s3.UploadPartInput{
					Bucket: &u.b.Bucket, Key: u.b.key(u.key), UploadId: &u.id, PartNumber: &number, Body: bytes.NewReader(part), ExpectedBucketOwner: u.b.owner(),
				})
				if err == nil {
					u.tag = aws.ToString(out.ETag)
				}
				return err
			}))
		})
	}()
	return nil
}

// wait waits until the part that travels has arrived.
func (u *upload) wait() error {
	if u.sent == nil {
		return nil
	}
	err := <-u.sent
	u.sent = nil
	if err == nil {
		u.tags = append(u.tags, u.tag)
	}
	return err
}

// Seal implements Staged.
func (u *upload) Seal(ctx context.Context) (Ticket, error) {
	u.ctx = ctx
	if u.err == nil && (len(u.fill) > 0 || u.number == 0) {
		u.err = u.send()
	}
	if u.err == nil {
		u.err = u.wait()
	}
	if u.err != nil {
		return Ticket{}, u.err
	}
	u.isEnded, u.fill, u.spare = true, nil, nil
	return Ticket{Key: u.key, Size: u.size, ID: u.id, Parts: strings.Join(u.tags, " ")}, nil
}

// abandonWithin is how long the store is asked to forget an upload; what it keeps is swept later.
const abandonWithin = 10 * time.Second

// Abandon implements Staged.
func (u *upload) Abandon() {
	if u.isEnded {
		return
	}
	u.isEnded = true
	_ = u.wait()
	if u.id == "" {
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(u.ctx), abandonWithin)
	defer stop()
	_, _ = u.b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &u.b.Bucket, Key: u.b.key(u.key), UploadId: &u.id, ExpectedBucketOwner: u.b.owner()})
}
