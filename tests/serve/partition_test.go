package serve_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestOtherPartitions: in each the stock command works and all names are the partition's; IAM, which has no regions, also takes what is signed
// for the region that SDKs sign it for when they call it by AWS's own name, and for no other partition's.
func TestOtherPartitions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ partition, region, home, dms, kms string }{
		{"aws-us-gov", "us-gov-east-1", "us-gov-west-1", "com.amazonaws.us-gov-east-1.dms", "com.amazonaws.us-gov-east-1.kms"},
		{"aws-cn", "cn-northwest-1", "cn-north-1", "cn.com.amazonaws.cn-northwest-1.dms", "com.amazonaws.cn-northwest-1.kms"},
	} {
		t.Run(c.partition, func(t *testing.T) {
			s := start(t, servertest.ShortDir(t), "--partition", c.partition, "--region", c.region, "--account", account, "--dms-roles")
			must := func(args ...string) map[string]any {
				t.Helper()
				answer, err := s.aws(t, []string{"AWS_DEFAULT_REGION=" + c.region, "AWS_REGION=" + c.region}, args...)
				require.NoError(t, err)
				return answer
			}
			require.Equal(t, "arn:"+c.partition+":iam::"+account+":user/admin", text(t, must("iam", "get-user"), "User", "Arn"))
			require.Equal(t, "arn:"+c.partition+":iam::"+account+":user/admin", text(t, must("sts", "get-caller-identity"), "Arn"))
			for signed, want := range map[string]string{c.home: "", "us-east-1": "SignatureDoesNotMatch"} {
				client := s.sdk(t)
				client.Region = signed
				_, err := iam.NewFromConfig(client).ListUsers(t.Context(), nil)
				if want == "" {
					require.NoError(t, err)
					continue
				}
				require.Equal(t, want, code(t, err))
			}
			attached := must("iam", "list-attached-user-policies", "--user-name", "admin")
			require.Equal(t, "arn:"+c.partition+":iam::aws:policy/AdministratorAccess", text(t, attached, "AttachedPolicies", 0, "PolicyArn"))
			attached = must("iam", "list-attached-role-policies", "--role-name", "dms-vpc-role")
			require.Equal(t, "arn:"+c.partition+":iam::aws:policy/service-role/AmazonDMSVPCManagementRole", text(t, attached, "AttachedPolicies", 0, "PolicyArn"))
			vpc := text(t, must("ec2", "describe-vpcs"), "Vpcs", 0, "VpcId")
			for _, name := range []string{c.dms, c.kms} {
				found := must("ec2", "describe-vpc-endpoint-services", "--service-names", name)
				require.Equal(t, name[len(name)-3:]+"."+c.region+".amazonaws.com", text(t, found, "ServiceDetails", 0, "PrivateDnsName"))
				made := must("ec2", "create-vpc-endpoint", "--vpc-endpoint-type", "Interface", "--vpc-id", vpc, "--service-name", name)
				require.Equal(t, name, text(t, made, "VpcEndpoint", "ServiceName"))
			}
		})
	}
}
