package dms

import (
	"context"
	"maps"

	"github.com/whimbreldb/whimbrel/internal/policy/action"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// handle makes an operation whose access is what the table of actions says.
func handle[In, Out any](s *Service, name string, do func(ctx context.Context, call *service.Call, in *In) (*Out, error)) service.Operation {
	return service.Handle(name, func(ctx context.Context, call *service.Call, in *In) ([]service.Check, error) {
		touches, err := s.actions.Touches(name, in, action.Scope{Partition: s.Partition, Region: s.Region, Account: s.Account})
		if err != nil {
			return nil, err
		}
		return service.TouchChecks(touches, func(arn string) map[string]string { return s.tagsOf(ctx, arn) }), nil
	}, do)
}

// Known completes a check of a resource with the condition keys of its tags, for explanations.
func (s *Service) Known(ctx context.Context, _ *service.Call, c service.Check) (service.Check, error) {
	tags := s.tagsOf(ctx, c.Resource)
	if len(tags) == 0 {
		return c, nil
	}
	keys := action.TagKeys(c.Resource, tags)
	maps.Copy(keys, c.Keys) // what is asked comes first
	c.Keys = keys
	return c, nil
}

// tagsOf reads the tags of a resource; none if it is not there, which the operation will say.
func (s *Service) tagsOf(ctx context.Context, arn string) map[string]string {
	k, id, err := s.parse(arn)
	if err != nil {
		return nil
	}
	item, err := s.reads(ctx).Get(k.keys() + id)
	if err != nil {
		return nil
	}
	tagged, err := store.Decoded[struct{ Tags map[string]string }](item)
	if err != nil {
		return nil
	}
	return tagged.Tags
}
