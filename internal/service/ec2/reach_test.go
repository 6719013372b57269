package ec2

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd"
)

func newStore(t *testing.T) store.Store {
	t.Helper()
	s, err := etcd.Embed(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
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
