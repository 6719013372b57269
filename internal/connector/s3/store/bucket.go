package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// BucketConfig says how to reach a bucket, and how objects are kept in it.
type BucketConfig struct {
	Bucket, Prefix string // the prefix ends with a slash, or is empty
	Region         string
	// Endpoint is the base URL of a store other than AWS's; empty is AWS's in the region.
	Endpoint string
	// PathStyle names the bucket in the path and not in the host.
	PathStyle   bool
	Credentials aws.CredentialsProvider
	Control     func(network, address string, c syscall.RawConn) error
	// Through has the connections counted that a dial opens; nil counts none.
	Through func(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(ctx context.Context, network, address string) (net.Conn, error)
	// Uploads is how many objects, and parts of objects, may travel at once; 0 is as many as there are.
	Uploads int
	// Attempts is how often a request is tried while the store is busy or away; 0 means DefaultAttempts.
	Attempts int

	Owner      string // ExpectedBucketOwner
	ACL        string // CannedAclForObjects; empty is none
	Encryption string // AES256 or aws:kms; empty leaves it to the bucket
	KMSKey     string
}

// DefaultAttempts and longestWait: a store that asks to slow down is given about a minute and a half.
const (
	DefaultAttempts = 12
	longestWait     = 10 * time.Second
)

// bucket is a Store over the S3 API.
type bucket struct {
	BucketConfig
	client *s3.Client
	http   *http.Client
	pace   pace
	slots  chan struct{} // of Uploads; nil when there is no bound
}

var _ Store = (*bucket)(nil)

// NewBucket makes a store. It does not connect.
func NewBucket(c BucketConfig) Store {
	attempts := c.Attempts
	if attempts == 0 {
		attempts = DefaultAttempts
	}
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second, Control: c.Control}
	dial := dialer.DialContext
	if c.Through != nil {
		dial = c.Through(dial)
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dial, ForceAttemptHTTP2: true,
		MaxIdleConns: 128, MaxIdleConnsPerHost: 128, IdleConnTimeout: 90 * time.Second,
		TLSHandshakeTimeout: 15 * time.Second, ResponseHeaderTimeout: 2 * time.Minute,
	}
	client := &http.Client{Transport: transport}
	o := s3.Options{
		Region: c.Region, Credentials: c.Credentials, UsePathStyle: c.PathStyle, HTTPClient: client,
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff = attempts, longestWait
			o.RateLimiter = unlimited{} // workers share a client: one's failures must not keep the others from trying again
			o.Retryables = append(o.Retryables, retry.RetryableErrorCode{Codes: inConflict})
		}),
		// Stores other than AWS's do not all know the newer checksums.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
	if c.Endpoint != "" {
		o.BaseEndpoint = aws.String(c.Endpoint)
	}
	b := &bucket{c, s3.New(o), client, usualPace, nil}
	if c.Uploads > 0 {
		b.slots = make(chan struct{}, c.Uploads)
	}
	return b
}

// inConflict are answers that say that another request got in the way: so S3 does for two conditional writes of one key, and
// versitygw for an object whose folder another request empties, and so removes, at that moment.
var inConflict = map[string]struct{}{"OperationAborted": {}, "ExistingObjectIsDirectory": {}}

// unlimited never refuses another try.
type unlimited struct{}

func (unlimited) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (unlimited) AddTokens(uint) error { return nil }

func (b *bucket) Identity() string {
	id := b.Location()
	if b.Endpoint != "" {
		_, host, _ := strings.Cut(b.Endpoint, "://")
		id += " at " + strings.TrimSuffix(host, "/")
	}
	return id
}

func (b *bucket) Location() string { return strings.TrimSuffix("s3://"+b.Bucket+"/"+b.Prefix, "/") }

func (b *bucket) key(key string) *string { return aws.String(b.Prefix + key) }

func (b *bucket) owner() *string { return some(b.Owner) }

func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Close implements Store.
func (b *bucket) Close() { b.http.CloseIdleConnections() }

// Check implements Store.
func (b *bucket) Check(ctx context.Context) error {
	_, err := b.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &b.Bucket, Prefix: some(b.Prefix), MaxKeys: aws.Int32(1), ExpectedBucketOwner: b.owner(),
	})
	return wrap("list bucket "+b.Bucket, err)
}

// Open implements Store.
func (b *bucket) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: b.key(key), ExpectedBucketOwner: b.owner()})
	if err != nil {
		return nil, wrap("read object "+key, err)
	}
	return out.Body, nil
}

// Put implements Store.
func (b *bucket) Put(ctx context.Context, key string, data []byte) error {
	return wrap("write object "+key, b.put(ctx, key, data, nil))
}

// PutNew implements Store.
func (b *bucket) PutNew(ctx context.Context, key string, data []byte) (bool, error) {
	err := b.put(ctx, key, data, aws.String("*"))
	if is(err, "PreconditionFailed", "ConditionalRequestConflict") {
		return false, nil
	}
	return err == nil, wrap("write object "+key, err)
}

