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
				n, err = largestInstance(from, func(t *Task) []string { return nil })
			case quotaInstanceEndpoint:
				n, err = largestInstance(from, func(t *Task) []string { return []string{t.Source, t.Target} })
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

// largestInstance counts, on the instance that has most, what its tasks name; without names the tasks themselves.
func largestInstance(from lister, names func(*Task) []string) (n int64, err error) {
	page, err := from.List(store.Range{Prefix: tasks.keys()})
	on := map[string]map[string]bool{}
	for _, item := range page.Items {
		var t Task
		if err := item.Decode(&t); err != nil {
			return 0, err
		}
		if on[t.Instance] == nil {
			on[t.Instance] = map[string]bool{}
		}
		counted := names(&t)
		if counted == nil {
			counted = []string{t.ID}
		}
		for _, name := range counted {
			on[t.Instance][name] = true
		}
		n = max(n, int64(len(on[t.Instance])))
	}
	return n, err
}
