package ec2

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

func newStore(t *testing.T) store.Store {
	t.Helper()
	s := storetest.Retried(etcdtest.Private(t))
	return s
}

// TestEgressDecidesWhatIsReached: an instance opens connections only where its groups let it.
func TestEgressDecidesWhatIsReached(t *testing.T) {
	s := newStore(t)
	n := &Network{Store: s}
	_, err := s.Update(t.Context(), func(tx store.Tx) error {
		for _, g := range []*Group{
			{ID: "sg-open", Egress: openEgress()},
			{ID: "sg-shut"},
			{ID: "sg-db", Egress: []Rule{{Protocol: "tcp", From: 5432, To: 5440, CIDR: "10.1.0.0/16"}, {Protocol: "udp", From: 0, To: 65535, CIDR: "0.0.0.0/0"}, {Protocol: "tcp", From: 3306, To: 3306, Group: "sg-members"}}},
			{ID: "sg-members"},
		} {
			if err := writeGroup(tx, g); err != nil {
				return err
			}
		}
		return store.Write(tx, nicKeys+"eni-1", NIC{ID: "eni-1", Address: "192.168.7.9", Groups: []string{"sg-members"}})
	})
	require.NoError(t, err)
	for _, c := range []struct {
		groups []string
		to     string
		ok     bool
	}{
		{[]string{"sg-open"}, "203.0.113.1:22", true},
		{[]string{"sg-open"}, "[2001:db8::1]:22", true},
		{[]string{"sg-shut"}, "203.0.113.1:22", false},
		{[]string{"sg-gone"}, "203.0.113.1:22", false},
		{nil, "203.0.113.1:22", false},
		{[]string{"sg-db"}, "10.1.2.3:5432", true},
		{[]string{"sg-db"}, "[::ffff:10.1.2.3]:5432", true},
		{[]string{"sg-db"}, "10.1.2.3:5441", false},
		{[]string{"sg-db"}, "10.2.2.3:5432", false},
		{[]string{"sg-db"}, "192.168.7.9:3306", true},
		{[]string{"sg-db"}, "192.168.7.8:3306", false},
		{[]string{"sg-shut", "sg-db"}, "10.1.2.3:5432", true},
	} {
		to := netip.MustParseAddrPort(c.to)
		open, err := n.Egress(t.Context(), c.groups)
		require.NoError(t, err)
		require.Equal(t, c.ok, slices.ContainsFunc(open, func(e instance.Egress) bool {
			return e.To.Contains(to.Addr().Unmap()) && e.First <= to.Port() && to.Port() <= e.Last
		}), "%v %s as a list: %v", c.groups, c.to, open)
		err = n.MayReach(t.Context(), c.groups, to)
		if c.ok {
			require.NoError(t, err, "%v %s", c.groups, c.to)
			continue
		}
		var unreachable *UnreachableError
		require.ErrorAs(t, err, &unreachable, "%v %s", c.groups, c.to)
	}
}

// TestTheDefaultVPCIsMadeOnceAndGrows with the machine's networks.
func TestTheDefaultVPCIsMadeOnceAndGrows(t *testing.T) {
	s := newStore(t)
	first := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	for range 2 {
		require.NoError(t, EnsureDefault(t.Context(), s, "eu-central-1", first))
	}
	all, err := every[Subnet](outside{t.Context(), s}, subnets)
	require.NoError(t, err)
	require.Len(t, all, 3)
	zones := map[string]string{}
	for _, n := range all {
		zones[n.Zone] = n.CIDR
	}
	require.Equal(t, map[string]string{"eu-central-1a": "10.0.0.0/26", "eu-central-1b": "10.0.0.64/26", "eu-central-1c": "10.0.0.128/26"}, zones)
	require.NoError(t, EnsureDefault(t.Context(), s, "eu-central-1", append(first, netip.MustParsePrefix("172.16.0.0/16"))))
	vs, err := every[Vpc](outside{t.Context(), s}, vpcs)
	require.NoError(t, err)
	require.Len(t, vs, 1)
	require.Equal(t, []string{"10.0.0.0/24", "172.16.0.0/16"}, vs[0].CIDRs)
}

