package ec2

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// TestThereIsRoomForSoMany makes one more of everything than there may be.
func TestThereIsRoomForSoMany(t *testing.T) {
	st := newStore(t)
	made, err := New(Config{Store: st, Partition: "aws", Account: "111122223333", Region: "eu-central-1", Services: []string{"dms"}})
	require.NoError(t, err)
	for prefix, n := range map[string]int{vpcKeys: mostVPCs, groupKeys: mostGroups, endpointKeys: mostEndpoints, nicKeys: mostNICs} {
		for begin := 0; begin < n; begin += 1000 {
			_, err := st.Update(t.Context(), func(tx store.Tx) error {
				for i := begin; i < min(begin+1000, n); i++ {
					if err := store.Write(tx, fmt.Sprintf("%sx-%04d", prefix, i), map[string]string{"ID": fmt.Sprintf("x-%04d", i)}); err != nil {
						return err
					}
				}
				return nil
			})
			require.NoError(t, err)
		}
	}
	_, err = st.Update(t.Context(), func(tx store.Tx) error {
		for i := range mostSubnets {
			one := Subnet{ID: fmt.Sprintf("subnet-%d", i), VPC: "x-0000", CIDR: fmt.Sprintf("10.0.%d.0/28", i)}
			if err := store.Write(tx, subnetKeys+one.ID, one); err != nil {
				return err
			}
		}
		if err := store.Write(tx, groupKeys+"x-0000", Group{ID: "x-0000", Name: "default", VPC: "x-0000"}); err != nil {
			return err
		}
		return store.Write(tx, vpcKeys+"x-0000", Vpc{ID: "x-0000", CIDRs: []string{"10.0.0.0/16"}})
	})
	require.NoError(t, err)
	for want, in := range map[string]any{
		"VpcLimitExceeded":              &ec2api.CreateVpcRequest{CidrBlock: new("10.9.0.0/16")},
		"SubnetLimitExceeded":           &ec2api.CreateSubnetRequest{VpcId: new("x-0000"), CidrBlock: new("10.0.250.0/24")},
		"SecurityGroupLimitExceeded":    &ec2api.CreateSecurityGroupRequest{VpcId: new("x-0000"), GroupName: new("g"), Description: new("d")},
		"NetworkInterfaceLimitExceeded": &ec2api.CreateNetworkInterfaceRequest{SubnetId: new("subnet-0")},
		"VpcEndpointLimitExceeded":      &ec2api.CreateVpcEndpointRequest{VpcId: new("x-0000"), VpcEndpointType: new("Interface"), ServiceName: new("com.amazonaws.eu-central-1.dms")},
	} {
		name := map[string]string{"VpcLimitExceeded": "CreateVpc", "SubnetLimitExceeded": "CreateSubnet", "SecurityGroupLimitExceeded": "CreateSecurityGroup",
			"NetworkInterfaceLimitExceeded": "CreateNetworkInterface", "VpcEndpointLimitExceeded": "CreateVpcEndpoint"}[want]
		_, err := made.Operation(name).Do(t.Context(), &service.Call{Service: &ec2api.Service, Region: "eu-central-1", Account: "111122223333", Partition: "aws"}, in)
		require.ErrorContains(t, err, want)
	}
}
