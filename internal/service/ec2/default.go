package ec2

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// defaultKey holds the ID of the default VPC.
const defaultKey = "ec2default"

func defaultVPC(from getter) (string, error) {
	item, err := from.Get(defaultKey)
	if errors.Is(err, store.ErrNotFound) {
		return "", fault("DefaultVpcDoesNotExist", "No default VPC for this user.")
	}
	return string(item.Value), err
}

// Networks lists the networks that this machine is in, of both families, the loopback last.
func Networks() ([]netip.Prefix, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list this machine's networks: %w", err)
	}
	var all []netip.Prefix
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || p.Addr().IsLoopback() || p.Addr().IsLinkLocalUnicast() || p.Bits() > map[bool]int{true: 28, false: 64}[p.Addr().Is4()] {
			continue
		}
		if m := p.Masked(); !slices.ContainsFunc(all, m.Overlaps) {
			all = append(all, m)
		}
	}
	return append(all, netip.MustParsePrefix("127.0.0.0/8")), nil
}

// EnsureDefault makes the default VPC, once: the networks of this machine are its address blocks, and each is divided into
// a default subnet for every zone, so that a subnet group can cover several. When the machine has got into further
// networks since, they are added.
func EnsureDefault(ctx context.Context, s store.Store, region string, networks []netip.Prefix) error {
	_, err := s.Update(ctx, func(tx store.Tx) error {
		v, err := defaultRecord(tx)
		if err != nil {
			return err
		}
		changed := false
		networks := slices.SortedStableFunc(slices.Values(networks), func(a, b netip.Prefix) int { return a.Addr().BitLen() - b.Addr().BitLen() }) // subnets come with IPv4
		for _, n := range networks {
			if n.Addr().Is6() {
				more, err := addIPv6(tx, v, n)
				if err != nil {
					return err
				}
				changed = changed || more
				continue
			}
			if slices.ContainsFunc(v.CIDRs, func(c string) bool { p, err := netip.ParsePrefix(c); return err == nil && p.Overlaps(n) }) {
				continue
			}
			v.CIDRs, changed = append(v.CIDRs, n.String()), true
			for i, part := range parts(n) {
				net := Subnet{ID: newID("subnet"), VPC: v.ID, Zone: region + string(rune('a'+i)), CIDR: part.String(), Default: true}
				if err := store.Write(tx, subnetKeys+net.ID, net); err != nil {
					return err
				}
			}
		}
		if !changed {
			return nil
		}
		return store.Write(tx, vpcKeys+v.ID, v)
	})
	if err != nil {
		return fmt.Errorf("make the default VPC: %w", err)
	}
	return nil
}

// addIPv6 gives the default VPC an IPv6 network of this machine, if it has none of its addresses yet.
func addIPv6(tx store.Tx, v *Vpc, n netip.Prefix) (bool, error) {
	if slices.ContainsFunc(v.IPv6, func(c string) bool { p, err := netip.ParsePrefix(c); return err == nil && p.Overlaps(n) }) {
		return false, nil
	}
	nets, err := every[Subnet](tx, subnets)
	if err != nil {
		return false, err
	}
	for _, net := range giveIPv6(v, nets, n) {
		if err := store.Write(tx, subnetKeys+net.ID, net); err != nil {
			return false, err
		}
	}
	return true, nil
}

// defaultRecord reads the default VPC, or makes a new one with its group and gateway. One that was deleted stays deleted
// only until the next start, as this machine's networks are still there.
func defaultRecord(tx store.Tx) (*Vpc, error) {
	id, err := tx.Get(defaultKey)
	if err == nil {
		v, err := store.Read[Vpc](tx, vpcKeys+string(id.Value))
		if !errors.Is(err, store.ErrNotFound) {
			return &v, err
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	v := &Vpc{ID: newID("vpc"), Default: true}
	tx.Put(defaultKey, []byte(v.ID))
	g := Gateway{ID: newID("igw"), VPC: v.ID}
	if err := store.Write(tx, gatewayKeys+g.ID, g); err != nil {
		return nil, err
	}
	return v, writeGroup(tx, defaultGroup(v.ID))
}

// parts divides a network into four and takes three, one for each zone.
func parts(n netip.Prefix) []netip.Prefix {
	bits := n.Bits() + 2
	step := uint32(1) << (32 - bits)
	base := n.Addr().As4()
	first := uint32(base[0])<<24 | uint32(base[1])<<16 | uint32(base[2])<<8 | uint32(base[3])
	var all []netip.Prefix
	for i := range uint32(3) {
		at := first + i*step
		all = append(all, netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at)}), bits))
	}
	return all
}
