package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) revokeSecurityGroupEgress() service.Operation {
	return handle("RevokeSecurityGroupEgress",
		func(ctx context.Context, call *service.Call, in *ec2api.RevokeSecurityGroupEgressRequest) []service.Check {
			return []service.Check{s.on(ctx, call, "security-group", value(in.GroupId))}
		},
		func(ctx context.Context, _ *service.Call, in *ec2api.RevokeSecurityGroupEgressRequest) (*ec2api.RevokeSecurityGroupEgressResult, error) {
			if err := bySource(in.SourceSecurityGroupName, in.SourceSecurityGroupOwnerId); err != nil {
				return nil, err
			}
			out := &ec2api.RevokeSecurityGroupEgressResult{Return: ptr(true)}
			err := s.changeGroup(ctx, in.GroupId, nil, func(tx store.Tx, g *Group) error {
				var alike []Rule
				var err error
				if len(in.SecurityGroupRuleIds) == 0 || len(in.IpPermissions) > 0 {
					if alike, err = s.rulesOf(tx, in.IpPermissions, in.CidrIp, in.IpProtocol, in.FromPort, in.ToPort, nil); err != nil {
						return err
					}
				}
				kept, gone, err := dropRules(g.Egress, in.SecurityGroupRuleIds, alike)
				if err != nil {
					return err
				}
				g.Egress, out.RevokedSecurityGroupRules = kept, showGone(g, gone, true)
				return nil
			})
			if err != nil {
				return nil, err
			}
			return out, nil
		})
}
