package identity

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/policy"
)

// ServiceRoles answer what a service of AWS may do in the roles of the account.
type ServiceRoles struct {
	Directory *Directory
	Region    string
	Now       func() time.Time
}

// Lets answers, in words for the caller, why a service may not do something in a role; nil if it may: the role's trust
// policy must let the service assume it for the resource named source, and its policies must allow the actions on their
// resources.
func (s ServiceRoles) Lets(_ context.Context, role, name, source string, what map[string][]string) error {
	d := s.Directory
	r, ok := d.RoleByARN(role)
	if !ok {
		return errors.New("There is no such role: make it, with a trust policy that lets " + name + " assume it.")
	}
	trust, err := policy.Parse(r.Trust, policy.Trust, 0)
	if err != nil {
		return fmt.Errorf("read the trust policy of %s: %w", role, err)
	}
	who := policy.Principal{Type: policy.Service, Service: name}
	keys := (&policy.Environment{Time: s.Now(), TLS: true, Region: s.Region, ResourceAccount: d.account}).Keys(&who)
	keys.Set("aws:SourceAccount", d.account)
	keys.Set("aws:SourceArn", source)
	assume := &policy.Request{Action: "sts:AssumeRole", Resource: role, Principal: who, NeedsResourcePolicy: true, Keys: keys}
	if !policy.Decide(&policy.Policies{Resource: trust, Trust: true}, assume).Allowed {
		return fmt.Errorf("Its trust policy does not let %s assume it for %s.", name, source) //nolint:staticcheck // a sentence of a message
	}
	session := d.PrincipalOfRole(r, "dms-session")
	own, err := d.Speak(session)
	if err != nil {
		return fmt.Errorf("gather the policies of %s: %w", role, err)
	}
	as := policy.Principal{Type: policy.Role, Account: d.account, ARN: session.ARN, RoleARN: role, ServiceLinked: r.ServiceLinked}
	keys = (&policy.Environment{Time: s.Now(), TLS: true, Region: s.Region, ResourceAccount: d.account, PrincipalTags: r.Tags}).Keys(&as)
	for _, action := range slices.Sorted(maps.Keys(what)) {
		for _, resource := range what[action] {
			if !policy.Decide(own, &policy.Request{Action: action, Resource: resource, Principal: as, Keys: keys}).Allowed {
				return fmt.Errorf("Its policies do not allow %s on %s.", action, resource) //nolint:staticcheck // a sentence of a message
			}
		}
	}
	return nil
}
