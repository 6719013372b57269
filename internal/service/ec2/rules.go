package ec2

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/store"
)

const maxRules = 200

// protocols are the names that rules may use beside numbers.
var protocols = map[string]string{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}

// bySource refuses the older way to name a source group, in which AWS takes no ports and, for egress, nothing at all ("Not supported. Use IP
// permissions instead", EC2 API reference, AuthorizeSecurityGroupEgress).
func bySource(name, owner *string) error {
	if name != nil || owner != nil {
		return fault("UnsupportedOperation", "Name the source group by its ID in IpPermissions.")
	}
	return nil
}

// rulesOf reads the rules of a request: of its permissions, or of the older single fields.
func (s *Service) rulesOf(tx store.Tx, permissions []ec2api.IpPermission, cidr, protocol *string, from, to *int64, tags map[string]string) ([]Rule, error) {
	if cidr != nil || protocol != nil {
		p := ec2api.IpPermission{IpProtocol: protocol, FromPort: from, ToPort: to}
		if cidr != nil {
			p.IpRanges = []ec2api.IpRange{{CidrIp: cidr}}
		}
		permissions = append(slices.Clone(permissions), p)
	}
	if len(permissions) == 0 {
		return nil, fault("MissingParameter", "The request must contain the parameter ipPermissions")
	}
	var all []Rule
	for i := range permissions {
		rules, err := s.rulesOfOne(tx, &permissions[i])
		if err != nil {
			return nil, err
		}
		all = append(all, rules...)
	}
	for i := range all {
		all[i].Tags = tags
	}
	return all, nil
}

// rulesOfOne makes a rule for each range and group of a permission.
func (s *Service) rulesOfOne(tx store.Tx, p *ec2api.IpPermission) ([]Rule, error) {
	base, err := ports(p)
	if err != nil {
		return nil, err
	}
	var rules []Rule
	add := func(description *string) *Rule {
		r := base
		r.ID, r.Description = newID("sgr"), value(description)
		rules = append(rules, r)
		return &rules[len(rules)-1]
	}
	addCIDR := func(text, description *string, v6 bool) error {
		cidr, err := netip.ParsePrefix(value(text))
		if err != nil || cidr.Addr().Is6() != v6 {
			return invalid("CIDR block %s is malformed", value(text))
		}
		add(description).CIDR = cidr.Masked().String()
		return nil
	}
	for _, r := range p.IpRanges {
		if err := addCIDR(r.CidrIp, r.Description, false); err != nil {
			return nil, err
		}
	}
	for _, r := range p.Ipv6Ranges {
		if err := addCIDR(r.CidrIpv6, r.Description, true); err != nil {
			return nil, err
		}
	}
	for i := range p.UserIdGroupPairs {
		g := &p.UserIdGroupPairs[i]
		other, err := s.pair(tx, g)
		if err != nil {
			return nil, err
		}
		add(g.Description).Group = other.ID
	}
	if len(p.PrefixListIds) > 0 {
		return nil, fault("InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist", value(p.PrefixListIds[0].PrefixListId))
	}
	if len(rules) == 0 {
		return nil, fault("MissingParameter", "A permission needs an address range or a group.")
	}
	return rules, nil
}

// pair finds the group that a permission names, by its ID or, in the default VPC, by its name. All else that names it must fit: who revokes
// a rule sends it as DescribeSecurityGroups has shown it.
func (s *Service) pair(tx store.Tx, g *ec2api.UserIdGroupPair) (*Group, error) {
	other, err := groupOf(tx, g.GroupId, g.GroupName)
	if err != nil {
		return nil, err
	}
	fits := func(asked *string, is string) bool { return asked == nil || *asked == "" || *asked == is }
	if !fits(g.UserId, s.Account) || !fits(g.VpcId, other.VPC) || !fits(g.GroupName, other.Name) {
		return nil, groups.missing(other.ID)
	}
	if g.VpcPeeringConnectionId != nil || g.PeeringStatus != nil {
		return nil, fault("UnsupportedOperation", "The VPCs of this inventory have no peering connections: name the group alone.")
	}
	return other, nil
}

