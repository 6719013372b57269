package dms

import "github.com/whimbreldb/whimbrel/internal/store"

const (
	quotaEndpoints        = "Endpoints"
	quotaInstanceEndpoint = "EndpointsPerInstance"
	quotaCertificates     = "Certificates"
)

// quota refuses more of something that is counted over the whole account.
func (s *Service) quota(tx store.Tx, name string, more int64) error {
	page, err := tx.List(store.Range{Prefix: map[string]string{quotaEndpoints: endpoints.names(), quotaCertificates: certificates.names()}[name]})
	if err != nil {
		return err
	}
	return s.within(name, int64(len(page.Items)), more)
}

// within refuses more than a quota allows, of what the caller has counted.
func (s *Service) within(name string, used, more int64) error {
	limit := map[string]int64{quotaEndpoints: 1000, quotaInstanceEndpoint: 100, quotaCertificates: 100}[name]
	if used+more <= limit {
		return nil
	}
	return fault("ResourceQuotaExceededFault", "The quota %s has been exceeded: %d are allowed, %d are there.", name, limit, used)
}
