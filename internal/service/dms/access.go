package dms

import (
	"context"
	"errors"
	"fmt"
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
		return service.TouchChecks(touches, func(arn string) (map[string]string, error) { return s.tagsOf(ctx, arn) }), nil
	}, do)
}

// Known completes a check of a resource with the condition keys of its tags, for explanations.
func (s *Service) Known(ctx context.Context, _ *service.Call, c service.Check) (service.Check, error) {
	tags, err := s.tagsOf(ctx, c.Resource)
	if err != nil || len(tags) == 0 {
		return c, err
	}
	keys := action.TagKeys(c.Resource, tags)
	maps.Copy(keys, c.Keys) // what is asked comes first
	c.Keys = keys
	return c, nil
}

// tagsOf reads the tags of a resource; none if it is not there, which the operation will say.
func (s *Service) tagsOf(ctx context.Context, arn string) (map[string]string, error) {
	k, id, err := s.parse(arn)
	if err != nil {
		return nil, nil
	}
	item, err := s.reads(ctx).Get(k.keys() + id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the tags of %s: %w", arn, err)
	}
	tagged, err := store.Decoded[struct{ Tags map[string]string }](item)
	if err != nil {
		return nil, fmt.Errorf("read the tags of %s: %w", arn, err)
	}
	return tagged.Tags, nil
}
