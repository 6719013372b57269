package logs

import (
	"context"
	"maps"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// mostTags is how many tags a group may have.
const mostTags = 50

func (s *Service) listTagsForResource() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.ListTagsForResourceRequest) ([]service.Check, error) {
		return s.onTagged(ctx, call, in.ResourceArn, nil, nil), nil
	}
	return service.Handle("ListTagsForResource", access, func(ctx context.Context, call *service.Call, in *logsapi.ListTagsForResourceRequest) (*logsapi.ListTagsForResourceResponse, error) {
		name, err := taggedGroup(call, *in.ResourceArn)
		if err != nil {
			return nil, err
		}
		g, err := s.Store.Group(ctx, name)
		if err != nil {
			return nil, fault(err)
		}
		return &logsapi.ListTagsForResourceResponse{Tags: g.Tags}, nil
	})
}

func (s *Service) tagResource() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.TagResourceRequest) ([]service.Check, error) {
		return s.onTagged(ctx, call, in.ResourceArn, in.Tags, nil), nil
	}
	return service.Handle("TagResource", access, func(ctx context.Context, call *service.Call, in *logsapi.TagResourceRequest) (*service.None, error) {
		name, err := taggedGroup(call, *in.ResourceArn)
		if err != nil {
			return nil, err
		}
		many := false
		err = s.Store.ChangeGroup(ctx, name, func(g *logstore.Group) {
			all := maps.Clone(g.Tags)
			if all == nil {
				all = map[string]string{}
			}
			maps.Copy(all, in.Tags)
			if many = len(all) > mostTags; !many {
				g.Tags = all
			}
		})
		if err == nil && many {
			return nil, logsapi.Service.NewError("TooManyTagsException", "A resource can have no more than %d tags.", mostTags)
		}
		return &service.None{}, fault(err)
	})
}

func (s *Service) untagResource() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.UntagResourceRequest) ([]service.Check, error) {
		return s.onTagged(ctx, call, in.ResourceArn, nil, in.TagKeys), nil
	}
	return service.Handle("UntagResource", access, func(ctx context.Context, call *service.Call, in *logsapi.UntagResourceRequest) (*service.None, error) {
		name, err := taggedGroup(call, *in.ResourceArn)
		if err != nil {
			return nil, err
		}
		return &service.None{}, fault(s.Store.ChangeGroup(ctx, name, func(g *logstore.Group) {
			for _, key := range in.TagKeys {
				delete(g.Tags, key)
			}
		}))
	})
}
