package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

var _ Store = (*S3)(nil)

// S3Config says which store, and who we are there.
type S3Config struct {
	Endpoint string // http or https URL; buckets are in its path
	Region   string
	Access   string // access key
	Secret   string
	Client   *http.Client
}

// S3 is a store that speaks S3.
type S3 struct {
	client   *s3.Client
	endpoint string
}

// NewS3 makes a client; it does not speak with the store yet.
func NewS3(c S3Config) (*S3, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return nil, errors.New("the endpoint of the S3 store is not an http or https URL without a user; https://s3.example.com would be")
	}
	if c.Access == "" || c.Secret == "" {
		return nil, errors.New("the S3 store needs an access key and its secret")
	}
	o := s3.Options{
		BaseEndpoint: aws.String(strings.TrimSuffix(c.Endpoint, "/")), Region: c.Region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(c.Access, c.Secret, ""),
		// Stores other than AWS's do not all know the newer checksums.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
	if c.Client != nil {
		o.HTTPClient = c.Client
	}
	return &S3{client: s3.New(o), endpoint: strings.TrimSuffix(c.Endpoint, "/")}, nil
}

// sealCheck is the object that tries an encryption.
const sealCheck = "awsdms-encryption-check"

// Check implements Store.
func (s *S3) Check(ctx context.Context, bucket string, seal Seal) error {
	if !ValidName(bucket) {
		return fmt.Errorf("%w: %q is no name of a bucket", ErrNoBucket, bucket)
	}
	if _, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket}); err != nil {
		return fmt.Errorf("look for bucket %s: %w", bucket, classed(err))
	}
	if seal.Mode == Plain {
		return nil
	}
	if err := s.Put(ctx, Object{Bucket: bucket, Key: sealCheck, Type: "text/plain", Seal: seal}); err != nil {
		return err
	}
	key := sealCheck
	if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key}); err != nil {
		return fmt.Errorf("delete %s from bucket %s: %w", key, bucket, classed(err))
	}
	return nil
}

// Put implements Store.
func (s *S3) Put(ctx context.Context, o Object) error {
	if !ValidKey(o.Key) {
		return fmt.Errorf("%q is no name of an object", o.Key)
	}
	in := &s3.PutObjectInput{Bucket: &o.Bucket, Key: &o.Key, Body: bytes.NewReader(o.Body), ContentType: &o.Type}
	switch o.Seal.Mode {
	case Plain:
	case SSES3:
		in.ServerSideEncryption = types.ServerSideEncryptionAes256
	case SSEKMS:
		in.ServerSideEncryption = types.ServerSideEncryptionAwsKms
		if o.Seal.Key != "" {
			in.SSEKMSKeyId = &o.Seal.Key
		}
	}
	if _, err := s.client.PutObject(ctx, in); err != nil {
		return fmt.Errorf("write %s to bucket %s: %w", o.Key, o.Bucket, classed(err))
	}
	return nil
}

// URL implements Store.
func (s *S3) URL(bucket, key string) string {
	u := &url.URL{Path: "/" + bucket + "/" + key}
	return s.endpoint + u.EscapedPath()
}

// keyErrors are what S3 answers in the name of KMS.
var keyErrors = map[string]error{
	"KMS.NotFoundException": ErrNoKey, "KMS.DisabledException": ErrKeyDisabled, "KMS.KMSInvalidStateException": ErrKeyState, "KMS.InvalidStateException": ErrKeyState,
	"KMS.AccessDeniedException": ErrKeyDenied,
}

// classed puts what an error of the store is about into its chain.
func classed(err error) error {
	status := 0
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		status = answer.HTTPStatusCode()
	}
	code, said := "", ""
	var api smithy.APIError
	if errors.As(err, &api) {
		code, said = api.ErrorCode(), api.ErrorMessage()
	}
	if of := keyErrors[code]; of != nil {
		return errors.Join(of, err)
	}
	switch {
	case code == "NoSuchBucket" || status == http.StatusNotFound:
		return errors.Join(ErrNoBucket, err)
	case status == http.StatusForbidden && strings.Contains(said, "kms:"): // the action that is missing is named
		return errors.Join(ErrKeyDenied, err)
	case strings.HasPrefix(code, "KMS") && status < http.StatusInternalServerError:
		return errors.Join(ErrKey, err)
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return errors.Join(ErrDenied, err)
	case status == http.StatusBadRequest && code == "InvalidArgument", status == http.StatusNotImplemented:
		return errors.Join(ErrSeal, err)
	}
	return err
}
