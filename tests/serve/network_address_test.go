package serve_test

import (
	"net"
	"net/http"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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
	vpc := text(t, s.must(t, "ec2", "describe-vpcs"), "Vpcs", 0, "VpcId")
	subnet := ""
	for _, n := range s.must(t, "ec2", "describe-subnets")["Subnets"].([]any) {
		if _, block, err := net.ParseCIDR(text(t, n, "CidrBlock")); err == nil && block.Contains(net.ParseIP(host)) {
			subnet = text(t, n, "SubnetId")
		}
	}
	require.NotEmpty(t, subnet, "the loopback's")
	id := text(t, s.must(t, "ec2", "create-vpc-endpoint", "--vpc-id", vpc, "--vpc-endpoint-type", "Interface", "--service-name", "com.amazonaws."+region+".sts",
		"--subnet-ids", subnet, "--subnet-configurations", "SubnetId="+subnet+",Ipv4="+host), "VpcEndpoint", "VpcEndpointId")
	s.must(t, "iam", "put-user-policy", "--user-name", "admin", "--policy-name", "fence", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sts:GetFederationToken","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"`+id+`"}}}]}`)
	call := func(base string) error {
		c := s.sdk(t)
		c.BaseEndpoint = aws.String(base)
		_, err := sts.NewFromConfig(c).GetFederationToken(t.Context(), &sts.GetFederationTokenInput{Name: aws.String("f")})
		c.HTTPClient.(*http.Client).CloseIdleConnections()
		return err
	}
	require.ErrorContains(t, call(s.url), "with an explicit deny")
	require.NoError(t, call("https://"+at[1]))
}
