package ec2

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// TestWhatIsNotObeyedIsRefused: no member is taken in silence, not even where nothing it names is there.
func TestWhatIsNotObeyedIsRefused(t *testing.T) {
	made, err := New(Config{Store: newStore(t), Partition: "aws", Account: "111122223333", Region: "eu-central-1", Services: []string{"dms"}})
	require.NoError(t, err)
	endpoint := func(change func(*ec2api.CreateVpcEndpointRequest)) any {
		in := &ec2api.CreateVpcEndpointRequest{VpcId: new("vpc-1"), VpcEndpointType: new("Interface"), ServiceName: new("com.amazonaws.eu-central-1.dms")}
		change(in)
		return in
	}
	for name, inputs := range map[string][]any{
		"CreateVpcEndpoint": {
			endpoint(func(in *ec2api.CreateVpcEndpointRequest) { in.DnsOptions = &ec2api.DnsOptionsSpecification{} }),
			endpoint(func(in *ec2api.CreateVpcEndpointRequest) { in.IpAddressType = new("dualstack") }),
			endpoint(func(in *ec2api.CreateVpcEndpointRequest) { in.RouteTableIds = []string{"rtb-1"} }),
			endpoint(func(in *ec2api.CreateVpcEndpointRequest) { in.ServiceRegion = new("eu-west-1") }),
			endpoint(func(in *ec2api.CreateVpcEndpointRequest) { in.ResourceConfigurationArn = new("arn") }),
			endpoint(func(in *ec2api.CreateVpcEndpointRequest) { in.ServiceNetworkArn = new("arn") }),
		},
		"ModifyVpcEndpoint": {&ec2api.ModifyVpcEndpointRequest{VpcEndpointId: new("vpce-1"), IpAddressType: new("ipv6")}},
		"CreateVpc": {
			&ec2api.CreateVpcRequest{CidrBlock: new("10.0.0.0/16"), InstanceTenancy: new("dedicated")},
			&ec2api.CreateVpcRequest{CidrBlock: new("10.0.0.0/16"), VpcEncryptionControl: &ec2api.VpcEncryptionControlConfiguration{}},
			&ec2api.CreateVpcRequest{CidrBlock: new("10.0.0.0/16"), Ipv6CidrBlockNetworkBorderGroup: new("eu-central-1")},
			&ec2api.CreateVpcRequest{CidrBlock: new("10.0.0.0/16"), Ipv4NetmaskLength: new(int64(20))},
		},
		"CreateSubnet": {
			&ec2api.CreateSubnetRequest{VpcId: new("vpc-1"), CidrBlock: new("10.0.0.0/24"), Ipv4NetmaskLength: new(int64(24))},
			&ec2api.CreateSubnetRequest{VpcId: new("vpc-1"), CidrBlock: new("10.0.0.0/24"), Ipv6NetmaskLength: new(int64(64))},
		},
		"CreateNetworkInterface": {
			&ec2api.CreateNetworkInterfaceRequest{SubnetId: new("subnet-1"), Ipv6Addresses: []ec2api.InstanceIpv6Address{{Ipv6Address: new("fd00::1"), IsPrimaryIpv6: new(true)}}},
			&ec2api.CreateNetworkInterfaceRequest{SubnetId: new("subnet-1"), InterfaceType: new("efa")},
			&ec2api.CreateNetworkInterfaceRequest{SubnetId: new("subnet-1"), EnablePrimaryIpv6: new(true)},
			&ec2api.CreateNetworkInterfaceRequest{SubnetId: new("subnet-1"), ConnectionTrackingSpecification: &ec2api.ConnectionTrackingSpecificationRequest{}},
			&ec2api.CreateNetworkInterfaceRequest{SubnetId: new("subnet-1"), Operator: &ec2api.OperatorRequest{}},
		},
		"AuthorizeSecurityGroupIngress": {&ec2api.AuthorizeSecurityGroupIngressRequest{GroupId: new("sg-1"), SourceSecurityGroupName: new("web")}},
		"AuthorizeSecurityGroupEgress":  {&ec2api.AuthorizeSecurityGroupEgressRequest{GroupId: new("sg-1"), SourceSecurityGroupName: new("web")}},
		"RevokeSecurityGroupIngress":    {&ec2api.RevokeSecurityGroupIngressRequest{GroupId: new("sg-1"), SourceSecurityGroupName: new("web")}},
		"RevokeSecurityGroupEgress":     {&ec2api.RevokeSecurityGroupEgressRequest{GroupId: new("sg-1"), SourceSecurityGroupOwnerId: new("1")}},
	} {
		for _, in := range inputs {
			_, err := made.Operation(name).Do(t.Context(), &service.Call{Service: &ec2api.Service, Region: "eu-central-1", Account: "111122223333", Partition: "aws"}, in)
			require.ErrorContains(t, err, "UnsupportedOperation", "%s %+v", name, in)
		}
	}
}
