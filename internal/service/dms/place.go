package dms

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// subnetsOf reads the subnets of a group that are still in the inventory.
func subnetsOf(tx store.Tx, g *SubnetGroup) ([]*ec2.Subnet, error) {
	var all []*ec2.Subnet
	for _, id := range g.Subnets {
		n, err := ec2.FindSubnet(tx, id)
		if err != nil {
			return nil, fmt.Errorf("read subnet %s: %w", id, err)
		}
		if n != nil {
			all = append(all, n)
		}
	}
	// Subnets of the loopback come last: they lead nowhere.
	slices.SortStableFunc(all, func(a, b *ec2.Subnet) int { return loopback(a) - loopback(b) })
	return all, nil
}

func loopback(n *ec2.Subnet) int {
	if p, err := netip.ParsePrefix(n.CIDR); err == nil && p.Addr().IsLoopback() {
		return 1
	}
	return 0
}

// zonesOf lists the zones of subnets.
func zonesOf(nets []*ec2.Subnet) []string {
	var zones []string
	for _, n := range nets {
		zones = append(zones, n.Zone)
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}

// checkZone says what is wrong with an AvailabilityZone that was asked for.
func (s *Service) checkZone(zone string, multi bool) error {
	if zone == "" {
		return nil
	}
	if multi {
		return invalidCombination("AvailabilityZone cannot be given when MultiAZ is true.")
	}
	if known := ec2.Zones(s.Region); !slices.Contains(known, zone) {
		return invalidValue("Invalid AvailabilityZone: %s. The zones of %s are %s.", zone, s.Region, strings.Join(known, ", "))
	}
	return nil
}

// settle gives an instance its zones in a subnet group and a network interface in each: one zone, two with MultiAZ.
// asked is the zone that was asked for, if any.
func settle(tx store.Tx, i *Instance, g *SubnetGroup, asked string) error {
	nets, err := subnetsOf(tx, g)
	if err != nil {
		return err
	}
	free := zonesOf(nets)
	if i.Zone == "" {
		if i.Zone, err = pick(g, free, asked); err != nil {
			return err
		}
		if err := i.attach(tx, nets, i.Zone); err != nil {
			return err
		}
	}
	if i.MultiAZ && i.SecondaryZone == "" {
		free = slices.DeleteFunc(free, func(z string) bool { return z == i.Zone })
		if i.SecondaryZone, err = pick(g, free, ""); err != nil {
			return err
		}
		return i.attach(tx, nets, i.SecondaryZone)
	}
	return nil
}

// pick chooses a zone.
func pick(g *SubnetGroup, free []string, asked string) (string, error) {
	if asked == "" && len(free) > 0 {
		return free[rand.IntN(len(free))], nil
	}
	if !slices.Contains(free, asked) {
		what := "a further availability zone"
		if asked != "" {
			what = "the availability zone " + asked
		}
		return "", fault("ReplicationSubnetGroupDoesNotCoverEnoughAZs", "The replication subnet group %s has no subnet in %s.", g.Name, what)
	}
	return asked, nil
}

// attach makes the instance's network interface in a zone.
func (i *Instance) attach(tx store.Tx, nets []*ec2.Subnet, zone string) error {
	for _, n := range nets {
		if n.Zone != zone {
			continue
		}
		made, err := ec2.Attach(tx, ec2.NIC{
			Subnet: n.ID, Groups: i.Groups, Requester: "amazon-dms", Attached: i.ID, Description: "DMSNetworkInterface " + i.ID,
		})
		if errors.Is(err, ec2.ErrNoAddress) {
			continue
		}
		if err != nil {
			return fmt.Errorf("make a network interface in %s: %w", n.ID, err)
		}
		i.NICs, i.Addresses = append(i.NICs, made.ID), append(i.Addresses, made.Address)
		return nil
	}
	return fault("InsufficientResourceCapacityFault", "No subnet of the replication subnet group in %s has a free address.", zone)
}

// single gives up the second zone.
func (i *Instance) single(tx store.Tx) {
	for _, id := range i.NICs[min(1, len(i.NICs)):] {
		ec2.Detach(tx, id)
	}
	i.NICs, i.Addresses, i.SecondaryZone = i.NICs[:min(1, len(i.NICs))], i.Addresses[:min(1, len(i.Addresses))], ""
}

// failOver lets the zones change their parts.
func (i *Instance) failOver() {
	i.Zone, i.SecondaryZone = i.SecondaryZone, i.Zone
	slices.Reverse(i.NICs)
	slices.Reverse(i.Addresses)
}

// groupsFor checks that security groups are in a VPC; without any it is the VPC's default group. The IDs are the caller's, and
// stay as they are: what asks may ask again.
func groupsFor(tx store.Tx, vpc string, ids []string) ([]string, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	for _, id := range ids {
		if _, err := ec2.GroupsIn(tx, vpc, []string{id}); errors.Is(err, ec2.ErrNoGroup) {
			return nil, invalidValue("Invalid security group: there is no %s in the VPC %s of the replication subnet group.", id, vpc)
		} else if err != nil {
			return nil, err
		}
	}
	all, err := ec2.GroupsIn(tx, vpc, ids)
	if errors.Is(err, ec2.ErrNoGroup) {
		return nil, invalidValue("The VPC %s has no default security group; name groups in VpcSecurityGroupIds.", vpc)
	}
	return all, err
}
