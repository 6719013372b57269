package ec2

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// network is the service with a VPC, a subnet and two groups in it, and what does an operation of it.
func newNetwork(t *testing.T) func(name string, in any) (any, error) {
	t.Helper()
	st := newStore(t)
	_, err := st.Update(t.Context(), func(tx store.Tx) error {
		tx.Put(defaultKey, []byte("vpc-1"))
		for key, v := range map[string]any{
			vpcKeys + "vpc-1":       Vpc{ID: "vpc-1", CIDRs: []string{"10.0.0.0/16"}},
			subnetKeys + "subnet-1": Subnet{ID: "subnet-1", VPC: "vpc-1", Zone: "eu-central-1a", CIDR: "10.0.0.0/24"},
			groupKeys + "sg-0":      Group{ID: "sg-0", Name: "default", VPC: "vpc-1"},
			groupKeys + "sg-1":      Group{ID: "sg-1", Name: "web", VPC: "vpc-1"},
		} {
			if err := store.Write(tx, key, v); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	made, err := New(Config{Store: st, Partition: "aws", Account: "111122223333", Region: "eu-central-1", DNSSuffix: "amazonaws.com", Services: []string{"dms"}})
	require.NoError(t, err)
	return func(name string, in any) (any, error) {
		call := &service.Call{Service: &ec2api.Service, Partition: "aws", Region: "eu-central-1", Account: "111122223333"}
		return made.Operation(name).Do(t.Context(), call, in)
	}
}

// TestARequestSentAgainMakesNoSecond: what has the token of a request before it, and asks for the same, answers what that one made.
func TestARequestSentAgainMakesNoSecond(t *testing.T) {
	do := newNetwork(t)
	card := func(token, description string) (string, error) {
		out, err := do("CreateNetworkInterface", &ec2api.CreateNetworkInterfaceRequest{SubnetId: new("subnet-1"), ClientToken: new(token), Description: new(description)})
		if err != nil {
			return "", err
		}
		require.Equal(t, token, *out.(*ec2api.CreateNetworkInterfaceResult).ClientToken)
		return *out.(*ec2api.CreateNetworkInterfaceResult).NetworkInterface.NetworkInterfaceId, nil
	}
	endpoint := func(token, policy string) (string, error) {
		out, err := do("CreateVpcEndpoint", &ec2api.CreateVpcEndpointRequest{
			VpcId: new("vpc-1"), VpcEndpointType: new("Interface"), ServiceName: new("com.amazonaws.eu-central-1.dms"), SubnetIds: []string{"subnet-1"}, ClientToken: new(token), PolicyDocument: new(policy),
		})
		if err != nil {
			return "", err
		}
		return *out.(*ec2api.CreateVpcEndpointResult).VpcEndpoint.VpcEndpointId, nil
	}
	const all, none = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}`
	for what, make := range map[string]func(token, of string) (string, error){"interface": card, "endpoint": endpoint} {
		one, err := make("t1", all)
		require.NoError(t, err, what)
		again, err := make("t1", all)
		require.NoError(t, err, what)
		require.Equal(t, one, again, what)
		_, err = make("t1", none)
		require.ErrorContains(t, err, "IdempotentParameterMismatch", what)
		other, err := make("t2", all)
		require.NoError(t, err, what)
		require.NotEqual(t, one, other, what)
		untold, err := make("", all)
		require.NoError(t, err, what)
		second, err := make("", all)
		require.NoError(t, err, what)
		require.NotEqual(t, untold, second, "without a token each request makes one")
		_, err = make(strings.Repeat("x", 65), all)
		require.ErrorContains(t, err, "65 characters", what)
	}
}

// TestAPairMustFit: a source group is found by its ID or name, and what else names it must be true of it.
func TestAPairMustFit(t *testing.T) {
	do := newNetwork(t)
	allow := func(pair ec2api.UserIdGroupPair) error {
		_, err := do("AuthorizeSecurityGroupIngress", &ec2api.AuthorizeSecurityGroupIngressRequest{
			GroupId: new("sg-0"), IpPermissions: []ec2api.IpPermission{{IpProtocol: new("-1"), UserIdGroupPairs: []ec2api.UserIdGroupPair{pair}}},
		})
		return err
	}
	for _, wrong := range []ec2api.UserIdGroupPair{
		{GroupId: new("sg-1"), UserId: new("999999999999")}, {GroupId: new("sg-1"), VpcId: new("vpc-2")}, {GroupId: new("sg-1"), GroupName: new("db")}, {GroupName: new("none")},
	} {
		require.ErrorContains(t, allow(wrong), "InvalidGroup.NotFound")
	}
	require.ErrorContains(t, allow(ec2api.UserIdGroupPair{GroupId: new("sg-1"), VpcPeeringConnectionId: new("pcx-1")}), "UnsupportedOperation")
	require.NoError(t, allow(ec2api.UserIdGroupPair{GroupId: new("sg-1"), UserId: new("111122223333"), VpcId: new("vpc-1"), GroupName: new("web")}))
	require.ErrorContains(t, allow(ec2api.UserIdGroupPair{GroupName: new("web")}), "InvalidPermission.Duplicate", "the same group by its name")
}

// TestServicesOfOtherRegionsAreNotThere: only the region's own services are described.
func TestServicesOfOtherRegionsAreNotThere(t *testing.T) {
	do := newNetwork(t)
	for region, want := range map[string]int{"eu-central-1": 1, "eu-west-1": 0} {
		out, err := do("DescribeVpcEndpointServices", &ec2api.DescribeVpcEndpointServicesRequest{ServiceRegions: []string{region}})
		require.NoError(t, err)
		require.Len(t, out.(*ec2api.DescribeVpcEndpointServicesResult).ServiceNames, want, region)
	}
}
