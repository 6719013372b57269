package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createEventSubscription: the answer says creating, as DMS's does; the subscription is active by then.
func (s *Service) createEventSubscription() service.Operation {
	return handle(s, "CreateEventSubscription", func(ctx context.Context, call *service.Call, in *dmsapi.CreateEventSubscriptionMessage) (*dmsapi.CreateEventSubscriptionResponse, error) {
		name := *in.SubscriptionName
		if err := checkSubscriptionName(name); err != nil {
			return nil, err
		}
		tags, err := tagsIn(in.Tags)
		if err != nil {
			return nil, err
		}
		categories, err := categoriesIn(in.EventCategories, value(in.SourceType))
		if err != nil {
			return nil, err
		}
		if err := s.checkTopic(*in.SnsTopicArn); err != nil {
			return nil, err
		}
		sub := Subscription{
			Name: name, Topic: *in.SnsTopicArn, SourceType: value(in.SourceType), Categories: categories, Enabled: in.Enabled == nil || *in.Enabled,
			Status: subscriptionActive, Created: stampedAt(call.Now), Tags: tags,
		}
		_, err = s.Store.Update(ctx, func(tx store.Tx) error {
			there, err := store.Exists(tx, subs.keys()+name)
			if err != nil {
				return err
			}
			if there {
				return exists(s.arn(subs, name), "%s already exists: %s", subs.noun, name)
			}
			if err := s.quota(tx, quotaSubscriptions, 1); err != nil {
				return err
			}
			if sub.Sources, err = checkSources(tx, sub.SourceType, in.SourceIds); err != nil {
				return err
			}
			return store.Write(tx, subs.keys()+name, sub)
		})
		if err != nil {
			return nil, err
		}
		return &dmsapi.CreateEventSubscriptionResponse{EventSubscription: s.showSubscription(&sub, "creating")}, nil
	})
}
