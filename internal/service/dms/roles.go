package dms

import (
	"context"
	"slices"
)

// Roles know what this service may do in the roles of the account; an identity.Directory does.
type Roles interface {
	// Lets answers why a service may not do something in a role, or nil. source is the ARN of the resource for which it would,
	// what the actions with the resources of each.
	Lets(ctx context.Context, role, service, source string, what map[string][]string) error
}

// networkRole is the role in which DMS manages network interfaces.
const networkRole = "dms-vpc-role"

// needsRole checks a role as DMS does: it must be there, let DMS assume it, and allow what DMS does.
func (s *Service) needsRole(ctx context.Context, role, source string, what map[string][]string) error {
	if s.Roles == nil {
		return nil
	}
	if err := s.Roles.Lets(ctx, role, "dms.amazonaws.com", source, what); err != nil {
		return fault("AccessDeniedFault", "The IAM Role %s is not configured properly. %v", role, err)
	}
	return nil
}

// needsNetworkRole checks dms-vpc-role.
func (s *Service) needsNetworkRole(ctx context.Context, source string, what map[string][]string) error {
	return s.needsRole(ctx, "arn:"+s.Partition+":iam::"+s.Account+":role/"+networkRole, source, what)
}

// looksAround are the actions with which DMS reads a network.
func looksAround() map[string][]string {
	what := map[string][]string{}
	for _, action := range []string{"DescribeVpcs", "DescribeSubnets", "DescribeAvailabilityZones", "DescribeSecurityGroups"} {
		what["ec2:"+action] = []string{"*"}
	}
	return what
}

// networks names parts of the network by their ARNs.
func (s *Service) networks(kind string, ids []string) (arns []string) {
	for _, id := range ids {
		arns = append(arns, "arn:"+s.Partition+":ec2:"+s.Region+":"+s.Account+":"+kind+"/"+id)
	}
	return arns
}

// attaches are those with which it makes and removes network interfaces in subnets.
func (s *Service) attaches(subnets, groups []string) map[string][]string {
	what := s.detaches()
	what["ec2:CreateNetworkInterface"] = slices.Concat(s.cards(), s.networks("subnet", subnets), s.networks("security-group", groups))
	return what
}

// detaches are those with which it removes them.
func (s *Service) detaches() map[string][]string {
	what := looksAround()
	what["ec2:DeleteNetworkInterface"] = s.cards()
	return what
}

// regroups are those with which it puts them into other security groups.
func (s *Service) regroups(groups []string) map[string][]string {
	what := looksAround()
	what["ec2:ModifyNetworkInterfaceAttribute"] = append(s.cards(), s.networks("security-group", groups)...)
	return what
}

// cards are all network interfaces: their names are not known before they are made.
func (s *Service) cards() []string { return s.networks("network-interface", []string{"*"}) }

// needsStoreRole checks that DMS may assume the role of an endpoint's bucket, as DMS does before it makes the endpoint. What the role may do in
// the bucket is told by the test of a connection.
func (s *Service) needsStoreRole(ctx context.Context, rec *Endpoint) error {
	role := s.storeRole(rec)
	if role == "" {
		return nil
	}
	return s.needsRole(ctx, role, s.arn(endpoints, rec.ID), nil)
}

// storeRole is the role with which an endpoint reaches a bucket; empty if it has none.
func (s *Service) storeRole(rec *Endpoint) string {
	e, err := engineOf(rec.Engine)
	switch {
	case err != nil:
		return ""
	case e.staged:
		return s.stagingRole(rec)
	case e.bucket:
		return rec.Settings[bucketRole]
	}
	return ""
}
