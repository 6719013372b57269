package serve_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"
)

// TestASecondFactorOpens has a user whose policies, and a role whose trust policy, ask for a second factor: with the code of
// a device they let in, with the same code again they do not.
func TestASecondFactorOpens(t *testing.T) {
	t.Parallel()
	s := first(t)
	ctx, admin := t.Context(), iam.NewFromConfig(s.sdk(t))
	name, policy := aws.String("ann"), `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"dms:DescribeEndpoints","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}},
		{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`
	_, err := admin.CreateUser(ctx, &iam.CreateUserInput{UserName: name})
	require.NoError(t, err)
	_, err = admin.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("p"), PolicyDocument: &policy})
	require.NoError(t, err)
	key, err := admin.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	require.NoError(t, err)
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:user/ann"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`
	role, err := admin.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("careful"), AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)

	device, err := admin.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: name})
	require.NoError(t, err)
	seed, serial := string(device.VirtualMFADevice.Base32StringSeed), device.VirtualMFADevice.SerialNumber
	at := time.Now().Add(-9 * time.Minute)
	code := func() *string { // each is of the step after the one before
		at = at.Add(30 * time.Second)
		c, err := totp.GenerateCode(seed, at)
		require.NoError(t, err)
		return &c
	}
	_, err = admin.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{UserName: name, SerialNumber: serial, AuthenticationCode1: code(), AuthenticationCode2: code()})
	require.NoError(t, err)
	next := func() *string { // without a wait: the device's clock is set anew each time
		_, err := admin.ResyncMFADevice(ctx, &iam.ResyncMFADeviceInput{UserName: name, SerialNumber: serial, AuthenticationCode1: code(), AuthenticationCode2: code()})
		require.NoError(t, err)
		return code()
	}
	own := with(s.sdk(t), &ststypes.Credentials{AccessKeyId: key.AccessKey.AccessKeyId, SecretAccessKey: key.AccessKey.SecretAccessKey, SessionToken: aws.String("")})
	api := sts.NewFromConfig(own)
	allowed := func(c *ststypes.Credentials) error {
		_, err := dms.NewFromConfig(with(s.sdk(t), c)).DescribeEndpoints(ctx, nil)
		return err
	}
	_, err = dms.NewFromConfig(own).DescribeEndpoints(ctx, nil)
	require.ErrorContains(t, err, "AccessDenied")
	plain, err := api.GetSessionToken(ctx, nil)
	require.NoError(t, err)
	require.ErrorContains(t, allowed(plain.Credentials), "AccessDenied", "a session without a second factor")
	once := next()
	good, err := api.GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: serial, TokenCode: once})
	require.NoError(t, err)
	require.NoError(t, allowed(good.Credentials))
	_, err = api.GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: serial, TokenCode: once})
	require.ErrorContains(t, err, "MultiFactorAuthentication failed", "a code again")
	_, err = api.GetSessionToken(ctx, &sts.GetSessionTokenInput{TokenCode: next()})
	require.ErrorContains(t, err, "MultiFactorAuthentication failed", "a code of nothing")

	assume := func(serial, code *string) (*sts.AssumeRoleOutput, error) {
		return api.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: role.Role.Arn, RoleSessionName: name, SerialNumber: serial, TokenCode: code})
	}
	_, err = assume(nil, nil)
	require.ErrorContains(t, err, "AccessDenied")
	_, err = assume(serial, next())
	require.NoError(t, err)
	_, err = assume(serial, once)
	require.ErrorContains(t, err, "MultiFactorAuthentication failed")

	found := s.must(t, "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue=CreateVirtualMFADevice")
	require.NotContains(t, found["Events"].([]any)[0].(map[string]any)["CloudTrailEvent"], seed, "no seed in the trail")
}
