package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) revokeSecurityGroupIngress() service.Operation {
	return handle("RevokeSecurityGroupIngress",
		func(ctx context.Context, call *service.Call, in *ec2api.RevokeSecurityGroupIngressRequest) []service.Check {
			return []service.Check{s.onGroup(ctx, call, in.GroupId, in.GroupName)}
		},
		func(ctx context.Context, _ *service.Call, in *ec2api.RevokeSecurityGroupIngressRequest) (*ec2api.RevokeSecurityGroupIngressResult, error) {
			if err := bySource(in.SourceSecurityGroupName, in.SourceSecurityGroupOwnerId); err != nil {
				return nil, err
			}
			out := &ec2api.RevokeSecurityGroupIngressResult{Return: ptr(true)}
			err := s.changeGroup(ctx, in.GroupId, in.GroupName, func(tx store.Tx, g *Group) error {
				var alike []Rule
				var err error
				if len(in.SecurityGroupRuleIds) == 0 || len(in.IpPermissions) > 0 {
					if alike, err = s.rulesOf(tx, in.IpPermissions, in.CidrIp, in.IpProtocol, in.FromPort, in.ToPort, nil); err != nil {
						return err
					}
				}
				kept, gone, err := dropRules(g.Ingress, in.SecurityGroupRuleIds, alike)
				if err != nil {
					return err
				}
				g.Ingress, out.RevokedSecurityGroupRules = kept, showGone(g, gone, false)
				return nil
			})
			if err != nil {
				return nil, err
			}
			return out, nil
		})
}
