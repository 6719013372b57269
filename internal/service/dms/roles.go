package dms

import (
	"context"
)

// Roles know what this service may do in the roles of the account; an identity.Directory does.
type Roles interface {
	// Lets answers why a service may not do something in a role, or nil. source is the ARN of the resource for which it would,
	// what the actions with the resources of each.
	Lets(ctx context.Context, role, service, source string, what map[string][]string) error
}

// networkRole is the role in which DMS manages network interfaces.
const networkRole = "dms-vpc-role"

// needsNetworkRole checks dms-vpc-role as DMS does: it must be there, let DMS assume it, and allow what DMS does.
func (s *Service) needsNetworkRole(ctx context.Context, source string, what map[string][]string) error {
	if s.Roles == nil {
		return nil
	}
	role := "arn:" + s.Partition + ":iam::" + s.Account + ":role/" + networkRole
	if err := s.Roles.Lets(ctx, role, "dms.amazonaws.com", source, what); err != nil {
		return fault("AccessDeniedFault", "The IAM Role %s is not configured properly. %v", role, err)
	}
	return nil
}

// looksAround are the actions with which DMS reads a network.
func looksAround() map[string][]string {
	what := map[string][]string{}
	for _, action := range []string{"DescribeVpcs", "DescribeSubnets", "DescribeAvailabilityZones", "DescribeSecurityGroups"} {
		what["ec2:"+action] = []string{"*"}
	}
	return what
}

// attaches are those with which it makes and removes network interfaces in subnets.
func (s *Service) attaches(subnets, groups []string) map[string][]string {
	what := looksAround()
	name := func(kind, id string) string {
		return "arn:" + s.Partition + ":ec2:" + s.Region + ":" + s.Account + ":" + kind + "/" + id
	}
	card := name("network-interface", "*")
	made := []string{card}
	for _, id := range subnets {
		made = append(made, name("subnet", id))
	}
	for _, id := range groups {
		made = append(made, name("security-group", id))
	}
	what["ec2:CreateNetworkInterface"], what["ec2:DeleteNetworkInterface"] = made, []string{card}
	return what
}
