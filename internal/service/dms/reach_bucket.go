package dms

import (
	"net/url"

	"github.com/whimbreldb/whimbrel/internal/secret"
)

// Buckets says how the server reaches the store of S3 endpoints. The roles of endpoints are this server's own, which no other store
// knows: so the keys are the server's, for all endpoints.
type Buckets struct {
	Endpoint, Region string // an empty Endpoint is AWS's in the region
	KeyID            string
	Key              secret.Value
}

// bucketURL leads to a bucket, its settings left to the connector.
func (s *Service) bucketURL(rec *Endpoint) (string, error) {
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
