package ec2

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
)

// block6 reads an IPv6 block of an allowed size, which EC2 has in steps of four bits.
func block6(text string, largest, smallest int, code string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is6() || p.Addr().Is4In6() {
		return p, invalid("Value (%s) for parameter ipv6CidrBlock is invalid. This is not a valid IPv6 CIDR block.", text)
	}
	if p.Masked() != p {
		return p, invalid("Value (%s) for parameter ipv6CidrBlock is invalid. %s would be right.", text, p.Masked())
	}
	if p.Bits() < largest || p.Bits() > smallest || p.Bits()%4 != 0 {
		return p, fault(code, "The IPv6 CIDR '%s' is invalid. Its size must be between /%d and /%d, in steps of 4.", text, largest, smallest)
	}
	return p, nil
}

// providedBlock makes a block of unique local addresses (RFC 4193): what "Amazon provides" is no network of this machine's.
func providedBlock() netip.Prefix {
	var a [16]byte
	_, _ = rand.Read(a[:7]) // never fails
	a[0] = 0xfd
	return netip.PrefixFrom(netip.AddrFrom16(a), 56)
}

// part64 is the i-th block of 64 bits in a network; the last one where there are not so many.
func part64(n netip.Prefix, i int) netip.Prefix {
	a := n.Masked().Addr().As16()
	most := uint64(1)<<min(64-n.Bits(), 32) - 1
	binary.BigEndian.PutUint64(a[:8], binary.BigEndian.Uint64(a[:8])+min(uint64(i), most))
	return netip.PrefixFrom(netip.AddrFrom16(a), 64)
}

// giveIPv6 gives a network of this machine to the default VPC, and a block of it to each default subnet that has none, as
// far as it goes.
func giveIPv6(v *Vpc, nets []Subnet, n netip.Prefix) (changed []Subnet) {
	v.IPv6 = append(v.IPv6, n.String())
	given := map[netip.Prefix]bool{}
	slices.SortFunc(nets, func(a, b Subnet) int { return slices.Compare([]string{a.Zone, a.ID}, []string{b.Zone, b.ID}) })
	for _, net := range nets {
		part := part64(n, len(given))
		if net.VPC != v.ID || !net.Default || net.IPv6 != "" || given[part] {
			continue
		}
		given[part], net.IPv6 = true, part.String()
		changed = append(changed, net)
	}
	return changed
}

func vpcIPv6(v *Vpc) (all []ec2api.VpcIpv6CidrBlockAssociation) {
	for i := range v.IPv6 {
		all = append(all, ec2api.VpcIpv6CidrBlockAssociation{
			AssociationId: ptr("vpc-cidr-assoc-" + v.ID[4:len(v.ID)-2] + "6" + string(rune('0'+i%10))), Ipv6CidrBlock: &v.IPv6[i],
			Ipv6CidrBlockState: &ec2api.VpcCidrBlockState{State: ptr("associated")},
		})
	}
	return all
}

func subnetIPv6(n *Subnet) []ec2api.SubnetIpv6CidrBlockAssociation {
	all := []ec2api.SubnetIpv6CidrBlockAssociation{}
	if n.IPv6 != "" {
		all = append(all, ec2api.SubnetIpv6CidrBlockAssociation{
			AssociationId: ptr("subnet-cidr-assoc-" + n.ID[7:]), Ipv6CidrBlock: &n.IPv6, Ipv6CidrBlockState: &ec2api.SubnetCidrBlockState{State: ptr("associated")},
		})
	}
	return all
}

// has reports that an address is one of the interface's.
func (n *NIC) has(ip netip.Addr) bool {
	text := ip.Unmap().String()
	return n.Address == text || slices.Contains(n.IPv6, text)
}

// addresses are all of an interface's.
func (n *NIC) addresses() []string { return append([]string{n.Address}, n.IPv6...) }