// TestTwoNamesAreNoWayAround: a request that calls the server by the names of two endpoints gets neither's rights.
func TestTwoNamesAreNoWayAround(t *testing.T) {
	s := newStore(t)
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e, err := OpenEndpoints(ctx, s, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	_, err = store.Following(s, e.Follower()).Update(ctx, func(tx store.Tx) error {
		for _, id := range []string{"vpce-1", "vpce-2"} {
			if err := store.Write(tx, endpointKeys+id, VPCEndpoint{ID: id, Names: []string{id + ".dms.example.com"}, Groups: []string{"sg-1"}, Service: "dms"}); err != nil {
				return err
			}
		}
		return writeGroup(tx, &Group{ID: "sg-1", Ingress: []Rule{{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/8"}}})
	})
	require.NoError(t, err)
	source := &service.Source{IP: netip.MustParseAddr("10.0.0.1")}
	got, err := e.Endpoint([]string{"VPCE-1.dms.example.com:8443", "vpce-1.dms.example.com"}, netip.Addr{}, source)
	require.NoError(t, err)
	require.Equal(t, "vpce-1", got.ID)
	_, err = e.Endpoint([]string{"vpce-1.dms.example.com", "vpce-2.dms.example.com"}, netip.Addr{}, source)
	require.ErrorContains(t, err, "two VPC endpoints")
	_, err = e.Endpoint([]string{"vpce-1.dms.example.com"}, netip.Addr{}, &service.Source{IP: netip.MustParseAddr("192.0.2.1")})
	require.ErrorContains(t, err, "no security group")
	got, err = e.Endpoint([]string{"localhost:8443"}, netip.Addr{}, source)
	require.NoError(t, err)
	require.Nil(t, got)
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		ok            bool
	}{
		{"", "", true}, {"*", "", true}, {"a*", "abc", true}, {"*c", "abc", true}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{`a\*`, "a*", true}, {`a\*`, "ab", false}, {"*b*", "abc", true}, {"*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	} {
		require.Equal(t, c.ok, like(c.pattern, c.text), "%q %q", c.pattern, c.text)
	}
}

// TestIPv6 has blocks and addresses of both families in the inventory, and rules that know them apart.
func TestIPv6(t *testing.T) {
	s := newStore(t)
	home := []netip.Prefix{netip.MustParsePrefix("2001:db8:1::/48"), netip.MustParsePrefix("fd00:7::/64"), netip.MustParsePrefix("10.0.0.0/24")}
	for range 2 { // at every start
		require.NoError(t, EnsureDefault(t.Context(), s, "eu-central-1", home))
	}
	nets, err := every[Subnet](outside{t.Context(), s}, subnets)
	require.NoError(t, err)
	blocks := map[string]string{}
	for _, n := range nets {
		blocks[n.Zone] = n.IPv6
	}
	require.Equal(t, map[string]string{"eu-central-1a": "2001:db8:1::/64", "eu-central-1b": "2001:db8:1:1::/64", "eu-central-1c": "2001:db8:1:2::/64"}, blocks)

	made, err := New(Config{Store: s, Partition: "aws", Account: "111122223333", Region: "eu-central-1"})
	require.NoError(t, err)
	do := func(name string, in any) (any, error) {
		op := ec2api.Service.Operation(name)
		return made.Operation(name).Do(t.Context(), &service.Call{Service: &ec2api.Service, Operation: op, Region: "eu-central-1", Account: "111122223333", Partition: "aws"}, in)
	}
	out, err := do("CreateVpc", &ec2api.CreateVpcRequest{CidrBlock: new("10.9.0.0/16"), Ipv6CidrBlock: new("2001:db8:9::/56")})
	require.NoError(t, err)
	vpc := out.(*ec2api.CreateVpcResult).Vpc
	require.Equal(t, "2001:db8:9::/56", *vpc.Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock)
	out, err = do("CreateVpc", &ec2api.CreateVpcRequest{CidrBlock: new("10.9.0.0/16"), AmazonProvidedIpv6CidrBlock: new(true)})
	require.NoError(t, err)
	provided := netip.MustParsePrefix(*out.(*ec2api.CreateVpcResult).Vpc.Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock)
	require.True(t, provided.Addr().IsPrivate() && provided.Bits() == 56, provided)
	subnet := func(v4, v6 string) (*ec2api.Subnet, error) {
		out, err := do("CreateSubnet", &ec2api.CreateSubnetRequest{VpcId: vpc.VpcId, CidrBlock: &v4, Ipv6CidrBlock: &v6})
		if err != nil {
			return nil, err
		}
		return out.(*ec2api.CreateSubnetResult).Subnet, nil
	}
	net, err := subnet("10.9.1.0/24", "2001:db8:9:1::/64")
	require.NoError(t, err)
	require.Equal(t, "2001:db8:9:1::/64", *net.Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock)
	for v6, want := range map[string]string{
		"2001:db8:9:1::/64": "InvalidSubnet.Conflict", "2001:db8:8::/64": "InvalidSubnet.Range", "2001:db8:9:2::1/64": "2001:db8:9:2::/64 would be right",
		"2001:db8:9:2::/66": "between /44 and /64", "10.9.2.0/24": "not a valid IPv6 CIDR block", "::ffff:10.9.0.0/112": "not a valid IPv6 CIDR block",
	} {
		_, err := subnet("10.9.2.0/24", v6)
		require.ErrorContains(t, err, want, v6)
	}
	out, err = do("CreateSecurityGroup", &ec2api.CreateSecurityGroupRequest{GroupName: new("g"), Description: new("g"), VpcId: vpc.VpcId})
	require.NoError(t, err)
	group := out.(*ec2api.CreateSecurityGroupResult).GroupId
	card := func(in ec2api.CreateNetworkInterfaceRequest) (*ec2api.NetworkInterface, error) {
		in.SubnetId, in.Groups = net.SubnetId, []string{*group}
		out, err := do("CreateNetworkInterface", &in)
		if err != nil {
			return nil, err
		}
		return out.(*ec2api.CreateNetworkInterfaceResult).NetworkInterface, nil
	}
	chosen, err := card(ec2api.CreateNetworkInterfaceRequest{Ipv6Addresses: []ec2api.InstanceIpv6Address{{Ipv6Address: new("2001:db8:9:1:0:0:0:4")}}})
	require.NoError(t, err)
	require.Equal(t, "2001:db8:9:1::4", *chosen.Ipv6Addresses[0].Ipv6Address)
	found, err := card(ec2api.CreateNetworkInterfaceRequest{Ipv6AddressCount: new(int64(2))})
	require.NoError(t, err)
	require.Equal(t, "2001:db8:9:1::6", *found.Ipv6Addresses[1].Ipv6Address)
	for address, want := range map[string]string{"2001:db8:9:1::5": "InvalidIPAddress.InUse", "2001:db8:9:2::5": "does not fall within", "x": "does not fall within"} {
		_, err = card(ec2api.CreateNetworkInterfaceRequest{Ipv6Addresses: []ec2api.InstanceIpv6Address{{Ipv6Address: &address}}})
		require.ErrorContains(t, err, want)
	}

	// Rules of IPv6 ranges, and of groups by their members' addresses.
	_, err = s.Update(t.Context(), func(tx store.Tx) error {
		return writeGroup(tx, &Group{ID: "sg-six", Egress: []Rule{{Protocol: "tcp", From: 5432, To: 5432, CIDR: "2001:db8:5::/48"}, {Protocol: "tcp", From: 3306, To: 3306, Group: *group}}})
	})
	require.NoError(t, err)
	n := &Network{Store: s}
	for to, ok := range map[string]bool{
		"[2001:db8:5::9]:5432": true, "[2001:db8:5::9]:5433": false, "[2001:db8:6::9]:5432": false, "10.0.0.1:5432": false,
		"[2001:db8:9:1::6]:3306": true, "[2001:db8:9:1::7]:3306": false, *found.PrivateIpAddress + ":3306": true,
	} {
		err := n.MayReach(t.Context(), []string{"sg-six"}, netip.MustParseAddrPort(to))
		require.Equal(t, ok, err == nil, "%s: %v", to, err)
	}
	open, err := n.Egress(t.Context(), []string{"sg-six"})
	require.NoError(t, err)
	require.Contains(t, open, instance.Egress{To: netip.MustParsePrefix("2001:db8:9:1::6/128"), First: 3306, Last: 3306})
}

// TestAnEndpointKnowsItsAddresses: by the address where a request arrived, of either family, and by the source's.
func TestAnEndpointKnowsItsAddresses(t *testing.T) {
	s := newStore(t)
	ctx, end := context.WithCancel(t.Context())
	defer end()
	e, err := OpenEndpoints(ctx, s, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	_, err = store.Following(s, e.Follower()).Update(ctx, func(tx store.Tx) error {
		if err := store.Write(tx, endpointKeys+"vpce-1", VPCEndpoint{ID: "vpce-1", Names: []string{"n"}, Addresses: []string{"10.0.0.7", "2001:db8::7"}, Groups: []string{"sg-1"}, Service: "dms"}); err != nil {
			return err
		}
		return writeGroup(tx, &Group{ID: "sg-1", Ingress: []Rule{{Protocol: "tcp", From: 443, To: 443, CIDR: "2001:db8:1::/48"}}})
	})
	require.NoError(t, err)
	in, out := &service.Source{IP: netip.MustParseAddr("2001:db8:1::1")}, &service.Source{IP: netip.MustParseAddr("2001:db8:2::1")}
	for _, local := range []string{"10.0.0.7", "2001:db8::7"} {
		got, err := e.Endpoint([]string{"localhost"}, netip.MustParseAddr(local), in)
		require.NoError(t, err)
		require.Equal(t, "vpce-1", got.ID)
		_, err = e.Endpoint([]string{"localhost"}, netip.MustParseAddr(local), out)
		require.ErrorContains(t, err, "lets tcp traffic from 2001:db8:2::1")
	}
	got, err := e.Endpoint([]string{"localhost"}, netip.MustParseAddr("10.0.0.8"), in)
	require.NoError(t, err)
	require.Nil(t, got)
}
