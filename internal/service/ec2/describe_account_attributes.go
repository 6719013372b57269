package ec2

import (
	"context"
	"errors"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) describeAccountAttributes() service.Operation {
	return handle("DescribeAccountAttributes", anything[ec2api.DescribeAccountAttributesRequest],
		func(ctx context.Context, _ *service.Call, in *ec2api.DescribeAccountAttributesRequest) (*ec2api.DescribeAccountAttributesResult, error) {
			id := "none"
			item, err := s.Store.Get(ctx, defaultKey)
			switch {
			case err == nil:
				id = string(item.Value)
			case !errors.Is(err, store.ErrNotFound):
				return nil, err
			}
			out := &ec2api.DescribeAccountAttributesResult{AccountAttributes: []ec2api.AccountAttribute{}}
			for _, a := range [][2]string{{"supported-platforms", "VPC"}, {"default-vpc", id}} {
				if len(in.AttributeNames) == 0 || slices.Contains(in.AttributeNames, a[0]) {
					out.AccountAttributes = append(out.AccountAttributes, ec2api.AccountAttribute{
						AttributeName: ptr(a[0]), AttributeValues: []ec2api.AccountAttributeValue{{AttributeValue: ptr(a[1])}},
					})
				}
			}
			return out, nil
		})
}
