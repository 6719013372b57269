package policy

import (
	"net/netip"
	"strconv"
	"time"
)

// Environment is what is known of a request besides its action and resource; the global condition keys are made of it.
// A zero field leaves its key absent.
type Environment struct {
	Time      time.Time
	TLS       bool
	SourceIP  netip.Addr
	UserAgent string
	Referer   string
	Region    string
	// ResourceAccount owns what the request is about.
	ResourceAccount string

	// EndpointID and EndpointVPC are set when the call came through a VPC endpoint; the address of the caller is then
	// aws:VpcSourceIp and there is no aws:SourceIp.
	EndpointID, EndpointVPC string

	UserName, UserID string
	PrincipalTags    map[string]string
	// OrgID and OrgPaths place the caller's account in an organization.
	OrgID    string
	OrgPaths []string

	// TokenIssued is set for temporary credentials; MFAAge for those made with a second factor.
	TokenIssued       time.Time
	MFA               bool
	MFAAge            time.Duration
	FederatedProvider string
	SourceIdentity    string

	// CalledVia are the services, the first one first, that make this call with the caller's credentials.
	CalledVia []string
	// SourceARN and SourceAccount are the resource for which a service acts.
	SourceARN, SourceAccount string
	// ServiceNames are all names of a calling service.
	ServiceNames []string
}

// principalTypes are the values of aws:PrincipalType.
var principalTypes = [...]string{
	Anonymous: "Anonymous", Root: "Account", User: "User", Role: "AssumedRole", FederatedUser: "FederatedUser",
	Service: "AWSService", FederatedLogin: "Anonymous",
}

// Keys fills the global condition keys for a caller.
func (v *Environment) Keys(who *Principal) *Context {
	c := &Context{keys: make(map[string][]string, 24)}
	c.Set("aws:CurrentTime", v.Time.UTC().Format("2006-01-02T15:04:05.000Z"))
	c.Set("aws:EpochTime", strconv.FormatInt(v.Time.Unix(), 10))
	c.Set("aws:SecureTransport", strconv.FormatBool(v.TLS))
	c.some("aws:UserAgent", v.UserAgent)
	c.some("aws:referer", v.Referer)
	c.some("aws:RequestedRegion", v.Region)
	c.some("aws:ResourceAccount", v.ResourceAccount)
	v.network(c)
	v.principal(c, who)
	v.credentials(c)
	v.services(c, who)
	return c
}

// some sets a key that has a value.
func (c *Context) some(key, value string) {
	if value != "" {
		c.Set(key, value)
	}
}

func (v *Environment) network(c *Context) {
	switch {
	case v.EndpointID != "":
		c.Set("aws:SourceVpce", v.EndpointID)
		c.some("aws:SourceVpc", v.EndpointVPC)
		if v.SourceIP.IsValid() {
			c.Set("aws:VpcSourceIp", v.SourceIP.Unmap().String())
		}
	case v.SourceIP.IsValid():
		c.Set("aws:SourceIp", v.SourceIP.Unmap().String())
	}
}

func (v *Environment) principal(c *Context, who *Principal) {
	c.Set("aws:PrincipalType", principalTypes[who.Type])
	if who.Type == Anonymous || who.Type == FederatedLogin {
		c.Set("aws:userid", "anonymous")
		return
	}
	c.some("aws:userid", v.UserID)
	if who.Type != Service {
		arn := who.ARN
		if who.RoleARN != "" {
			arn = who.RoleARN
		}
		c.some("aws:PrincipalArn", arn)
		c.some("aws:PrincipalAccount", who.Account)
	}
	if who.Type == User {
		c.some("aws:username", v.UserName)
	}
	c.SetTags("aws:PrincipalTag/", v.PrincipalTags)
	c.some("aws:PrincipalOrgID", v.OrgID)
	if len(v.OrgPaths) > 0 {
		c.Set("aws:PrincipalOrgPaths", v.OrgPaths...)
	}
}

func (v *Environment) credentials(c *Context) {
	c.some("aws:FederatedProvider", v.FederatedProvider)
	c.some("aws:SourceIdentity", v.SourceIdentity)
	if v.TokenIssued.IsZero() {
		return
	}
	c.Set("aws:TokenIssueTime", v.TokenIssued.UTC().Format(time.RFC3339))
	c.Set("aws:MultiFactorAuthPresent", strconv.FormatBool(v.MFA))
	if v.MFA {
		c.Set("aws:MultiFactorAuthAge", strconv.FormatInt(int64(v.MFAAge/time.Second), 10))
	}
}

func (v *Environment) services(c *Context, who *Principal) {
	c.Set("aws:ViaAWSService", strconv.FormatBool(len(v.CalledVia) > 0))
	if n := len(v.CalledVia); n > 0 {
		c.Set("aws:CalledVia", v.CalledVia...)
		c.Set("aws:CalledViaFirst", v.CalledVia[0])
		c.Set("aws:CalledViaLast", v.CalledVia[n-1])
	}
	if who.Type != Anonymous && who.Type != FederatedLogin {
		c.Set("aws:PrincipalIsAWSService", strconv.FormatBool(who.Type == Service))
	}
	if who.Type == Service {
		c.Set("aws:PrincipalServiceName", who.Service)
		c.Set("aws:PrincipalServiceNamesList", append([]string{who.Service}, v.ServiceNames...)...)
	}
	c.some("aws:SourceArn", v.SourceARN)
	c.some("aws:SourceAccount", v.SourceAccount)
}
