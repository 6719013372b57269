package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// modifyEventSubscription: what is queued for the subscription goes where it points then.
func (s *Service) modifyEventSubscription() service.Operation {
	return handle(s, "ModifyEventSubscription", func(ctx context.Context, _ *service.Call, in *dmsapi.ModifyEventSubscriptionMessage) (*dmsapi.ModifyEventSubscriptionResponse, error) {
		var sub *Subscription
		_, err := s.Store.Update(ctx, func(tx store.Tx) error {
			var err error
			if sub, err = lookup[Subscription](tx, subs, *in.SubscriptionName); err != nil {
				return err
			}
			if err := s.resubscribe(tx, sub, in); err != nil {
				return err
			}
			return store.Write(tx, subs.keys()+sub.Name, sub)
		})
		if err != nil {
			return nil, err
		}
		return &dmsapi.ModifyEventSubscriptionResponse{EventSubscription: s.showSubscription(sub, "modifying")}, nil
	})
}

func (s *Service) resubscribe(tx store.Tx, sub *Subscription, in *dmsapi.ModifyEventSubscriptionMessage) (err error) {
	if in.SnsTopicArn != nil {
		if err := s.checkTopic(*in.SnsTopicArn); err != nil {
			return err
		}
		sub.Topic, sub.Status = *in.SnsTopicArn, subscriptionActive
	}
	if in.SourceType != nil && *in.SourceType != sub.SourceType {
		if len(sub.Sources) > 0 {
			return invalidCombination("The SourceType of subscription %s cannot be changed from %s: it is limited to sources of that type.", sub.Name, sub.SourceType)
		}
		if _, err := checkSources(tx, *in.SourceType, nil); err != nil {
			return err
		}
		sub.SourceType = *in.SourceType
	}
	if in.EventCategories != nil {
		sub.Categories = in.EventCategories
	}
	if sub.Categories, err = categoriesIn(sub.Categories, sub.SourceType); err != nil {
		return err
	}
	if in.Enabled != nil {
		sub.Enabled = *in.Enabled
	}
	return nil
}
