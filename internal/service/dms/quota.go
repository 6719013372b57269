package dms

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// The quotas, by the names that DescribeAccountAttributes gives them. Those of one resource have a name of ours where DMS
// names none.
const (
	quotaInstances        = "ReplicationInstances"
	quotaStorage          = "AllocatedStorage" // GB over all instances
	quotaSubnetGroups     = "ReplicationSubnetGroups"
	quotaSubnets          = "SubnetsPerReplicationSubnetGroup"
	quotaEndpoints        = "Endpoints"
	quotaInstanceEndpoint = "EndpointsPerInstance"
	quotaTasks            = "ReplicationTasks"
	quotaInstanceTasks    = "ReplicationTasksPerInstance"
	quotaSubscriptions    = "EventSubscriptions"
	quotaCertificates     = "Certificates"
)

// defaultQuotas are AWS's (AWS DMS user guide, "Quotas").
var defaultQuotas = map[string]int64{
	quotaInstances: 60, quotaStorage: 30_000, quotaSubnetGroups: 60, quotaSubnets: 60, quotaEndpoints: 1000, quotaInstanceEndpoint: 100,
	quotaTasks: 600, quotaInstanceTasks: 200, quotaSubscriptions: 60, quotaCertificates: 100,
}

// QuotaNames lists the quotas that can be set, sorted.
func QuotaNames() []string {
	var names []string
	for n := range defaultQuotas {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// checkQuotas holds configured quotas to those that there are.
func checkQuotas(set map[string]int64) error {
	for name, n := range set {
		if _, known := defaultQuotas[name]; !known {
			return fmt.Errorf("there is no quota %s; there are %s", name, strings.Join(QuotaNames(), ", "))
		}
		if n < 0 {
			return fmt.Errorf("quota %s: %d is less than nothing", name, n)
		}
	}
	return nil
}

// limit is how many of something there may be.
func (s *Service) limit(name string) int64 {
	if n, set := s.Quotas[name]; set {
		return n
	}
	return defaultQuotas[name]
}

// quota refuses more of something that is counted over the whole account.
func (s *Service) quota(tx store.Tx, name string, more int64) error {
	used, err := used(tx, name)
	if err != nil {
		return err
	}
	return s.within(name, used, more)
}

// within refuses more than a quota allows, of what the caller has counted.
func (s *Service) within(name string, used, more int64) error {
	limit := s.limit(name)
	if more <= 0 || used+more <= limit {
		return nil
	}
	if name == quotaStorage {
		return fault("StorageQuotaExceededFault", "The storage quota has been exceeded: the replication instances of this account may have %d GB, they have %d, and %d more were asked for.", limit, used, more)
	}
	return fault("ResourceQuotaExceededFault", "The quota %s has been exceeded: %d are allowed, %d are there. Delete some, or have the server's quota raised.", name, limit, used)
}

// used counts what a quota of the account counts. Identifiers are counted and not records, so that a transaction which
// makes one does not meet those that only write down how others are.
func used(from lister, name string) (int64, error) {
	prefix := map[string]string{
		quotaInstances: instances.names(), quotaSubnetGroups: subnetGroups.keys(), quotaEndpoints: endpoints.names(),
		quotaTasks: tasks.names(), quotaSubscriptions: subs.keys(), quotaCertificates: certificates.names(), quotaStorage: instances.keys(),
	}[name]
	if prefix == "" {
		return 0, fmt.Errorf("quota %s is not counted over the account", name)
	}
	page, err := from.List(store.Range{Prefix: prefix})
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", name, err)
	}
	if name != quotaStorage {
		return int64(len(page.Items)), nil
	}
	total := int64(0)
	for _, item := range page.Items {
		var i Instance
		if err := item.Decode(&i); err != nil {
			return 0, err
		}
		total += i.reserved()
	}
	return total, nil
}

// reserved is the storage that an instance has or will have.
func (i *Instance) reserved() int64 {
	if i.Pending != nil {
		return max(i.Storage, i.Pending.Storage)
	}
	return i.Storage
}

// uniqueIdentifier is the account's in this region: 12 lower-case letters and digits, always the same.
func (s *Service) uniqueIdentifier() string {
	sum := sha256.Sum256([]byte(s.Partition + ":" + s.Region + ":" + s.Account))
	return "c" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:11]
}
