package ec2

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// This file is what the operations ask about before they do anything: a resource by its ARN, with the condition keys that the
// Service Authorization Reference gives to its type
// (docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html).

// on is the check of an action on one resource, with the tags that it has and its place in the network, if it is there.
func (s *Service) on(ctx context.Context, call *service.Call, resource, id string) service.Check {
	r, err := s.recordOf(ctx, id)
	return service.Check{Action: call.ActionName(), Resource: arn(call, resource, id), Tags: r.Tags, Keys: r.place(call, resource), Unread: err}
}

// onGroup is the check of an action on a security group, found as the operation finds it: what binds the group binds whoever
// knows it by its name too.
func (s *Service) onGroup(ctx context.Context, call *service.Call, id, name *string) service.Check {
	if id != nil || name == nil {
		return s.on(ctx, call, "security-group", value(id))
	}
	g, err := groupOf(outside{ctx, s.Store}, nil, name)
	var c service.Check
	switch {
	case refused(err):
		c = s.on(ctx, call, "security-group", "") // the operation will say that there is none
	case err != nil:
		return service.Check{Action: call.ActionName(), Resource: arn(call, "security-group", ""), Unread: fmt.Errorf("find the security group %s: %w", *name, err)}
	default:
		c = s.on(ctx, call, "security-group", g.ID)
	}
	c.Named = arn(call, "security-group", "*")
	return c
}

// onDefaultVPC is the check of an action on the VPC that a call means when it names none ("Required for a nondefault VPC",
// docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html); there is none to ask about if that VPC is gone,
// which the operation will say.
func (s *Service) onDefaultVPC(ctx context.Context, call *service.Call) []service.Check {
	id, err := defaultVPC(outside{ctx, s.Store})
	switch {
	case refused(err):
		return nil
	case err != nil:
		return []service.Check{{Action: call.ActionName(), Resource: arn(call, "vpc", ""), Unread: fmt.Errorf("find the default VPC: %w", err)}}
	}
	return []service.Check{s.on(ctx, call, "vpc", id)}
}

// record is what policies see of a resource of any sort.
type record struct {
	Tags        map[string]string
	VPC, Subnet string
}

// recordOf reads a resource; it is empty if there is no such resource, which the operation will say.
func (s *Service) recordOf(ctx context.Context, id string) (r record, err error) {
	k, _, ok := kindOf(id)
	if !ok {
		return r, nil
	}
	item, err := s.Store.Get(ctx, k.keys+id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return r, nil
	case err == nil:
		err = item.Decode(&r)
	}
	if err != nil {
		return record{}, fmt.Errorf("read what policies see of %s: %w", id, err)
	}
	return r, nil
}

// place are the condition keys of the VPC and the subnet that a resource is in: ARNs, of the types that have them.
func (r *record) place(call *service.Call, resource string) map[string][]string {
	keys := map[string][]string{}
	switch resource {
	case "subnet", "security-group", "network-interface":
		if r.VPC != "" {
			keys["ec2:Vpc"] = []string{arn(call, "vpc", r.VPC)}
		}
	}
	if resource == "network-interface" && r.Subnet != "" {
		keys["ec2:Subnet"] = []string{arn(call, "subnet", r.Subnet)}
	}
	return keys
}

// resourceTags are the tags of a check's resource under EC2's own name.
func resourceTags(tags map[string]string) map[string][]string {
	keys := map[string][]string{}
	for k, v := range tags {
		keys["ec2:ResourceTag/"+k] = []string{v}
	}
	return keys
}
