package identity

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Speak gathers the policies that speak for a principal, compiled. The answer is shared and not to be altered. A policy
// that is named but is not there, or cannot be read, is an error: with a part of them missing no decision is right.
func (d *Directory) Speak(p *service.Principal) (*policy.Policies, error) {
	own, err := d.compiled.of(d, p)
	if err != nil || p.Session == nil {
		return own, err
	}
	session, err := d.session(p.Session)
	if err != nil {
		return nil, err
	}
	all := *own
	all.Session = session
	return &all, nil
}

// session compiles the policies that a session was made with. A federated user's session without any may do nothing,
// which the decision knows.
func (d *Directory) session(s *service.Session) ([]*policy.Policy, error) {
	var all []*policy.Policy
	if s.Policy != "" {
		p, err := d.compiled.document("", s.Policy)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	for _, arn := range s.PolicyARNs {
		p, err := d.managed(arn)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// compiled remembers compiled documents, and what was gathered for an identity until anything changes.
type compiled struct {
	sync.Mutex
	documents map[[2]string]*policy.Policy // by name and text
	changes   int64
	gathered  map[string]*policy.Policies
}

// of gathers the lasting policies of an identity.
func (c *compiled) of(d *Directory, p *service.Principal) (*policy.Policies, error) {
	now := d.changes.Load()
	key := string(p.Kind) + p.IdentityARN()
	if p.Kind == service.FederatedUser {
		key += "\x00" + p.Name
	}
	c.Lock()
	if c.changes != now {
		c.gathered, c.changes = map[string]*policy.Policies{}, now
	}
	known := c.gathered[key]
	c.Unlock()
	if known != nil {
		return known, nil
	}
	all, err := d.gather(p)
	if err != nil {
		return nil, err
	}
	c.Lock()
	defer c.Unlock()
	if c.changes == now {
		if len(c.gathered) >= remembered {
			c.gathered = map[string]*policy.Policies{}
		}
		c.gathered[key] = all
	}
	return all, nil
}

func (c *compiled) document(name, text string) (*policy.Policy, error) {
	key := [2]string{name, text}
	c.Lock()
	p := c.documents[key]
	c.Unlock()
	if p != nil {
		return p, nil
	}
	p, err := policy.Parse(text, policy.Identity, 0)
	if err != nil {
		return nil, fmt.Errorf("read the policy %s: %w", name, err)
	}
	p.Name = name
	c.Lock()
	defer c.Unlock()
	if c.documents == nil || len(c.documents) >= remembered {
		c.documents = map[[2]string]*policy.Policy{}
	}
	c.documents[key] = p
	return p, nil
}

func (d *Directory) gather(p *service.Principal) (*policy.Policies, error) {
	all := &policy.Policies{ServiceControl: d.control}
	var err error
	switch p.Kind {
	case service.Root, service.Anonymous:
		return all, nil
	case service.AssumedRole:
		r, ok := d.Role(p.Name)
		if !ok {
			return nil, fmt.Errorf("there is no role %s", p.Name)
		}
		if all.Identity, err = d.add(nil, r.Policies); err != nil {
			return nil, err
		}
		all.Boundary, err = d.boundary(r.Boundary)
		return all, err
	}
	u, ok := d.User(p.Name)
	if !ok {
		return nil, fmt.Errorf("there is no user %s", p.Name)
	}
	if all.Identity, err = d.add(nil, u.Policies); err != nil {
		return nil, err
	}
	for _, name := range u.Groups {
		if g, ok := d.Group(name); ok {
			if all.Identity, err = d.add(all.Identity, g.Policies); err != nil {
				return nil, err
			}
		}
	}
	all.Boundary, err = d.boundary(u.Boundary)
	return all, err
}

func (d *Directory) add(all []*policy.Policy, more Policies) ([]*policy.Policy, error) {
	for _, name := range slices.Sorted(maps.Keys(more.Inline)) {
		p, err := d.compiled.document(name, more.Inline[name])
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	for _, arn := range more.Attached {
		p, err := d.managed(arn)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func (d *Directory) boundary(arn string) (*policy.Policy, error) {
	if arn == "" {
		return nil, nil //nolint:nilnil // no boundary is what a nil policy says
	}
	return d.managed(arn)
}

// managed compiles the version in force of a managed policy, AWS's or a customer's.
func (d *Directory) managed(arn string) (*policy.Policy, error) {
	if aws, ok := AWSManaged(arn); ok {
		return d.compiled.document(arn, aws.Document)
	}
	m, ok := find(d, &d.mu.policies, PolicyKey(NameOf(arn)))
	if !ok || d.ARN("policy", m.Path, m.Name) != arn {
		return nil, fmt.Errorf("there is no policy %s", arn)
	}
	for _, v := range m.Versions {
		if v.ID == m.Default {
			return d.compiled.document(arn, v.Document)
		}
	}
	return nil, fmt.Errorf("the policy %s has no version %s", arn, m.Default)
}

// HasManaged reports whether there is such a managed policy.
func (d *Directory) HasManaged(arn string) bool {
	_, err := d.managed(arn)
	return err == nil
}
