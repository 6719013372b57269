package ec2

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) createNetworkInterface() service.Operation {
	return handle("CreateNetworkInterface",
		func(ctx context.Context, call *service.Call, in *ec2api.CreateNetworkInterfaceRequest) []service.Check {
			subnet := s.on(ctx, call, "subnet", value(in.SubnetId))
			others := []service.Check{subnet}
			for _, g := range in.Groups {
				others = append(others, s.on(ctx, call, "security-group", g))
			}
			checks := making(call, "network-interface", in.TagSpecifications, others...)
			maps.Copy(checks[0].Keys, subnet.Keys) // the new interface is in the subnet's VPC
			checks[0].Keys["ec2:Subnet"] = []string{subnet.Resource}
			return checks
		}, s.createNetworkInterfaceDo)
}

func (s *Service) createNetworkInterfaceDo(ctx context.Context, _ *service.Call, in *ec2api.CreateNetworkInterfaceRequest) (*ec2api.CreateNetworkInterfaceResult, error) {
	if len(in.Ipv6Prefixes) > 0 || in.Ipv6PrefixCount != nil || len(in.Ipv4Prefixes) > 0 || in.Ipv4PrefixCount != nil || len(in.PrivateIpAddresses) > 1 || value(in.SecondaryPrivateIpAddressCount) > 0 {
		return nil, fault("UnsupportedOperation", "A network interface of this inventory has one IPv4 address, and no prefixes.")
	}
	if kind := value(in.InterfaceType); kind != "" && kind != "interface" || value(in.EnablePrimaryIpv6) || in.ConnectionTrackingSpecification != nil || in.Operator != nil {
		return nil, fault("UnsupportedOperation", "A network interface of this inventory is of the type interface, without a primary IPv6 address, connection tracking or an operator.")
	}
	tags, err := tagsFor(in.TagSpecifications, "network-interface")
	if err != nil {
		return nil, err
	}
	address := value(in.PrivateIpAddress)
	if address == "" && len(in.PrivateIpAddresses) == 1 {
		if primary := in.PrivateIpAddresses[0].Primary; primary != nil && !*primary {
			return nil, fault("InvalidParameterValue", "The only address of a network interface is its primary one.")
		}
		address = value(in.PrivateIpAddresses[0].PrivateIpAddress)
	}
	token, err := tokenOf(in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	n := NIC{Token: token, Subnet: *in.SubnetId, Description: value(in.Description), Groups: in.Groups, Address: address, Tags: tags}
	for _, a := range in.Ipv6Addresses {
		if value(a.IsPrimaryIpv6) {
			return nil, fault("UnsupportedOperation", "An IPv6 address of this inventory is never primary.")
		}
		n.IPv6 = append(n.IPv6, value(a.Ipv6Address))
	}
	if count := value(in.Ipv6AddressCount); count < 0 || count > maxIPv6 || count > 0 && len(n.IPv6) > 0 || len(n.IPv6) > maxIPv6 {
		return nil, fault("InvalidParameterCombination", "Name at most %d IPv6 addresses, or their number in Ipv6AddressCount, not both.", maxIPv6)
	}
	n.IPv6 = append(n.IPv6, make([]string, value(in.Ipv6AddressCount))...)
	var shown ec2api.NetworkInterface
	_, err = s.Store.Update(ctx, func(tx store.Tx) error {
		made, err := madeBefore(tx, nics, token, func(n *NIC) *Token { return n.Token })
		if err != nil {
			return err
		}
		if made == nil {
			if made, err = makeNIC(tx, n); err != nil {
				return err
			}
		}
		known, err := every[Group](tx, groups)
		shown = s.showNIC(made, known)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &ec2api.CreateNetworkInterfaceResult{NetworkInterface: &shown, ClientToken: in.ClientToken}, nil
}

// maxIPv6 is how many IPv6 addresses an interface may have.
const maxIPv6 = 15

// makeNIC completes an interface and writes it: with an address that is free, in the default group unless others are named.
func makeNIC(tx store.Tx, n NIC) (*NIC, error) {
	net, err := lookup[Subnet](tx, subnets, n.Subnet)
	if err != nil {
		return nil, err
	}
	n.ID, n.VPC, n.Zone, n.MAC, n.Check = newID("eni"), net.VPC, net.Zone, newMAC(), true
	if n.Groups, err = groupsIn(tx, n.VPC, n.Groups); err != nil {
		return nil, err
	}
	cards, err := every[NIC](tx, nics)
	if err != nil {
		return nil, err
	}
	if err := room(len(cards), mostNICs, "NetworkInterfaceLimitExceeded", "network interfaces"); err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for i := range cards {
		for _, a := range cards[i].addresses() {
			used[a] = cards[i].Subnet == net.ID || used[a]
		}
	}
	if n.Address, err = freeAddress(net.ID, net.CIDR, n.Address, used); err != nil {
		return nil, err
	}
	if len(n.IPv6) > 0 && net.IPv6 == "" {
		return nil, invalid("The subnet '%s' has no IPv6 block.", net.ID)
	}
	n.IPv6 = slices.Clone(n.IPv6)
	for i, asked := range n.IPv6 {
		if n.IPv6[i], err = freeAddress(net.ID, net.IPv6, asked, used); err != nil {
			return nil, err
		}
		used[n.IPv6[i]] = true
	}
	return &n, store.Write(tx, nicKeys+n.ID, n)
}

// groupsIn checks that groups are of the VPC; without any it is the default group.
func groupsIn(tx store.Tx, vpc string, ids []string) ([]string, error) {
	for _, id := range ids {
		g, err := lookup[Group](tx, groups, id)
		if err != nil {
			return nil, err
		}
		if g.VPC != vpc {
			return nil, fault("InvalidParameter", "You have specified two resources that belong to different networks.")
		}
	}
	if len(ids) > 0 {
		return ids, nil
	}
	all, err := every[Group](tx, groups)
	if err != nil {
		return nil, err
	}
	g, ok := firstOf(all, func(g *Group) bool { return g.VPC == vpc && g.Name == "default" })
	if !ok {
		return nil, fault("InvalidGroup.NotFound", "The vpc '%s' has no default security group", vpc)
	}
	return []string{g.ID}, nil
}

// freeAddress checks an address that was asked for, or finds one: after the four that begin a subnet, before the last.
func freeAddress(subnet, block, asked string, used map[string]bool) (string, error) {
	p, err := netip.ParsePrefix(block)
	if err != nil {
		return "", fmt.Errorf("read the subnet %s: %w", subnet, err)
	}
	if asked != "" {
		ip, err := netip.ParseAddr(asked)
		if err != nil || !p.Contains(ip) {
			return "", invalid("Address %s does not fall within the subnet's address range", asked)
		}
		if used[ip.String()] {
			return "", fault("InvalidIPAddress.InUse", "Address %s is in use.", asked)
		}
		return ip.String(), nil
	}
	ip := p.Addr()
	for range reserved - 1 {
		ip = ip.Next()
	}
	for ; p.Contains(ip.Next()); ip = ip.Next() {
		if !used[ip.String()] {
			return ip.String(), nil
		}
	}
	return "", fault("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request.")
}

// newMAC makes a locally administered address.
func newMAC() string {
	raw := make([]byte, 6)
	_, _ = rand.Read(raw) // never fails
	raw[0] = raw[0]&^1 | 2
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", raw[0], raw[1], raw[2], raw[3], raw[4], raw[5])
}
