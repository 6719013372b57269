package serve_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"
)

// TestGoSDKOfTheNetworks drives EC2 by its Go client: what is made is read and listed in pages, what is refused has EC2's code, and a request
// that is sent again makes nothing twice.
func TestGoSDKOfTheNetworks(t *testing.T) {
	t.Parallel()
	s := first(t)
	api, ctx := ec2.NewFromConfig(s.sdk(t)), t.Context()
	vpc, subnets := networkByGo(t, api)
	group := groupByGo(t, api, vpc)
	endpointByGo(t, api, vpc, subnets[0], group)
	nic, err := api.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &subnets[0], Groups: []string{group}})
	require.NoError(t, err)
	_, err = api.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &group})
	require.Equal(t, "DependencyViolation", code(t, err))
	_, err = api.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: nic.NetworkInterface.NetworkInterfaceId})
	require.NoError(t, err)
	_, err = api.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &group})
	require.NoError(t, err)
	for _, subnet := range subnets {
		_, err = api.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &subnet})
		require.NoError(t, err)
	}
	_, err = api.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc, DryRun: aws.Bool(true)})
	require.Equal(t, "DryRunOperation", code(t, err))
	_, err = api.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc})
	require.NoError(t, err)
	_, err = api.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{vpc}})
	require.Equal(t, "InvalidVpcID.NotFound", code(t, err))
	require.NotContains(t, s.log.String(), "level=ERROR")
}

func networkByGo(t *testing.T, api *ec2.Client) (vpc string, subnets []string) {
	t.Helper()
	ctx := t.Context()
	tags := []types.TagSpecification{{ResourceType: types.ResourceTypeVpc, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}}}
	made, err := api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.7.0.0/16"), TagSpecifications: tags})
	require.NoError(t, err)
	vpc = *made.Vpc.VpcId
	found, err := api.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []types.Filter{{Name: aws.String("tag:team"), Values: []string{"red"}}}})
	require.NoError(t, err)
	require.Len(t, found.Vpcs, 1)
	require.Equal(t, vpc, *found.Vpcs[0].VpcId)
	for _, block := range []string{"10.7.0.0/24", "10.7.1.0/24", "10.7.2.0/24", "10.7.3.0/24", "10.7.4.0/24", "10.7.5.0/24"} {
		subnet, err := api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: &block})
		require.NoError(t, err)
		subnets = append(subnets, *subnet.Subnet.SubnetId)
	}
	_, err = api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: aws.String("10.7.0.0/25")})
	require.Equal(t, "InvalidSubnet.Conflict", code(t, err))
	var listed []string
	pages := 0
	for all := ec2.NewDescribeSubnetsPaginator(api, &ec2.DescribeSubnetsInput{MaxResults: aws.Int32(5), Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}}}); all.HasMorePages(); pages++ {
		page, err := all.NextPage(ctx)
		require.NoError(t, err)
		for _, one := range page.Subnets {
			listed = append(listed, *one.SubnetId)
		}
	}
	require.Equal(t, 2, pages)
	require.ElementsMatch(t, subnets, listed)
	return vpc, subnets
}

func groupByGo(t *testing.T, api *ec2.Client, vpc string) string {
	t.Helper()
	ctx := t.Context()
	made, err := api.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &vpc, GroupName: aws.String("db"), Description: aws.String("databases")})
	require.NoError(t, err)
	rule := []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432), IpRanges: []types.IpRange{{CidrIp: aws.String("10.7.0.0/16")}}}}
	in := &ec2.AuthorizeSecurityGroupIngressInput{GroupId: made.GroupId, IpPermissions: rule}
	_, err = api.AuthorizeSecurityGroupIngress(ctx, in)
	require.NoError(t, err)
	_, err = api.AuthorizeSecurityGroupIngress(ctx, in)
	require.Equal(t, "InvalidPermission.Duplicate", code(t, err))
	shown, err := api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*made.GroupId}})
	require.NoError(t, err)
	require.Equal(t, int32(5432), *shown.SecurityGroups[0].IpPermissions[0].FromPort)
	_, err = api.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: made.GroupId, IpPermissions: rule})
	require.NoError(t, err)
	return *made.GroupId
}

func endpointByGo(t *testing.T, api *ec2.Client, vpc, subnet, group string) {
	t.Helper()
	ctx := t.Context()
	in := &ec2.CreateVpcEndpointInput{
		VpcId: &vpc, VpcEndpointType: types.VpcEndpointTypeInterface, ServiceName: aws.String("com.amazonaws." + region + ".dms"), SubnetIds: []string{subnet}, SecurityGroupIds: []string{group},
		ClientToken: aws.String("once"),
	}
	made, err := api.CreateVpcEndpoint(ctx, in)
	require.NoError(t, err)
	again, err := api.CreateVpcEndpoint(ctx, in)
	require.NoError(t, err)
	require.Equal(t, *made.VpcEndpoint.VpcEndpointId, *again.VpcEndpoint.VpcEndpointId)
	shown, err := api.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpoint.VpcEndpointId}})
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(shown.VpcEndpoints[0].DnsEntries, func(e types.DnsEntry) bool { return e.DnsName != nil }))
	gone, err := api.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpoint.VpcEndpointId}})
	require.NoError(t, err)
	require.Empty(t, gone.Unsuccessful)
}
