package ec2

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Network answers what the security groups of the inventory let through.
type Network struct{ Store store.Store }

// UnreachableError says that no egress rule of an instance's groups covers an address.
type UnreachableError struct {
	Address netip.AddrPort
	Groups  []string
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no egress rule of the security groups %v lets tcp traffic to %s through", e.Groups, e.Address)
}

// MayReach reports, with an *UnreachableError, that an instance in the groups may not open a TCP connection to an address.
// A database may only be spoken to where this answers nil; so a test of a connection cannot be used to look around in a
// network.
func (n *Network) MayReach(ctx context.Context, ids []string, to netip.AddrPort) error {
	known, err := every[Group](outside{ctx, n.Store}, groups)
	if err != nil {
		return err
	}
	cards, err := every[NIC](outside{ctx, n.Store}, nics)
	if err != nil {
		return err
	}
	members := func(group string, ip netip.Addr) bool {
		return slices.ContainsFunc(cards, func(c NIC) bool { return slices.Contains(c.Groups, group) && c.has(ip) })
	}
	for i := range known {
		if slices.Contains(ids, known[i].ID) && passes(known[i].Egress, to.Addr().Unmap(), to.Port(), members) {
			return nil
		}
	}
	return &UnreachableError{to, ids}
}

// Egress lists the addresses and ports that an instance in the groups may open TCP connections to. Of a rule that names a
// group those are the addresses of its members.
func (n *Network) Egress(ctx context.Context, ids []string) ([]instance.Egress, error) {
	known, err := every[Group](outside{ctx, n.Store}, groups)
	if err != nil {
		return nil, err
	}
	cards, err := every[NIC](outside{ctx, n.Store}, nics)
	if err != nil {
		return nil, err
	}
	var open []instance.Egress
	for i := range known {
		if !slices.Contains(ids, known[i].ID) {
			continue
		}
		for j := range known[i].Egress {
			open = append(open, known[i].Egress[j].lets(cards)...)
		}
	}
	return open, nil
}

const lastPort = 1<<16 - 1

// lets spells a rule as prefixes and ports; one of another protocol than TCP lets nothing through.
func (r *Rule) lets(cards []NIC) (open []instance.Egress) {
	first, last := int64(0), int64(lastPort)
	if r.Protocol != "-1" {
		first, last = max(r.From, 0), min(r.To, lastPort)
	}
	if r.Protocol != "-1" && r.Protocol != "tcp" || first > last {
		return nil
	}
	add := func(to netip.Prefix, err error) {
		if err == nil {
			open = append(open, instance.Egress{To: to, First: uint16(first), Last: uint16(last)})
		}
	}
	if r.Group == "" {
		add(netip.ParsePrefix(r.CIDR))
		return open
	}
	for i := range cards {
		if !slices.Contains(cards[i].Groups, r.Group) {
			continue
		}
		for _, address := range cards[i].addresses() {
			if ip, err := netip.ParseAddr(address); err == nil {
				add(ip.Prefix(ip.BitLen()))
			}
		}
	}
	return open
}

// passes reports that a rule covers TCP with an address at the other end.
func passes(rules []Rule, ip netip.Addr, port uint16, member func(group string, ip netip.Addr) bool) bool {
	for i := range rules {
		r := &rules[i]
		if r.Protocol != "-1" && (r.Protocol != "tcp" || int64(port) < r.From || int64(port) > r.To) {
			continue
		}
		if r.Group != "" {
			if member(r.Group, ip) {
				return true
			}
			continue
		}
		if p, err := netip.ParsePrefix(r.CIDR); err == nil && p.Contains(ip) {
			return true
		}
	}
	return false
}
