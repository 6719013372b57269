package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeEventSubscriptions() service.Operation {
	return handle(s, "DescribeEventSubscriptions", func(ctx context.Context, _ *service.Call, in *dmsapi.DescribeEventSubscriptionsMessage) (*dmsapi.DescribeEventSubscriptionsResponse, error) {
		const byItsARN, byID = "event-subscription-arn", "event-subscription-id"
		p, err := pageOf("DescribeEventSubscriptions", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		f, err := filtersOf(in.Filters, byItsARN, byID)
		if err != nil {
			return nil, err
		}
		name := value(in.SubscriptionName)
		found, marker, err := collect(s.reads(ctx), subs.keys(), p, func(sub *Subscription) bool {
			return (name == "" || sub.Name == name) && f.allow(byItsARN, s.arn(subs, sub.Name)) && f.allow(byID, sub.Name)
		})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 && p.after == "" && (name != "" || len(f) > 0) {
			if name != "" {
				return nil, notFound("%s %s not found.", subs.noun, name)
			}
			return nil, notFound("No Event Subscriptions found matching provided filters")
		}
		out := &dmsapi.DescribeEventSubscriptionsResponse{EventSubscriptionsList: []dmsapi.EventSubscription{}, Marker: marker}
		for i := range found {
			out.EventSubscriptionsList = append(out.EventSubscriptionsList, *s.showSubscription(&found[i], found[i].Status))
		}
		return out, nil
	})
}
