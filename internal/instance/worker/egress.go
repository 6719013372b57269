package worker

import (
	"fmt"
	"net/netip"
	"syscall"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/instance"
)

// egress is what net.Dialer asks before it connects: addresses that no rule of the instance's security groups covers are
// refused, and so is what is no TCP at all.
func egress(rules []instance.Egress) func(network, address string, c syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		if network != "tcp" && network != "tcp4" && network != "tcp6" {
			return refused(network, address)
		}
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return refused(network, address)
		}
		ip := to.Addr().Unmap().WithZone("")
		for _, r := range rules {
			if r.To.Contains(ip) && r.First <= to.Port() && to.Port() <= r.Last {
				return nil
			}
		}
		return refused("tcp", netip.AddrPortFrom(ip, to.Port()).String())
	}
}

func refused(network, address string) error {
	return &connector.Error{
		Class:  connector.Denied,
		Err:    fmt.Errorf("no egress rule of the security groups of the replication instance lets %s traffic to %s through", network, address),
		Remedy: "authorize it in one of its groups: aws ec2 authorize-security-group-egress",
	}
}
