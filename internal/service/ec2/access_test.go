package ec2

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

const (
	here       = "arn:aws:ec2:eu-central-1:111122223333:"
	network    = here + "vpc/vpc-1"
	netInIt    = here + "subnet/subnet-1"
	groupInIt  = here + "security-group/sg-1"
	cardInIt   = here + "network-interface/eni-1"
	everyGroup = here + "security-group/*"
)

// inventory is the service with a default VPC vpc-1 and a subnet, a group and an interface in it, all of production.
func inventory(t *testing.T) (asks func(ctx context.Context, name string, in any) []service.Check, st store.Store) {
	t.Helper()
	st = newStore(t)
	prod := map[string]string{"stage": "prod"}
	_, err := st.Update(t.Context(), func(tx store.Tx) error {
		tx.Put(defaultKey, []byte("vpc-1"))
		for key, v := range map[string]any{
			vpcKeys + "vpc-1":       Vpc{ID: "vpc-1", Tags: prod},
			subnetKeys + "subnet-1": Subnet{ID: "subnet-1", VPC: "vpc-1", Tags: prod},
			groupKeys + "sg-1":      Group{ID: "sg-1", Name: "db", VPC: "vpc-1", Tags: prod},
			groupKeys + "sg-2":      Group{ID: "sg-2", Name: "db", VPC: "vpc-2"},
			nicKeys + "eni-1":       NIC{ID: "eni-1", VPC: "vpc-1", Subnet: "subnet-1", Tags: prod},
		} {
			if err := store.Write(tx, key, v); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	made, err := New(Config{Store: st, Partition: "aws", Account: "111122223333", Region: "eu-central-1"})
	require.NoError(t, err)
	return func(ctx context.Context, name string, in any) []service.Check {
		call := &service.Call{
			Service: &ec2api.Service, Operation: ec2api.Service.Operation(name), Partition: "aws", Region: "eu-central-1", Account: "111122223333", Principal: &service.Principal{},
		}
		checks, err := made.Operation(name).Access(ctx, call, in)
		require.NoError(t, err)
		return checks
	}, st
}

// TestAGroupIsAskedAboutByWhicheverName: what binds a group binds who names it by its name in the default VPC, as by its ID.
func TestAGroupIsAskedAboutByWhicheverName(t *testing.T) {
	asks, st := inventory(t)
	for name, in := range map[string]func(id, name *string) any{
		"AuthorizeSecurityGroupIngress": func(id, name *string) any {
			return &ec2api.AuthorizeSecurityGroupIngressRequest{GroupId: id, GroupName: name}
		},
		"RevokeSecurityGroupIngress": func(id, name *string) any {
			return &ec2api.RevokeSecurityGroupIngressRequest{GroupId: id, GroupName: name}
		},
		"DeleteSecurityGroup": func(id, name *string) any {
			return &ec2api.DeleteSecurityGroupRequest{GroupId: id, GroupName: name}
		},
	} {
		byID := asks(t.Context(), name, in(new("sg-1"), nil))
		require.Len(t, byID, 1, name)
		require.Equal(t, groupInIt, byID[0].Resource, name)
		require.Equal(t, map[string]string{"stage": "prod"}, byID[0].Tags, name)
		byName := asks(t.Context(), name, in(nil, new("db")))
		require.Equal(t, everyGroup, byName[0].Shown(), "a denial does not say which group has the name, nor that one has")
		require.Equal(t, everyGroup, asks(t.Context(), name, in(nil, new("nobody")))[0].Shown(), name)
		byName[0].Named = ""
		require.Equal(t, byID, byName, name)
		require.Equal(t, here+"security-group/sg-2", asks(t.Context(), name, in(new("sg-2"), new("db")))[0].Resource, "%s: the ID counts where both are given", name)
		require.Equal(t, everyGroup, asks(t.Context(), name, in(nil, new("nobody")))[0].Resource, name)
		require.Equal(t, everyGroup, asks(t.Context(), name, in(nil, nil))[0].Resource, name)

		away, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, asks(away, name, in(nil, new("db")))[0].Unread, context.Canceled, "%s: nothing is decided about who knows which group", name)
	}
	_, err := st.Update(t.Context(), func(tx store.Tx) error { tx.Delete(defaultKey); return nil })
	require.NoError(t, err)
	gone := asks(t.Context(), "DeleteSecurityGroup", &ec2api.DeleteSecurityGroupRequest{GroupName: new("db")})
	require.Equal(t, everyGroup, gone[0].Resource)
	require.NoError(t, gone[0].Unread)
}

// TestAGroupWithoutAVPCIsMadeInTheDefaultOne, which is asked about as if it had been named.
func TestAGroupWithoutAVPCIsMadeInTheDefaultOne(t *testing.T) {
	asks, st := inventory(t)
	named := asks(t.Context(), "CreateSecurityGroup", &ec2api.CreateSecurityGroupRequest{GroupName: new("x"), VpcId: new("vpc-1")})
	require.Len(t, named, 2)
	require.Equal(t, network, named[1].Resource)
	require.Equal(t, named, asks(t.Context(), "CreateSecurityGroup", &ec2api.CreateSecurityGroupRequest{GroupName: new("x")}))

	away, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, asks(away, "CreateSecurityGroup", &ec2api.CreateSecurityGroupRequest{GroupName: new("x")})[1].Unread, context.Canceled)
	_, err := st.Update(t.Context(), func(tx store.Tx) error { tx.Delete(defaultKey); return nil })
	require.NoError(t, err)
	require.Len(t, asks(t.Context(), "CreateSecurityGroup", &ec2api.CreateSecurityGroupRequest{GroupName: new("x")}), 1)
}

// TestRulesWithTagsNeedTheRightToTag, as all that is made with tags.
func TestRulesWithTagsNeedTheRightToTag(t *testing.T) {
	asks, _ := inventory(t)
	tags := []ec2api.TagSpecification{{ResourceType: new("security-group-rule"), Tags: []ec2api.Tag{{Key: new("team"), Value: new("red")}}}}
	for name, in := range map[string]any{
		"AuthorizeSecurityGroupIngress": &ec2api.AuthorizeSecurityGroupIngressRequest{GroupId: new("sg-1"), TagSpecifications: tags},
		"AuthorizeSecurityGroupEgress":  &ec2api.AuthorizeSecurityGroupEgressRequest{GroupId: new("sg-1"), TagSpecifications: tags},
	} {
		var tagging *service.Check
		checks := asks(t.Context(), name, in)
		for i := range checks {
			if checks[i].Action == "ec2:CreateTags" {
				tagging = &checks[i]
			}
		}
		require.NotNil(t, tagging, name)
		require.Equal(t, here+"security-group-rule/*", tagging.Resource)
		require.Equal(t, []string{name}, tagging.Keys["ec2:CreateAction"])
		require.Equal(t, []string{"red"}, tagging.Keys["aws:RequestTag/team"])
	}
}

// TestKeysOfTheNetwork: resources have their tags under EC2's own name too, and the ARNs of where they are.
func TestKeysOfTheNetwork(t *testing.T) {
	asks, _ := inventory(t)
	for _, c := range []struct {
		operation   string
		in          any
		resource    string
		vpc, subnet []string
		made        bool // has no tags yet
	}{
		{"DeleteSecurityGroup", &ec2api.DeleteSecurityGroupRequest{GroupId: new("sg-1")}, groupInIt, []string{network}, nil, false},
		{"DeleteSubnet", &ec2api.DeleteSubnetRequest{SubnetId: new("subnet-1")}, netInIt, []string{network}, nil, false},
		{"DeleteNetworkInterface", &ec2api.DeleteNetworkInterfaceRequest{NetworkInterfaceId: new("eni-1")}, cardInIt, []string{network}, []string{netInIt}, false},
		{"CreateTags", &ec2api.CreateTagsRequest{Resources: []string{"eni-1"}, Tags: []ec2api.Tag{{Key: new("a"), Value: new("b")}}}, cardInIt, []string{network}, []string{netInIt}, false},
		{"DeleteVpc", &ec2api.DeleteVpcRequest{VpcId: new("vpc-1")}, network, nil, nil, false},
		{"CreateSubnet", &ec2api.CreateSubnetRequest{VpcId: new("vpc-1")}, here + "subnet/*", []string{network}, nil, true},
		{"CreateNetworkInterface", &ec2api.CreateNetworkInterfaceRequest{SubnetId: new("subnet-1")}, here + "network-interface/*", []string{network}, []string{netInIt}, true},
	} {
		check := asks(t.Context(), c.operation, c.in)[0]
		require.Equal(t, c.resource, check.Resource, c.operation)
		require.Equal(t, c.vpc, check.Keys["ec2:Vpc"], c.operation)
		require.Equal(t, c.subnet, check.Keys["ec2:Subnet"], c.operation)
		require.Equal(t, []string{"eu-central-1"}, check.Keys["ec2:Region"], c.operation)
		if c.made {
			require.Empty(t, check.Keys["ec2:ResourceTag/stage"], c.operation)
			continue
		}
		require.Equal(t, []string{"prod"}, check.Keys["ec2:ResourceTag/stage"], c.operation)
	}
}
