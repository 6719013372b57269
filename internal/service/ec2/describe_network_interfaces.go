package ec2

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) describeNetworkInterfaces() service.Operation {
	return handle("DescribeNetworkInterfaces", anything[ec2api.DescribeNetworkInterfacesRequest],
		func(ctx context.Context, _ *service.Call, in *ec2api.DescribeNetworkInterfacesRequest) (*ec2api.DescribeNetworkInterfacesResult, error) {
			id := func(v *NIC) string { return v.ID }
			found, err := describe(outside{ctx, s.Store}, nics, in.NetworkInterfaceIds, in.Filters, id, func(v *NIC) map[string]string { return v.Tags }, s.nicFields)
			if err != nil {
				return nil, err
			}
			page, next, err := paged(found, id, in.MaxResults, in.NextToken)
			if err != nil {
				return nil, err
			}
			known, err := every[Group](outside{ctx, s.Store}, groups)
			if err != nil {
				return nil, err
			}
			out := &ec2api.DescribeNetworkInterfacesResult{NetworkInterfaces: []ec2api.NetworkInterface{}, NextToken: next}
			for i := range page {
				out.NetworkInterfaces = append(out.NetworkInterfaces, s.showNIC(&page[i], known))
			}
			return out, nil
		})
}

func (n *NIC) status() string {
	if n.Attached != "" {
		return "in-use"
	}
	return "available"
}

func (s *Service) nicFields(n *NIC) fields {
	return fields{
		"network-interface-id": {n.ID}, "subnet-id": {n.Subnet}, "vpc-id": {n.VPC}, "availability-zone": {n.Zone}, "description": {n.Description},
		"group-id": n.Groups, "private-ip-address": {n.Address}, "addresses.private-ip-address": {n.Address}, "mac-address": {n.MAC}, "ipv6-addresses.ipv6-address": n.IPv6,
		"status": {n.status()}, "owner-id": {s.Account}, "requester-id": {n.Requester}, "requester-managed": flag(n.Requester != ""),
		"interface-type": {"interface"}, "attachment.instance-id": {n.Attached}, "source-dest-check": flag(n.Check),
	}
}

func (s *Service) showNIC(n *NIC, known []Group) ec2api.NetworkInterface {
	out := ec2api.NetworkInterface{
		NetworkInterfaceId: &n.ID, SubnetId: &n.Subnet, VpcId: &n.VPC, AvailabilityZone: &n.Zone, Description: &n.Description, PrivateIpAddress: &n.Address,
		MacAddress: &n.MAC, OwnerId: &s.Account, Status: ptr(n.status()), InterfaceType: ptr("interface"), SourceDestCheck: &n.Check,
		RequesterManaged: ptr(n.Requester != ""), Groups: groupNames(n.Groups, known), TagSet: tagList(n.Tags),
		PrivateIpAddresses: []ec2api.NetworkInterfacePrivateIpAddress{{Primary: ptr(true), PrivateIpAddress: &n.Address}},
	}
	for i := range n.IPv6 {
		out.Ipv6Addresses = append(out.Ipv6Addresses, ec2api.NetworkInterfaceIpv6Address{Ipv6Address: &n.IPv6[i]})
	}
	if n.Zone != "" {
		out.AvailabilityZoneId = ptr(zoneID(s.Region, n.Zone))
	}
	if n.Requester != "" {
		out.RequesterId = &n.Requester
	}
	if n.Attached != "" {
		out.Attachment = &ec2api.NetworkInterfaceAttachment{AttachmentId: ptr("eni-attach-" + n.ID[4:]), InstanceId: &n.Attached, InstanceOwnerId: &n.Requester, Status: ptr("attached"), DeviceIndex: ptr(int64(1)), DeleteOnTermination: ptr(true)}
	}
	return out
}

func groupNames(ids []string, known []Group) []ec2api.GroupIdentifier {
	all := []ec2api.GroupIdentifier{}
	for i := range ids {
		g := ec2api.GroupIdentifier{GroupId: &ids[i]}
		if found, ok := firstOf(known, func(g *Group) bool { return g.ID == ids[i] }); ok {
			g.GroupName = &found.Name
		}
		all = append(all, g)
	}
	return all
}
