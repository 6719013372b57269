package dms

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteEventSubscription: what has not been delivered goes with it.
func (s *Service) deleteEventSubscription() service.Operation {
	return handle(s, "DeleteEventSubscription", func(ctx context.Context, _ *service.Call, in *dmsapi.DeleteEventSubscriptionMessage) (*dmsapi.DeleteEventSubscriptionResponse, error) {
		var sub *Subscription
		_, err := s.Store.Update(ctx, func(tx store.Tx) error {
			var err error
			if sub, err = lookup[Subscription](tx, subs, *in.SubscriptionName); err != nil {
				return err
			}
			tx.Delete(subs.keys() + sub.Name)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if err := s.dropQueue(ctx, sub.Name); err != nil {
			return nil, err
		}
		return &dmsapi.DeleteEventSubscriptionResponse{EventSubscription: s.showSubscription(sub, "deleting")}, nil
	})
}

// dropQueue deletes what waits for a subscription that is no more, in parts: there may be much. What a crash leaves of it
// the deliverer drops.
func (s *Service) dropQueue(ctx context.Context, name string) error {
	for {
		page, err := s.Store.List(ctx, store.Range{Prefix: queueOf(name), Limit: trimmed})
		if err != nil {
			return fmt.Errorf("list what waits for subscription %s: %w", name, err)
		}
		if len(page.Items) == 0 {
			return nil
		}
		if _, err := s.Store.Update(ctx, func(tx store.Tx) error {
			for _, item := range page.Items {
				tx.Delete(item.Key)
			}
			return nil
		}); err != nil {
			return fmt.Errorf("drop what waits for subscription %s: %w", name, err)
		}
	}
}
