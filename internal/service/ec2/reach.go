package ec2

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

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
		return slices.ContainsFunc(cards, func(c NIC) bool { return slices.Contains(c.Groups, group) && c.Address == ip.String() })
	}
	for i := range known {
		if slices.Contains(ids, known[i].ID) && passes(known[i].Egress, to.Addr().Unmap(), to.Port(), members) {
			return nil
		}
	}
	return &UnreachableError{to, ids}
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