func (b *bucket) put(ctx context.Context, key string, data []byte, ifNone *string) error {
	return b.uploading(ctx, func() error {
		_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &b.Bucket, Key: b.key(key), Body: bytes.NewReader(data), IfNoneMatch: ifNone, ExpectedBucketOwner: b.owner(),
			ServerSideEncryption: types.ServerSideEncryption(b.Encryption), SSEKMSKeyId: some(b.KMSKey),
		})
		return err
	})
}

// uploading sends something when there is room for it.
func (b *bucket) uploading(ctx context.Context, send func() error) error {
	if b.slots == nil {
		return send()
	}
	select {
	case b.slots <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-b.slots }()
	return send()
}

// Head implements Store.
func (b *bucket) Head(ctx context.Context, key string) (int64, bool, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Bucket, Key: b.key(key), ExpectedBucketOwner: b.owner()})
	if is(err, "NotFound", "NoSuchKey") {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, wrap("look up object "+key, err)
	}
	return aws.ToInt64(out.ContentLength), true, nil
}

// mostDeleted is how many keys one request may delete.
const mostDeleted = 1000

// Delete implements Store.
func (b *bucket) Delete(ctx context.Context, keys []string) error {
	for len(keys) > 0 {
		n := min(len(keys), mostDeleted)
		var d types.Delete
		d.Quiet = aws.Bool(true)
		for _, k := range keys[:n] {
			d.Objects = append(d.Objects, types.ObjectIdentifier{Key: b.key(k)})
		}
		out, err := b.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &b.Bucket, Delete: &d, ExpectedBucketOwner: b.owner()})
		if err == nil {
			err = refusedDeletes(out.Errors)
		}
		if err != nil {
			return wrap("delete objects", err)
		}
		keys = keys[n:]
	}
	return nil
}

func refusedDeletes(refused []types.Error) error {
	for _, e := range refused {
		if code := aws.ToString(e.Code); code != "NoSuchKey" {
			return fmt.Errorf("%s: %s: %s", aws.ToString(e.Key), code, aws.ToString(e.Message))
		}
	}
	return nil
}

// List implements Store.
func (b *bucket) List(ctx context.Context, prefix string, f func(Object) error) error {
	return b.ListFrom(ctx, prefix, "", f)
}

// ListFrom implements Store. The API begins behind a key, so that the one asked for is a little less.
func (b *bucket) ListFrom(ctx context.Context, prefix, from string, f func(Object) error) error {
	var after *string
	if from > prefix {
		_, last := utf8.DecodeLastRuneInString(from)
		after = b.key(from[:len(from)-last])
	}
	pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.Bucket, Prefix: b.key(prefix), StartAfter: after, ExpectedBucketOwner: b.owner()})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return wrap("list "+prefix, err)
		}
		for _, o := range page.Contents {
			key := strings.TrimPrefix(aws.ToString(o.Key), b.Prefix)
			if key < from {
				continue
			}
			if err := f(Object{key, aws.ToInt64(o.Size), aws.ToTime(o.LastModified)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Sweep implements Store.
func (b *bucket) Sweep(ctx context.Context, prefix string, keep map[string]bool, other func(string) bool) error {
	pages := s3.NewListMultipartUploadsPaginator(b.client, &s3.ListMultipartUploadsInput{Bucket: &b.Bucket, Prefix: b.key(prefix), ExpectedBucketOwner: b.owner()})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return wrap("list uploads of "+prefix, err)
		}
		for _, u := range page.Uploads {
			key := strings.TrimPrefix(aws.ToString(u.Key), b.Prefix)
			if keep[aws.ToString(u.UploadId)] || other(key) {
				continue
			}
			_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.Bucket, Key: u.Key, UploadId: u.UploadId, ExpectedBucketOwner: b.owner()})
			if err != nil && !is(err, "NoSuchUpload") {
				return wrap("abort the upload of "+key, err)
			}
		}
	}
	return nil
}

// Publish implements Store.
func (b *bucket) Publish(ctx context.Context, t Ticket) error {
	var parts []types.CompletedPart
	for i, tag := range strings.Fields(t.Parts) {
		parts = append(parts, types.CompletedPart{ETag: aws.String(tag), PartNumber: aws.Int32(int32(i + 1))})
	}
	_, err := b.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &b.Bucket, Key: b.key(t.Key), UploadId: &t.ID, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}, ExpectedBucketOwner: b.owner(),
	})
	if !is(err, "NoSuchUpload") {
		return wrap("complete object "+t.Key, err)
	}
	switch size, ok, err := b.Head(ctx, t.Key); {
	case err != nil:
		return err
	case !ok || size != t.Size:
		return fmt.Errorf("complete object %s: %w", t.Key, ErrGone)
	}
	return nil
}

var errEnded = errors.New("the object has ended")
