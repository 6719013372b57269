package policy

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMessages are AWS's texts for every kind of policy.
func TestMessages(t *testing.T) {
	const caller = "arn:aws:sts::111122223333:assumed-role/dba/s1"
	const task = "arn:aws:dms:eu-west-2:111122223333:task:T1"
	const start = "User: " + caller + " is not authorized to perform: dms:StartReplicationTask on resource: " + task + " "
	named := &Policy{Name: "arn:aws:iam::111122223333:policy/p"}
	for want, d := range map[string]Decision{
		"because no identity-based policy allows the dms:StartReplicationTask action":            {Source: IdentityBased},
		"with an explicit deny in an identity-based policy":                                      {Source: IdentityBased, Explicit: true, Policy: &Policy{Name: "inline"}},
		"with an explicit deny in an identity-based policy: arn:aws:iam::111122223333:policy/p":  {Source: IdentityBased, Explicit: true, Policy: named},
		"because no resource-based policy allows the dms:StartReplicationTask action":            {Source: ResourceBased},
		"with an explicit deny in a resource-based policy":                                       {Source: ResourceBased, Explicit: true, Policy: named},
		"because no permissions boundary allows the dms:StartReplicationTask action":             {Source: Boundary},
		"with an explicit deny in a permissions boundary: arn:aws:iam::111122223333:policy/p":    {Source: Boundary, Explicit: true, Policy: named},
		"because no session policy allows the dms:StartReplicationTask action":                   {Source: SessionPolicy},
		"with an explicit deny in a session policy":                                              {Source: SessionPolicy, Explicit: true},
		"because no service control policy allows the dms:StartReplicationTask action":           {Source: ServiceControl},
		"with an explicit deny in a service control policy: arn:aws:iam::111122223333:policy/p":  {Source: ServiceControl, Explicit: true, Policy: named},
		"with an explicit deny in a resource control policy: arn:aws:iam::111122223333:policy/p": {Source: ResourceControl, Explicit: true, Policy: named},
		"because no VPC endpoint policy allows the dms:StartReplicationTask action":              {Source: VPCEndpoint},
		"with an explicit deny in a VPC endpoint policy":                                         {Source: VPCEndpoint, Explicit: true, Policy: named},
		"because no role trust policy allows the dms:StartReplicationTask action":                {Source: RoleTrust},
		"with an explicit deny in the role trust policy":                                         {Source: RoleTrust, Explicit: true},
	} {
		require.Equal(t, start+want, d.Message(caller, "dms:StartReplicationTask", task))
	}
	require.Equal(t, "User: "+caller+" is not authorized to perform: dms:ListDataProviders because no identity-based policy allows the dms:ListDataProviders action",
		Decision{Source: IdentityBased}.Message(caller, "dms:ListDataProviders", "*"))
}
