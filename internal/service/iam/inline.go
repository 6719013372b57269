package iam

import (
	"errors"
	"maps"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/policy"
)

// holderKind is what differs among users, groups and roles in what concerns their policies.
type holderKind struct {
	name        string
	inlineLimit int // characters of all inline policies together
}

var (
	userKind  = holderKind{"user", policy.LimitUserInline}
	groupKind = holderKind{"group", policy.LimitGroupInline}
	roleKind  = holderKind{"role", policy.LimitRoleInline}
)

// putInline adds or replaces an inline policy.
func (k holderKind) putInline(p *identity.Policies, owner, name, document string) error {
	if _, err := policy.Parse(document, policy.Identity, 0); err != nil {
		return policyError(err)
	}
	size := policy.Size(document)
	for other, text := range p.Inline {
		if other != name {
			size += policy.Size(text)
		}
	}
	if size > k.inlineLimit {
		return fault("LimitExceededException", "Maximum policy size of %d bytes exceeded for %s %s", k.inlineLimit, k.name, owner)
	}
	if p.Inline == nil {
		p.Inline = map[string]string{}
	}
	p.Inline[name] = document
	return nil
}

func (k holderKind) inline(p *identity.Policies, name string) (string, error) {
	document, ok := p.Inline[name]
	if !ok {
		return "", missing("The %s policy with name %s cannot be found.", k.name, name)
	}
	return document, nil
}

func (k holderKind) deleteInline(p *identity.Policies, name string) error {
	_, err := k.inline(p, name)
	delete(p.Inline, name)
	return err
}

func inlineNames(p *identity.Policies) []string { return slices.Sorted(maps.Keys(p.Inline)) }

// empty answers the conflict of something that is to be deleted while it still has policies.
func empty(p *identity.Policies) error {
	switch {
	case len(p.Attached) > 0:
		return conflict("must detach all policies first.")
	case len(p.Inline) > 0:
		return conflict("must delete policies first.")
	}
	return nil
}

const maxAttached = 10

// attach adds a managed policy.
func (s *Service) attach(from getter, k holderKind, p *identity.Policies, arn string) error {
	if err := s.attachable(from, arn, k); err != nil {
		return err
	}
	if slices.Contains(p.Attached, arn) {
		return nil
	}
	if len(p.Attached) >= maxAttached {
		return tooMany("PoliciesPer"+map[string]string{"user": "User", "group": "Group", "role": "Role"}[k.name], maxAttached)
	}
	p.Attached = append(p.Attached, arn)
	slices.Sort(p.Attached)
	return nil
}

func detach(p *identity.Policies, arn string) error {
	at := slices.Index(p.Attached, arn)
	if at < 0 {
		return missing("Policy %s was not found.", arn)
	}
	p.Attached = slices.Delete(p.Attached, at, at+1)
	return nil
}

// attachable reports that a managed policy is there and may be attached.
func (s *Service) attachable(from getter, arn string, k holderKind) error {
	if p, ok := identity.AWSManaged(arn); ok {
		if p.ServiceLinked {
			return fault("PolicyNotAttachableException", "Cannot attach a Service Role Policy to a Customer %s.", map[string]string{"user": "User", "group": "Group", "role": "Role"}[k.name])
		}
		return nil
	}
	_, err := s.policy(from, arn)
	if refused := (*wire.Error)(nil); errors.As(err, &refused) {
		return missing("Policy %s does not exist or is not attachable.", arn)
	}
	return err
}
