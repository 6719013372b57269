package dms

import (
	"context"
	"net/url"
	"path"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/secret"
)

// Buckets says how the server reaches the store of S3 endpoints. The roles of endpoints are this server's own, which no other store
// knows: so the keys are the server's, for all endpoints, and each endpoint reaches what its role allows.
type Buckets struct {
	Endpoint, Region string // an empty Endpoint is AWS's in the region
	KeyID            string
	Key              secret.Value
}

// bucketURL leads to a bucket, its settings left to the connector.
func (s *Service) bucketURL(ctx context.Context, rec *Endpoint) (string, error) {
	if err := s.letIntoBucket(ctx, rec); err != nil {
		return "", err
	}
	b := s.Buckets
	if b.KeyID == "" || b.Key.Reveal() == "" {
		return "", refusal("Endpoint %s is a bucket, and this server has no keys to reach one with. Start it with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in its environment, and with --s3-endpoint URL where the store is not AWS's.", rec.Name)
	}
	q := url.Values{}
	if b.Endpoint != "" {
		q.Set("endpoint", b.Endpoint)
	}
	if b.Region != "" {
		q.Set("region", b.Region)
	}
	u := url.URL{Scheme: "s3", User: url.UserPassword(b.KeyID, b.Key.Reveal()), Host: rec.Settings[bucketName], RawQuery: q.Encode()}
	return u.String(), nil
}

// letIntoBucket refuses a bucket that the endpoint's role may not write to: else who may pass any role could reach every bucket
// that the server's keys open.
func (s *Service) letIntoBucket(ctx context.Context, rec *Endpoint) error {
	if s.Roles == nil {
		return nil
	}
	name, role := rec.Settings[bucketName], rec.Settings[bucketRole]
	bucket := "arn:" + s.Partition + ":s3:::" + name
	objects := []string{bucket + "/" + path.Join(rec.Settings[bucketFolder], "*")}
	what := map[string][]string{
		"s3:ListBucket": {bucket}, "s3:PutObject": objects, "s3:DeleteObject": objects, "s3:PutObjectTagging": objects,
	}
	asks := "s3:ListBucket on the bucket and s3:PutObject, s3:DeleteObject and s3:PutObjectTagging on its objects"
	if acl := rec.Settings["CannedAclForObjects"]; acl != "" && !strings.EqualFold(acl, "none") {
		what["s3:PutObjectAcl"], asks = objects, asks+", with CannedAclForObjects s3:PutObjectAcl as well"
	}
	if key := rec.Settings["ServerSideEncryptionKmsKeyId"]; key != "" {
		what["kms:GenerateDataKey"], asks = []string{s.storeKey(key)}, asks+", with ServerSideEncryptionKmsKeyId kms:GenerateDataKey on the key"
	}
	if err := s.Roles.Lets(ctx, role, "dms.amazonaws.com", s.arn(endpoints, rec.ID), what); err != nil {
		return refusal("The IAM Role %s does not let endpoint %s write to bucket %s: it must trust dms.amazonaws.com, and allow %s. %v", role, rec.Name, name, asks, err)
	}
	return nil
}

// storeKey is the ARN of a key of the store. Whoever names one by an alias must be allowed to use any: which one it stands for is the
// store's knowledge.
func (s *Service) storeKey(key string) string {
	switch name := strings.TrimPrefix(key, "alias/"); {
	case strings.HasPrefix(key, "arn:") && !strings.Contains(key, ":alias/"):
		return key
	case name != key, strings.HasPrefix(key, "arn:"):
		key = "*"
	}
	return "arn:" + s.Partition + ":kms:" + s.Region + ":" + s.Account + ":key/" + key
}
