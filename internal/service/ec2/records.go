package ec2

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// The prefixes of the records.
const (
	prefix       = "ec2/"
	vpcKeys      = prefix + "vpc/"
	subnetKeys   = prefix + "subnet/"
	groupKeys    = prefix + "security-group/"
	gatewayKeys  = prefix + "internet-gateway/"
	nicKeys      = prefix + "network-interface/"
	endpointKeys = prefix + "vpc-endpoint/"
)

// Prefix is that of all records of this package.
const Prefix = prefix

// A Vpc is a network of networks.
type Vpc struct {
	ID      string
	CIDRs   []string
	IPv6    []string          `json:",omitempty"` // blocks
	Default bool              `json:",omitempty"`
	Tags    map[string]string `json:",omitempty"`
}

// A Subnet is a part of a VPC in one zone.
type Subnet struct {
	ID, VPC, Zone, CIDR string
	IPv6                string            `json:",omitempty"` // a block
	Default             bool              `json:",omitempty"`
	Tags                map[string]string `json:",omitempty"`
}

// A Group is a security group.
type Group struct {
	ID, Name, Description, VPC string
	Ingress, Egress            []Rule
	Tags                       map[string]string `json:",omitempty"`
}

// A Rule lets traffic of a protocol and ports from or to addresses, or the members of a group. Protocol -1 is all.
type Rule struct {
	ID          string
	Protocol    string
	From, To    int64
	CIDR        string            `json:",omitempty"`
	Group       string            `json:",omitempty"`
	Description string            `json:",omitempty"`
	Tags        map[string]string `json:",omitempty"`
}

// A Gateway is an internet gateway.
type Gateway struct {
	ID, VPC string
	Tags    map[string]string `json:",omitempty"`
}

// A NIC is a network interface.
type NIC struct {
	ID, VPC, Subnet, Zone string
	Description           string
	Address, MAC          string
	IPv6                  []string `json:",omitempty"`
	Groups                []string
	Requester             string            `json:",omitempty"` // the service that made it
	Attached              string            `json:",omitempty"` // what it belongs to
	Check                 bool              // of source and destination
	Tags                  map[string]string `json:",omitempty"`
	Token                 *Token            `json:",omitempty"`
}

// A VPCEndpoint is an interface endpoint: a way into a service of this server.
type VPCEndpoint struct {
	ID, VPC, Service string // Service is the part after com.amazonaws.REGION.
	Region           string
	Names            []string // of DNS, the regional one first
	PrivateName      string   `json:",omitempty"`
	Policy           string   // empty: full access
	Groups           []string
	Subnets          []string
	NICs             []string
	Addresses        []string `json:",omitempty"` // of this machine that are the endpoint's own
	PrivateDNS       bool     `json:",omitempty"`
	Created          time.Time
	Tags             map[string]string `json:",omitempty"`
	Token            *Token            `json:",omitempty"`
}

// newID makes an identifier such as vpc-0123456789abcdef0.
func newID(kind string) string {
	raw := make([]byte, 9)
	_, _ = rand.Read(raw) // never fails
	return kind + "-" + hex.EncodeToString(raw)[:17]
}
