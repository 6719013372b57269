package ec2

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) createVpcEndpoint() service.Operation {
	return handle("CreateVpcEndpoint",
		func(ctx context.Context, call *service.Call, in *ec2api.CreateVpcEndpointRequest) []service.Check {
			others := []service.Check{s.on(ctx, call, "vpc", value(in.VpcId))}
			for _, id := range in.SubnetIds {
				others = append(others, s.on(ctx, call, "subnet", id))
			}
			for _, id := range in.SecurityGroupIds {
				others = append(others, s.on(ctx, call, "security-group", id))
			}
			checks := making(call, "vpc-endpoint", in.TagSpecifications, others...)
			checks[0].Keys["ec2:VpceServiceName"] = []string{value(in.ServiceName)}
			return checks
		}, s.createVpcEndpointDo)
}

func (s *Service) createVpcEndpointDo(ctx context.Context, call *service.Call, in *ec2api.CreateVpcEndpointRequest) (*ec2api.CreateVpcEndpointResult, error) {
	if kind := value(in.VpcEndpointType); kind != "Interface" {
		return nil, fault("InvalidParameter", "The endpoint type of this inventory is Interface; VpcEndpointType %q is not served.", kind)
	}
	if err := s.onlyInterface(in); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(s.Services, func(short string) bool { return s.serviceName(short) == value(in.ServiceName) })
	if at < 0 {
		return nil, fault("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", value(in.ServiceName))
	}
	tags, err := tagsFor(in.TagSpecifications, "vpc-endpoint")
	if err != nil {
		return nil, err
	}
	token, err := tokenOf(in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	e := &VPCEndpoint{
		Token: token,
		ID:    newID("vpce"), VPC: *in.VpcId, Service: s.Services[at], Region: s.Region, Policy: value(in.PolicyDocument), Groups: in.SecurityGroupIds,
		Subnets: in.SubnetIds, PrivateDNS: value(in.PrivateDnsEnabled), Created: call.Now.UTC().Truncate(time.Millisecond), Tags: tags,
	}
	if err := checkPolicy(in.PolicyDocument); err != nil {
		return nil, err
	}
	var shown ec2api.VpcEndpoint
	_, err = s.Store.Update(ctx, func(tx store.Tx) error {
		made, err := madeBefore(tx, endpoints, token, func(e *VPCEndpoint) *Token { return e.Token })
		if err != nil {
			return err
		}
		if made == nil {
			if made, err = s.makeEndpoint(tx, e, in.SubnetConfigurations); err != nil {
				return err
			}
		}
		known, err := every[Group](tx, groups)
		if err != nil {
			return err
		}
		shown = s.showEndpoint(made, known)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ec2api.CreateVpcEndpointResult{VpcEndpoint: &shown, ClientToken: in.ClientToken}, nil
}

// makeEndpoint writes a new endpoint, where there is room for one.
func (s *Service) makeEndpoint(tx store.Tx, e *VPCEndpoint, addresses []ec2api.SubnetConfiguration) (*VPCEndpoint, error) {
	if err := roomUnder(tx, endpointKeys, mostEndpoints, "VpcEndpointLimitExceeded", "VPC endpoints"); err != nil {
		return nil, err
	}
	fresh := *e
	if err := s.layEndpoint(tx, &fresh, addresses); err != nil {
		return nil, err
	}
	return &fresh, store.Write(tx, endpointKeys+fresh.ID, fresh)
}

// onlyInterface refuses what endpoints of other kinds have.
func (s *Service) onlyInterface(in *ec2api.CreateVpcEndpointRequest) error {
	if in.DnsOptions != nil || len(in.RouteTableIds) > 0 || in.ResourceConfigurationArn != nil || in.ServiceNetworkArn != nil {
		return fault("UnsupportedOperation", "Interface endpoints of this inventory have no route tables, DNS options, resource configurations or service networks.")
	}
	if kind := value(in.IpAddressType); kind != "" && kind != "ipv4" {
		return fault("UnsupportedOperation", "IpAddressType %q is not served: name IPv6 addresses in SubnetConfigurations.", kind)
	}
	if region := value(in.ServiceRegion); region != "" && region != s.Region {
		return fault("UnsupportedOperation", "The services of this inventory are in the region %s.", s.Region)
	}
	return nil
}

// serviceName is what endpoints call a service. In China some have a name of their own ("aws ec2 describe-vpc-endpoint-services" in
// cn-north-1; the AWS CDK's table of names of endpoint services has them all).
func (s *Service) serviceName(short string) string {
	name := "com.amazonaws." + s.Region + "." + short
	if s.Partition == "aws-cn" && slices.Contains([]string{"dms", "ec2", "monitoring", "redshift", "sts"}, short) {
		return "cn." + name
	}
	return name
}

// checkPolicy reads an endpoint's policy; none is full access.
func checkPolicy(document *string) error {
	if document == nil || *document == "" {
		return nil
	}
	if _, err := policy.Parse(*document, policy.Resource, policy.LimitEndpoint); err != nil {
		return fault("InvalidPolicyDocument", "%v", err)
	}
	return nil
}

// layEndpoint places an endpoint in its VPC: an interface in each subnet, its names, its groups.
func (s *Service) layEndpoint(tx store.Tx, e *VPCEndpoint, addresses []ec2api.SubnetConfiguration) error {
	if _, err := lookup[Vpc](tx, vpcs, e.VPC); err != nil {
		return err
	}
	var err error
	if e.Groups, err = groupsIn(tx, e.VPC, e.Groups); err != nil {
		return err
	}
	if e.PrivateDNS {
		e.PrivateName = s.hostOf(e.Service)
		if err := s.privateNameFree(tx, e); err != nil {
			return err
		}
	}
	random := randomName()
	suffix := "." + e.Service + "." + s.Region + ".vpce." + s.DNSSuffix
	e.Names = []string{e.ID + "-" + random + suffix}
	for _, id := range e.Subnets {
		net, err := lookup[Subnet](tx, subnets, id)
		if err != nil {
			return err
		}
		if net.VPC != e.VPC {
			return fault("InvalidParameter", "The subnet '%s' is not in the vpc '%s'.", id, e.VPC)
		}
		e.Names = append(e.Names, e.ID+"-"+random+"-"+net.Zone+suffix)
		if err := layNIC(tx, e, id, addresses); err != nil {
			return err
		}
	}
	return nil
}

// layNIC makes the endpoint's interface in a subnet. An address that was asked for is taken for one of this machine, by
// which requests are known to come through the endpoint.
func layNIC(tx store.Tx, e *VPCEndpoint, subnet string, addresses []ec2api.SubnetConfiguration) error {
	n := NIC{Subnet: subnet, Description: "VPC Endpoint Interface " + e.ID, Groups: e.Groups, Requester: "amazon-vpce", Attached: e.ID}
	for _, a := range addresses {
		if value(a.SubnetId) == subnet && a.Ipv4 != nil {
			n.Address = *a.Ipv4
			e.Addresses = append(e.Addresses, n.Address)
		}
		if value(a.SubnetId) == subnet && a.Ipv6 != nil {
			n.IPv6 = []string{*a.Ipv6}
		}
	}
	made, err := makeNIC(tx, n)
	if err != nil {
		return err
	}
	e.Addresses = append(e.Addresses, made.IPv6...) // as they are written
	e.NICs = append(e.NICs, made.ID)
	return nil
}

// hostOf is the name by which a service is called without an endpoint.
func (s *Service) hostOf(name string) string { return name + "." + s.Region + "." + s.DNSSuffix }

// privateNameFree: only one endpoint may answer to a service's own name.
func (s *Service) privateNameFree(tx store.Tx, e *VPCEndpoint) error {
	all, err := every[VPCEndpoint](tx, endpoints)
	if err != nil {
		return err
	}
	if other, taken := firstOf(all, func(o *VPCEndpoint) bool { return o.ID != e.ID && o.PrivateName == e.PrivateName }); taken {
		return fault("InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s in the VPC %s", e.PrivateName, other.VPC)
	}
	return nil
}

func randomName() string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails
	for i := range raw {
		raw[i] = letters[int(raw[i])%len(letters)]
	}
	return string(raw)
}
