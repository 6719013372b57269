package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) authorizeSecurityGroupIngress() service.Operation {
	return handle("AuthorizeSecurityGroupIngress",
		func(ctx context.Context, call *service.Call, in *ec2api.AuthorizeSecurityGroupIngressRequest) []service.Check {
			return append(tagging(call, "security-group-rule", in.TagSpecifications), s.onGroup(ctx, call, in.GroupId, in.GroupName))
		},
		func(ctx context.Context, _ *service.Call, in *ec2api.AuthorizeSecurityGroupIngressRequest) (*ec2api.AuthorizeSecurityGroupIngressResult, error) {
			if err := bySource(in.SourceSecurityGroupName, in.SourceSecurityGroupOwnerId); err != nil {
				return nil, err
			}
			tags, err := tagsFor(in.TagSpecifications, "security-group-rule")
			if err != nil {
				return nil, err
			}
			out := &ec2api.AuthorizeSecurityGroupIngressResult{Return: ptr(true)}
			err = s.changeGroup(ctx, in.GroupId, in.GroupName, func(tx store.Tx, g *Group) error {
				rules, err := s.rulesOf(tx, in.IpPermissions, in.CidrIp, in.IpProtocol, in.FromPort, in.ToPort, tags)
				if err != nil {
					return err
				}
				out.SecurityGroupRules = s.show(g, rules, false)
				g.Ingress, err = addRules(g.Ingress, rules)
				return err
			})
			if err != nil {
				return nil, err
			}
			return out, nil
		})
}
