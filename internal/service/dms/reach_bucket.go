package dms

import (
	"context"
	"fmt"
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
	if err := s.letIntoBucket(ctx, rec, rec.Settings[bucketRole]); err != nil {
		return "", err
	}
	b := s.Buckets
	if err := b.opens(rec, "is"); err != nil {
		return "", err
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

// opens refuses an endpoint when there are no keys to reach its bucket with.
func (b *Buckets) opens(rec *Endpoint, verb string) error {
	if b.KeyID == "" || b.Key.Reveal() == "" {
		return refusal("Endpoint %s %s a bucket, and this server has no keys to reach one with. Start it with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in its environment, and with --s3-endpoint URL where the store is not AWS's.", rec.Name, verb)
	}
	return nil
}

// stagingRole is the role that COPY names, and that must let DMS into the bucket: where the endpoint names none it is the account's
// dms-access-for-endpoint (DMS user guide, "Creating the IAM roles to use with the AWS CLI and AWS DMS API"). Keys are never handed to COPY here:
// they are the server's, and the cluster may be anybody's.
func (s *Service) stagingRole(rec *Endpoint) string {
	if role := rec.Settings[bucketRole]; role != "" {
		return role
	}
	return "arn:" + s.Partition + ":iam::" + s.Account + ":role/dms-access-for-endpoint"
}

// stagingParameters say how the bucket is reached through which a server is given its rows.
func (s *Service) stagingParameters(ctx context.Context, rec *Endpoint, l login, q url.Values) error {
	role := s.stagingRole(rec)
	if err := s.letIntoBucket(ctx, rec, role); err != nil {
		return err
	}
	if s.Clusters != nil {
		why, err := s.Clusters.Refuses(ctx, l.server, l.port, role)
		if err != nil {
			return fmt.Errorf("look up the roles of the cluster of endpoint %s: %w", rec.Name, err)
		}
		if why != "" {
			return refusal("Endpoint %s cannot be reached: %s.", rec.Name, why)
		}
	}
	b := s.Buckets
	if err := b.opens(rec, "needs"); err != nil {
		return err
	}
	for name, v := range map[string]string{"s3_endpoint": b.Endpoint, "s3_region": b.Region, "s3_key": b.KeyID, "s3_secret": b.Key.Reveal()} {
		if v != "" {
			q.Set(name, v)
		}
	}
	return nil
}

// letIntoBucket refuses a bucket that the endpoint's role may not read from, or write to: else who may pass any role could reach every bucket
// that the server's keys open.
func (s *Service) letIntoBucket(ctx context.Context, rec *Endpoint, role string) error {
	if s.Roles == nil {
		return nil
	}
	name := rec.Settings[bucketName]
	bucket := "arn:" + s.Partition + ":s3:::" + name
	objects := []string{bucket + "/" + path.Join(rec.Settings[bucketFolder], "*")}
	what, does := map[string][]string{
		"s3:ListBucket": {bucket}, "s3:PutObject": objects, "s3:DeleteObject": objects, "s3:PutObjectTagging": objects,
	}, "write to"
	asks := "s3:ListBucket on the bucket and s3:PutObject, s3:DeleteObject and s3:PutObjectTagging on its objects"
	if e, err := engineOf(rec.Engine); err == nil && e.staged { // staged files have no tags, and AmazonDMSRedshiftS3Role allows none
		delete(what, "s3:PutObjectTagging")
		asks = "s3:ListBucket on the bucket and s3:PutObject and s3:DeleteObject on its objects"
	}
	if rec.Type == asSource {
		what, does = map[string][]string{"s3:ListBucket": {bucket}, "s3:GetObject": objects}, "read from"
		asks = "s3:ListBucket on the bucket and s3:GetObject on its objects"
	}
	if acl := rec.Settings["CannedAclForObjects"]; acl != "" && !strings.EqualFold(acl, "none") {
		what["s3:PutObjectAcl"], asks = objects, asks+", with CannedAclForObjects s3:PutObjectAcl as well"
	}
	if key := rec.Settings["ServerSideEncryptionKmsKeyId"]; key != "" {
		what["kms:GenerateDataKey"], asks = []string{s.storeKey(key)}, asks+", with ServerSideEncryptionKmsKeyId kms:GenerateDataKey on the key"
	}
	if err := s.Roles.Lets(ctx, role, "dms.amazonaws.com", s.arn(endpoints, rec.ID), what); err != nil {
		return refusal("The IAM Role %s does not let endpoint %s %s bucket %s: it must trust dms.amazonaws.com, and allow %s. %v", role, rec.Name, does, name, asks, err)
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
