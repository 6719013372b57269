// Package ec2 is the inventory of the networks where replication instances may live, in the words of Amazon EC2: VPCs,
// subnets, availability zones, internet gateways, security groups, network interfaces and VPC endpoints.
//
// A default VPC describes this machine's real networks (EnsureDefault). Security groups do two things here: the egress
// rules of an instance decide which addresses it may reach (Network.MayReach), and the ingress rules of a VPC endpoint
// decide who may come in through it (Endpoints). The inventory configures no router: what is not asked here is not bound.
package ec2
