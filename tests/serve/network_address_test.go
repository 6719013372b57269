package serve_test

import (
	"encoding/xml"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

// TestAnEndpointOfItsOwnAddress has a VPC endpoint with an address of this machine, where the server listens too: what
// arrives there came through the endpoint, whatever the client calls the server.
func TestAnEndpointOfItsOwnAddress(t *testing.T) {
	t.Parallel()
	s := first(t, "--also-listen", "127.0.0.77:0")
	at := regexp.MustCompile(`also at https://(\S+)`).FindStringSubmatch(s.out.String())
	require.NotNil(t, at, s.out)
	host, _, err := net.SplitHostPort(at[1])
	require.NoError(t, err)
	ec2 := func(action string, more url.Values) string { // older commands of AWS do not know SubnetConfigurations
		if more == nil {
			more = url.Values{}
		}
		more.Set("Action", action)
		more.Set("Version", "2016-11-15")
		header := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}
		return string(ask(t, s.http(t), presigned(t, s, "ec2", header, more.Encode())()))
	}
	var known struct {
		Subnets []struct {
			ID   string `xml:"subnetId"`
			VPC  string `xml:"vpcId"`
			CIDR string `xml:"cidrBlock"`
		} `xml:"subnetSet>item"`
	}
	require.NoError(t, xml.Unmarshal([]byte(ec2("DescribeSubnets", nil)), &known))
	subnet, vpc := "", ""
	for _, n := range known.Subnets {
		if netip.MustParsePrefix(n.CIDR).Contains(netip.MustParseAddr(host)) {
			subnet, vpc = n.ID, n.VPC
		}
	}
	require.NotEmpty(t, subnet, "the loopback's")
	made := ec2("CreateVpcEndpoint", url.Values{
		"VpcId": {vpc}, "VpcEndpointType": {"Interface"}, "ServiceName": {"com.amazonaws." + region + ".sts"}, "SubnetId.1": {subnet},
		"SubnetConfiguration.1.SubnetId": {subnet}, "SubnetConfiguration.1.Ipv4": {host},
	})
	id := regexp.MustCompile(`<vpcEndpointId>(vpce-\w+)`).FindStringSubmatch(made)
	require.NotNil(t, id, made)
	_, err = iam.NewFromConfig(s.sdk(t)).PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String("admin"), PolicyName: aws.String("fence"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sts:GetFederationToken","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"` + id[1] + `"}}}]}`)})
	require.NoError(t, err)
	call := func(base string) error {
		c := s.sdk(t)
		c.BaseEndpoint = &base
		_, err := sts.NewFromConfig(c).GetFederationToken(t.Context(), &sts.GetFederationTokenInput{Name: aws.String("fred")})
		return err
	}
	require.ErrorContains(t, call(s.url), "with an explicit deny")
	require.NoError(t, call("https://"+at[1]))
}
