package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeInternetGateways() service.Operation {
	return handle("DescribeInternetGateways", anything[ec2api.DescribeInternetGatewaysRequest],
		func(ctx context.Context, _ *service.Call, in *ec2api.DescribeInternetGatewaysRequest) (*ec2api.DescribeInternetGatewaysResult, error) {
			id := func(v *Gateway) string { return v.ID }
			found, err := describe(outside{ctx, s.Store}, gateways, in.InternetGatewayIds, in.Filters, id, func(v *Gateway) map[string]string { return v.Tags },
				func(v *Gateway) fields {
					return fields{"internet-gateway-id": {v.ID}, "attachment.vpc-id": {v.VPC}, "attachment.state": {"available"}, "owner-id": {s.Account}}
				})
			if err != nil {
				return nil, err
			}
			page, next, err := paged(found, id, in.MaxResults, in.NextToken)
			if err != nil {
				return nil, err
			}
			out := &ec2api.DescribeInternetGatewaysResult{InternetGateways: []ec2api.InternetGateway{}, NextToken: next}
			for i := range page {
				g := &page[i]
				out.InternetGateways = append(out.InternetGateways, ec2api.InternetGateway{
					InternetGatewayId: &g.ID, OwnerId: &s.Account, Tags: tagList(g.Tags),
					Attachments: []ec2api.InternetGatewayAttachment{{VpcId: &g.VPC, State: ptr("available")}},
				})
			}
			return out, nil
		})
}
