package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) describeAccountAttributes() service.Operation {
	return handle(s, "DescribeAccountAttributes", func(ctx context.Context, _ *service.Call, _ *dmsapi.DescribeAccountAttributesMessage) (*dmsapi.DescribeAccountAttributesResponse, error) {
		out := &dmsapi.DescribeAccountAttributesResponse{UniqueAccountIdentifier: new(s.uniqueIdentifier())}
		from := s.reads(ctx)
		for _, name := range QuotaNames() {
			var n int64
			var err error
			switch name {
			case quotaSubnets:
				n, err = largestGroup(from)
			case quotaInstanceTasks:
				n, err = largestInstance(from, tasks.keys(), func(t *Task) string { return t.Instance })
			case quotaInstanceEndpoint:
				n, err = largestInstance(from, connectionKeys, func(c *Connection) string { return c.Instance })
			default:
				n, err = used(from, name)
			}
			if err != nil {
				return nil, err
			}
			out.AccountQuotas = append(out.AccountQuotas, dmsapi.AccountQuota{AccountQuotaName: new(name), Used: new(n), Max: new(s.limit(name))})
		}
		return out, nil
	})
}

// largestGroup counts the subnets of the subnet group that has most.
func largestGroup(from lister) (n int64, err error) {
	page, err := from.List(store.Range{Prefix: subnetGroups.keys()})
	for _, item := range page.Items {
		var g SubnetGroup
		if err := item.Decode(&g); err != nil {
			return 0, err
		}
		n = max(n, int64(len(g.Subnets)))
	}
	return n, err
}

// largestInstance counts the records under a prefix on the instance that has most of them.
func largestInstance[T any](from lister, prefix string, on func(*T) string) (n int64, err error) {
	page, err := from.List(store.Range{Prefix: prefix})
	count := map[string]int64{}
	for _, item := range page.Items {
		var v T
		if err := item.Decode(&v); err != nil {
			return 0, err
		}
		count[on(&v)]++
		n = max(n, count[on(&v)])
	}
	return n, err
}
