package ec2

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Endpoints is the picture of all VPC endpoints in memory, for the edge: which one did a request come through, and do its
// security groups let it in?
type Endpoints struct {
	own      func() []netip.Addr // addresses of this machine
	follower *store.Follower

	mu struct {
		sync.RWMutex
		endpoints map[string]*VPCEndpoint
		groups    map[string]*Group
		nics      map[string]*NIC
		names     map[string]*VPCEndpoint // by DNS name and by own address
	}
}

// httpsPort is what the security groups of endpoints must let in, as AWS's manual has it, whatever port the server is on.
const httpsPort = 443

// OpenEndpoints makes the picture, true until the context ends.
func OpenEndpoints(ctx context.Context, s store.Store, log *slog.Logger) (*Endpoints, error) {
	e := &Endpoints{own: ownAddresses}
	f, err := store.Follow(ctx, s, prefix, log, e.reset, e.apply)
	if err != nil {
		return nil, fmt.Errorf("open the VPC endpoints: %w", err)
	}
	e.follower = f
	return e, nil
}

// Follower lets a store wait until the endpoints show what it wrote.
func (e *Endpoints) Follower() *store.Follower { return e.follower }

func (e *Endpoints) reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mu.endpoints, e.mu.groups, e.mu.nics, e.mu.names = map[string]*VPCEndpoint{}, map[string]*Group{}, map[string]*NIC{}, map[string]*VPCEndpoint{}
}

func (e *Endpoints) apply(events []store.Event) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var first error
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	for _, ev := range events {
		switch {
		case strings.HasPrefix(ev.Key, endpointKeys):
			keep(store.Keep(e.mu.endpoints, ev))
		case strings.HasPrefix(ev.Key, groupKeys):
			keep(store.Keep(e.mu.groups, ev))
		case strings.HasPrefix(ev.Key, nicKeys):
			keep(store.Keep(e.mu.nics, ev))
		}
	}
	e.mu.names = map[string]*VPCEndpoint{}
	for _, p := range e.mu.endpoints {
		for _, n := range slices.Concat(p.Names, p.Addresses) {
			e.mu.names[n] = p
		}
		if p.PrivateName != "" {
			e.mu.names[p.PrivateName] = p
		}
	}
	return first
}

// Endpoint finds the endpoint that a request came through: by a name it called the server (TLS server name, Host), or by
// the address where it arrived. Names that lead to different endpoints, and sources that its groups do not let in, are
// refused.
func (e *Endpoints) Endpoint(names []string, local netip.Addr, source *service.Source) (*service.Endpoint, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if len(e.mu.endpoints) == 0 {
		return nil, nil //nolint:nilnil // the request came through none
	}
	var found *VPCEndpoint
	for _, name := range append(names, local.String()) {
		if host, _, err := net.SplitHostPort(name); err == nil {
			name = host
		}
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		p := e.mu.names[name]
		if p == nil {
			for _, prefix := range service.HostPrefixes {
				if whole, ok := strings.CutPrefix(name, prefix); ok && p == nil {
					p = e.mu.names[whole]
				}
			}
		}
		if p == nil {
			continue
		}
		if found != nil && found != p {
			return nil, fmt.Errorf("the request calls the server by the names of two VPC endpoints, %s and %s", found.ID, p.ID)
		}
		found = p
	}
	if found == nil {
		return nil, nil //nolint:nilnil // the request came through none
	}
	return e.enter(found, source)
}

// ByID finds an endpoint by its ID, as a call from this source goes through it: nil if there is none.
func (e *Endpoints) ByID(id string, source *service.Source) (*service.Endpoint, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	found := e.mu.endpoints[endpointKeys+id]
	if found == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	return e.enter(found, source)
}

// enter asks the endpoint's security groups.
func (e *Endpoints) enter(found *VPCEndpoint, source *service.Source) (*service.Endpoint, error) {
	for _, id := range found.Groups {
		if g := e.mu.groups[groupKeys+id]; g != nil && passes(g.Ingress, source.IP, httpsPort, e.member) {
			return &service.Endpoint{ID: found.ID, VPC: found.VPC, Policy: found.Policy, Service: found.Service}, nil
		}
	}
	return nil, fmt.Errorf("no security group of the VPC endpoint %s lets tcp traffic from %s to port %d in", found.ID, source.IP, httpsPort)
}

// member reports that an address belongs to a group: to an interface in it, or, for default groups, to this machine, which
// every default VPC describes.
func (e *Endpoints) member(group string, ip netip.Addr) bool {
	for _, n := range e.mu.nics {
		if n.has(ip) && slices.Contains(n.Groups, group) {
			return true
		}
	}
	g := e.mu.groups[groupKeys+group]
	return g != nil && g.Name == "default" && (ip.IsLoopback() || slices.Contains(e.own(), ip))
}

func ownAddresses() []netip.Addr {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var all []netip.Addr
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			all = append(all, p.Addr().Unmap())
		}
	}
	return all
}
