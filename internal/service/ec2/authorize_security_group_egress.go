package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) authorizeSecurityGroupEgress() service.Operation {
	return handle("AuthorizeSecurityGroupEgress",
		func(ctx context.Context, call *service.Call, in *ec2api.AuthorizeSecurityGroupEgressRequest) []service.Check {
			return append(tagging(call, "security-group-rule", in.TagSpecifications), s.on(ctx, call, "security-group", value(in.GroupId)))
		},
		func(ctx context.Context, _ *service.Call, in *ec2api.AuthorizeSecurityGroupEgressRequest) (*ec2api.AuthorizeSecurityGroupEgressResult, error) {
			if err := bySource(in.SourceSecurityGroupName, in.SourceSecurityGroupOwnerId); err != nil {
				return nil, err
			}
			tags, err := tagsFor(in.TagSpecifications, "security-group-rule")
			if err != nil {
				return nil, err
			}
			out := &ec2api.AuthorizeSecurityGroupEgressResult{Return: ptr(true)}
			err = s.changeGroup(ctx, in.GroupId, nil, func(tx store.Tx, g *Group) error {
				rules, err := s.rulesOf(tx, in.IpPermissions, in.CidrIp, in.IpProtocol, in.FromPort, in.ToPort, tags)
				if err != nil {
					return err
				}
				out.SecurityGroupRules = s.show(g, rules, true)
				g.Egress, err = addRules(g.Egress, rules)
				return err
			})
			if err != nil {
				return nil, err
			}
			return out, nil
		})
}
