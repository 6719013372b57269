package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// mostListed is how many resources one call asks about.
const mostListed = 100

// listTagsForResource: of one resource, or of many, whose tags then name them.
func (s *Service) listTagsForResource() service.Operation {
	return handle(s, "ListTagsForResource", func(ctx context.Context, _ *service.Call, in *dmsapi.ListTagsForResourceMessage) (*dmsapi.ListTagsForResourceResponse, error) {
		arns := in.ResourceArnList
		one := value(in.ResourceArn) != ""
		switch {
		case one && len(arns) > 0:
			return nil, invalidCombination("Give ResourceArn or ResourceArnList, not both.")
		case one:
			arns = []string{*in.ResourceArn}
		case len(arns) == 0:
			return nil, invalidValue("Give ResourceArn or ResourceArnList.")
		case len(arns) > mostListed:
			return nil, invalidValue("Invalid ResourceArnList: it has %d ARNs, and may have %d.", len(arns), mostListed)
		}
		out := &dmsapi.ListTagsForResourceResponse{TagList: []dmsapi.Tag{}}
		for _, arn := range arns {
			r, err := s.recordOf(s.reads(ctx), arn)
			if err != nil {
				return nil, err
			}
			named := arn
			if one {
				named = ""
			}
			out.TagList = append(out.TagList, tagList(r.tags, named)...)
		}
		return out, nil
	})
}
