package ec2

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) describeTags() service.Operation {
	return handle("DescribeTags", anything[ec2api.DescribeTagsRequest], s.describeTagsDo)
}

type tagged struct{ ID, Resource, Key, Value string }

func (s *Service) describeTagsDo(ctx context.Context, _ *service.Call, in *ec2api.DescribeTagsRequest) (*ec2api.DescribeTagsResult, error) {
	page, err := s.Store.List(ctx, store.Range{Prefix: prefix})
	if err != nil {
		return nil, err
	}
	var all []tagged
	for _, item := range page.Items {
		id := item.Key[strings.LastIndexByte(item.Key, '/')+1:]
		_, resource, ok := kindOf(id)
		if !ok {
			continue
		}
		var with struct{ Tags map[string]string }
		if err := item.Decode(&with); err != nil {
			return nil, err
		}
		for _, k := range slices.Sorted(maps.Keys(with.Tags)) {
			all = append(all, tagged{id, resource, k, with.Tags[k]})
		}
	}
	name := func(t *tagged) string { return t.ID + "\x00" + t.Key }
	slices.SortFunc(all, func(a, b tagged) int { return strings.Compare(name(&a), name(&b)) })
	found, err := matching(all, in.Filters, func(*tagged) map[string]string { return nil }, func(t *tagged) fields {
		return fields{"key": {t.Key}, "value": {t.Value}, "resource-id": {t.ID}, "resource-type": {t.Resource}}
	})
	if err != nil {
		return nil, err
	}
	found, next, err := paged(found, name, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &ec2api.DescribeTagsResult{Tags: []ec2api.TagDescription{}, NextToken: next}
	for i := range found {
		t := &found[i]
		out.Tags = append(out.Tags, ec2api.TagDescription{ResourceId: &t.ID, ResourceType: &t.Resource, Key: &t.Key, Value: &t.Value})
	}
	return out, nil
}