// ports reads the protocol and the ports of a permission.
func ports(p *ec2api.IpPermission) (Rule, error) {
	protocol := strings.ToLower(value(p.IpProtocol))
	if name, ok := protocols[protocol]; ok {
		protocol = name
	}
	r := Rule{Protocol: protocol, From: -1, To: -1}
	switch protocol {
	case "":
		return r, fault("MissingParameter", "The request must contain the parameter ipProtocol")
	case "-1":
		return r, nil
	case "tcp", "udp":
		if p.FromPort == nil || p.ToPort == nil {
			return r, invalid("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
		}
		r.From, r.To = *p.FromPort, *p.ToPort
		if r.From == -1 && r.To == -1 {
			r.From, r.To = 0, 65535
		}
		if r.From < 0 || r.To > 65535 || r.From > r.To {
			return r, invalid("Invalid TCP/UDP port range (%d:%d)", r.From, r.To)
		}
		return r, nil
	case "icmp", "icmpv6":
		if p.FromPort != nil {
			r.From = *p.FromPort
		}
		if p.ToPort != nil {
			r.To = *p.ToPort
		}
		return r, nil
	}
	if n, err := strconv.Atoi(protocol); err != nil || n < 0 || n > 255 {
		return r, invalid("Invalid value '%s' for IP protocol. Unknown protocol.", protocol)
	}
	return r, nil
}

// same reports that two rules say the same.
func (r *Rule) same(o *Rule) bool {
	return r.Protocol == o.Protocol && r.From == o.From && r.To == o.To && r.CIDR == o.CIDR && r.Group == o.Group
}

// addRules adds rules that are not there yet.
func addRules(have, more []Rule) ([]Rule, error) {
	for i := range more {
		if slices.ContainsFunc(have, func(r Rule) bool { return r.same(&more[i]) }) {
			return nil, fault("InvalidPermission.Duplicate", "the specified rule \"peer: %s%s, %s, from port: %d, to port: %d, ALLOW\" already exists",
				more[i].CIDR, more[i].Group, more[i].Protocol, more[i].From, more[i].To)
		}
		have = append(have, more[i])
	}
	if len(have) > maxRules {
		return nil, fault("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
	}
	return have, nil
}

// dropRules removes rules by ID, or those that say the same as the given ones; one that is not there is an error.
func dropRules(have []Rule, ids []string, alike []Rule) (kept, gone []Rule, err error) {
	kept = slices.Clone(have)
	drop := func(is func(Rule) bool, name string) error {
		i := slices.IndexFunc(kept, is)
		if i < 0 {
			return fault("InvalidPermission.NotFound", "The specified rule does not exist in this security group: %s", name)
		}
		gone = append(gone, kept[i])
		kept = slices.Delete(kept, i, i+1)
		return nil
	}
	for _, id := range ids {
		if err := drop(func(r Rule) bool { return r.ID == id }, id); err != nil {
			return nil, nil, err
		}
	}
	for i := range alike {
		if err := drop(func(r Rule) bool { return r.same(&alike[i]) }, alike[i].Protocol+" "+alike[i].CIDR+alike[i].Group); err != nil {
			return nil, nil, err
		}
	}
	return kept, gone, nil
}

// permissions shows rules as EC2 does: those of the same ports together.
func (s *Service) permissions(rules []Rule) []ec2api.IpPermission {
	all := []ec2api.IpPermission{}
	for i := range rules {
		r := &rules[i]
		var p *ec2api.IpPermission
		for j := range all {
			if *all[j].IpProtocol == r.Protocol && (r.Protocol == "-1" || *all[j].FromPort == r.From && *all[j].ToPort == r.To) {
				p = &all[j]
			}
		}
		if p == nil {
			all = append(all, ec2api.IpPermission{IpProtocol: &r.Protocol, IpRanges: []ec2api.IpRange{}, Ipv6Ranges: []ec2api.Ipv6Range{}, UserIdGroupPairs: []ec2api.UserIdGroupPair{}, PrefixListIds: []ec2api.PrefixListId{}})
			p = &all[len(all)-1]
			if r.Protocol != "-1" {
				p.FromPort, p.ToPort = &r.From, &r.To
			}
		}
		var description *string
		if r.Description != "" {
			description = &r.Description
		}
		switch {
		case r.Group != "":
			p.UserIdGroupPairs = append(p.UserIdGroupPairs, ec2api.UserIdGroupPair{GroupId: &r.Group, UserId: &s.Account, Description: description})
		case strings.Contains(r.CIDR, ":"):
			p.Ipv6Ranges = append(p.Ipv6Ranges, ec2api.Ipv6Range{CidrIpv6: &r.CIDR, Description: description})
		default:
			p.IpRanges = append(p.IpRanges, ec2api.IpRange{CidrIp: &r.CIDR, Description: description})
		}
	}
	return all
}

// show describes rules one by one.
func (s *Service) show(g *Group, rules []Rule, egress bool) []ec2api.SecurityGroupRule {
	all := []ec2api.SecurityGroupRule{}
	for i := range rules {
		r := &rules[i]
		out := ec2api.SecurityGroupRule{
			SecurityGroupRuleId: &r.ID, GroupId: &g.ID, GroupOwnerId: &s.Account, IsEgress: ptr(egress), IpProtocol: &r.Protocol, FromPort: &r.From, ToPort: &r.To,
			Tags: tagList(r.Tags), SecurityGroupRuleArn: ptr("arn:" + s.Partition + ":ec2:" + s.Region + ":" + s.Account + ":security-group-rule/" + r.ID),
		}
		switch {
		case r.Group != "":
			out.ReferencedGroupInfo = &ec2api.ReferencedSecurityGroup{GroupId: &r.Group, UserId: &s.Account}
		case strings.Contains(r.CIDR, ":"):
			out.CidrIpv6 = &r.CIDR
		default:
			out.CidrIpv4 = &r.CIDR
		}
		all = append(all, out)
	}
	return all
}

// showGone describes rules that were revoked.
func showGone(g *Group, rules []Rule, egress bool) []ec2api.RevokedSecurityGroupRule {
	all := []ec2api.RevokedSecurityGroupRule{}
	for i := range rules {
		r := &rules[i]
		out := ec2api.RevokedSecurityGroupRule{SecurityGroupRuleId: &r.ID, GroupId: &g.ID, IsEgress: ptr(egress), IpProtocol: &r.Protocol, FromPort: &r.From, ToPort: &r.To}
		switch {
		case r.Group != "":
			out.ReferencedGroupId = &r.Group
		case strings.Contains(r.CIDR, ":"):
			out.CidrIpv6 = &r.CIDR
		default:
			out.CidrIpv4 = &r.CIDR
		}
		all = append(all, out)
	}
	return all
}
