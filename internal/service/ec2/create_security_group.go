package ec2

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) createSecurityGroup() service.Operation {
	return handle("CreateSecurityGroup",
		func(ctx context.Context, call *service.Call, in *ec2api.CreateSecurityGroupRequest) []service.Check {
			if in.VpcId == nil {
				return making(call, "security-group", in.TagSpecifications, s.onDefaultVPC(ctx, call)...)
			}
			return making(call, "security-group", in.TagSpecifications, s.on(ctx, call, "vpc", *in.VpcId))
		}, s.createSecurityGroupDo)
}

func (s *Service) createSecurityGroupDo(ctx context.Context, _ *service.Call, in *ec2api.CreateSecurityGroupRequest) (*ec2api.CreateSecurityGroupResult, error) {
	name := *in.GroupName
	switch {
	case name == "" || len(name) > 255 || strings.HasPrefix(name, "sg-"):
		return nil, invalid("Value (%s) for parameter groupName is invalid. A name has 1 to 255 characters and does not begin with sg-.", name)
	case name == "default":
		return nil, fault("InvalidParameterValue", "Cannot use reserved security group name: default")
	case len(*in.Description) > 255:
		return nil, invalid("Value for parameter GroupDescription is invalid. It has at most 255 characters.")
	}
	tags, err := tagsFor(in.TagSpecifications, "security-group")
	if err != nil {
		return nil, err
	}
	g := &Group{ID: newID("sg"), Name: name, Description: *in.Description, VPC: value(in.VpcId), Egress: openEgress(), Tags: tags}
	_, err = s.Store.Update(ctx, func(tx store.Tx) error {
		if in.VpcId == nil {
			if g.VPC, err = defaultVPC(tx); err != nil {
				return err
			}
		} else if _, err := lookup[Vpc](tx, vpcs, g.VPC); err != nil {
			return err
		}
		all, err := every[Group](tx, groups)
		if err != nil {
			return err
		}
		if _, twice := firstOf(all, func(o *Group) bool { return o.VPC == g.VPC && o.Name == g.Name }); twice {
			return fault("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", g.Name, g.VPC)
		}
		if err := room(len(all), mostGroups, "SecurityGroupLimitExceeded", "security groups"); err != nil {
			return err
		}
		return writeGroup(tx, g)
	})
	if err != nil {
		return nil, err
	}
	return &ec2api.CreateSecurityGroupResult{GroupId: &g.ID, SecurityGroupArn: ptr(s.groupARN(g.ID)), Tags: tagList(tags)}, nil
}
