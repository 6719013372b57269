package ec2

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeSecurityGroups() service.Operation {
	return handle("DescribeSecurityGroups", anything[ec2api.DescribeSecurityGroupsRequest],
		func(ctx context.Context, _ *service.Call, in *ec2api.DescribeSecurityGroupsRequest) (*ec2api.DescribeSecurityGroupsResult, error) {
			id := func(v *Group) string { return v.ID }
			found, err := describe(outside{ctx, s.Store}, groups, in.GroupIds, in.Filters, id, func(v *Group) map[string]string { return v.Tags }, s.groupFields)
			if err != nil {
				return nil, err
			}
			if len(in.GroupNames) > 0 {
				found = slices.DeleteFunc(found, func(g Group) bool { return !slices.Contains(in.GroupNames, g.Name) })
			}
			page, next, err := paged(found, id, in.MaxResults, in.NextToken)
			if err != nil {
				return nil, err
			}
			out := &ec2api.DescribeSecurityGroupsResult{SecurityGroups: []ec2api.SecurityGroup{}, NextToken: next}
			for i := range page {
				g := &page[i]
				out.SecurityGroups = append(out.SecurityGroups, ec2api.SecurityGroup{
					GroupId: &g.ID, GroupName: &g.Name, Description: &g.Description, VpcId: &g.VPC, OwnerId: &s.Account, SecurityGroupArn: ptr(s.groupARN(g.ID)),
					IpPermissions: s.permissions(g.Ingress), IpPermissionsEgress: s.permissions(g.Egress), Tags: tagList(g.Tags),
				})
			}
			return out, nil
		})
}

func (s *Service) groupARN(id string) string {
	return "arn:" + s.Partition + ":ec2:" + s.Region + ":" + s.Account + ":security-group/" + id
}

func (s *Service) groupFields(g *Group) fields {
	f := fields{
		"group-id": {g.ID}, "group-name": {g.Name}, "description": {g.Description}, "vpc-id": {g.VPC}, "owner-id": {s.Account},
		"ip-permission.cidr": nil, "ip-permission.group-id": nil, "ip-permission.protocol": nil, "egress.ip-permission.cidr": nil,
		"egress.ip-permission.group-id": nil, "egress.ip-permission.protocol": nil,
	}
	for side, rules := range map[string][]Rule{"": g.Ingress, "egress.": g.Egress} {
		for _, r := range rules {
			f[side+"ip-permission.cidr"] = append(f[side+"ip-permission.cidr"], r.CIDR)
			f[side+"ip-permission.group-id"] = append(f[side+"ip-permission.group-id"], r.Group)
			f[side+"ip-permission.protocol"] = append(f[side+"ip-permission.protocol"], r.Protocol)
		}
	}
	return f
}
