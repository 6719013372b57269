package dms

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// defaultGroup is the subnet group of instances that name none: the default subnets of the default VPC.
const defaultGroup = "default"

var groupName = regexp.MustCompile(`^[a-z0-9._-]{1,255}$`)

// groupNameOf reads the identifier of a subnet group, which is kept in lower case.
func groupNameOf(text string) (string, error) {
	name := strings.ToLower(text)
	if !groupName.MatchString(name) {
		return "", invalidValue("The parameter ReplicationSubnetGroupIdentifier is not a valid identifier: %q. It must have 1 to 255 letters, digits, periods, underscores, and hyphens.", text)
	}
	return name, nil
}

// checkDescription holds the description of a subnet group to what DMS takes (DMS API reference, "CreateReplicationSubnetGroup").
func checkDescription(text string) error {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return invalidValue("The parameter ReplicationSubnetGroupDescription must not contain non-printable control characters.")
	}
	return nil
}

// fewestZones is how many zones a subnet group covers at least.
const fewestZones = 2

// coverage checks the subnets of a group: that they are there, of one VPC, and cover enough zones. It answers the VPC.
func (s *Service) coverage(tx store.Tx, ids []string) (string, error) {
	if err := s.within(quotaSubnets, 0, int64(len(ids))); err != nil {
		return "", err
	}
	vpc := ""
	var nets []*ec2.Subnet
	for at, id := range ids {
		n, err := ec2.FindSubnet(tx, id)
		switch {
		case err != nil:
			return "", err
		case n == nil:
			return "", fault("InvalidSubnet", "The subnet %q is invalid: there is no such subnet.", id)
		case slices.Contains(ids[:at], id):
			return "", fault("InvalidSubnet", "The subnet %s is invalid: it is named twice.", id)
		case vpc != "" && n.VPC != vpc:
			return "", fault("InvalidSubnet", "The subnet %s is invalid: it is in the VPC %s, while others are in %s. A subnet group is of one VPC.", id, n.VPC, vpc)
		}
		vpc, nets = n.VPC, append(nets, n)
	}
	if zones := zonesOf(nets); len(zones) < fewestZones {
		return "", fault("ReplicationSubnetGroupDoesNotCoverEnoughAZs", "Replication Subnet Group doesn't meet availability zone coverage requirement. Please add subnets to cover at least %d availability zones. Current coverage: %d", fewestZones, len(zones))
	}
	return vpc, nil
}

// subnetGroup reads a group; the default one is made when it is first asked for.
func (s *Service) subnetGroup(tx store.Tx, name string) (*SubnetGroup, error) {
	g, err := store.Read[SubnetGroup](tx, subnetGroups.keys()+name)
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return &g, err
	}
	if name != defaultGroup {
		return nil, notFound("%s %s not found.", subnetGroups.noun, name)
	}
	vpc, err := ec2.DefaultVPC(tx)
	if err != nil {
		return nil, err
	}
	if vpc == "" {
		return nil, fault("InvalidSubnet", "There is no default VPC, so there is no default subnet group: name one in ReplicationSubnetGroupIdentifier.")
	}
	nets, err := ec2.DefaultSubnets(tx, vpc)
	if err != nil {
		return nil, err
	}
	g = SubnetGroup{Name: defaultGroup, Description: defaultGroup, VPC: vpc}
	for _, n := range nets {
		g.Subnets = append(g.Subnets, n.ID)
	}
	if _, err := s.coverage(tx, g.Subnets[:min(len(g.Subnets), int(s.limit(quotaSubnets)))]); err != nil {
		return nil, err
	}
	return &g, store.Write(tx, subnetGroups.keys()+defaultGroup, g)
}

// showGroup shows a subnet group with what the inventory says of its subnets.
func showGroup(from getter, g *SubnetGroup) (*dmsapi.ReplicationSubnetGroup, error) {
	out := &dmsapi.ReplicationSubnetGroup{
		ReplicationSubnetGroupIdentifier: &g.Name, ReplicationSubnetGroupDescription: &g.Description, VpcId: &g.VPC,
		SubnetGroupStatus: new("Complete"), Subnets: []dmsapi.Subnet{}, SupportedNetworkTypes: []string{networkIPv4}, IsReadOnly: new(false),
	}
	for _, id := range g.Subnets {
		n, err := ec2.FindSubnet(from, id)
		if err != nil {
			return nil, err
		}
		shown := dmsapi.Subnet{SubnetIdentifier: new(id), SubnetStatus: new("Active")}
		if n == nil {
			shown.SubnetStatus = new("Inactive") // it was deleted
		} else {
			shown.SubnetAvailabilityZone = &dmsapi.AvailabilityZone{Name: &n.Zone}
		}
		out.Subnets = append(out.Subnets, shown)
	}
	return out, nil
}
