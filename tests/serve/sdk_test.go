package serve_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

// sdk is the Go SDK's configuration for a server.
func (s *server) sdk(t testing.TB) aws.Config {
	t.Helper()
	id, secret := s.credentials(t)
	return aws.Config{
		Region: region, BaseEndpoint: &s.url, HTTPClient: s.http(t), Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
		RetryMaxAttempts: 1,
	}
}

// with are other credentials.
func with(c aws.Config, k *ststypes.Credentials) aws.Config {
	c.Credentials = credentials.NewStaticCredentialsProvider(*k.AccessKeyId, *k.SecretAccessKey, *k.SessionToken)
	return c
}

func code(t testing.TB, err error) string {
	t.Helper()
	var e smithy.APIError
	require.ErrorAs(t, err, &e)
	return e.ErrorCode()
}

// role makes a role that trusts the administrator, on conditions.
func role(t testing.TB, ctx context.Context, c aws.Config, name, condition, permissions string) string {
	t.Helper()
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + admin + `"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]` + condition + `}]}`
	made, err := iam.NewFromConfig(c).CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	if permissions != "" {
		_, err = iam.NewFromConfig(c).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("p"), PolicyDocument: &permissions})
		require.NoError(t, err)
	}
	return *made.Role.Arn
}

const allowUsers = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ListUsers","sts:AssumeRole","sts:TagSession"],"Resource":"*"}]}`

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	s := first(t)
	c, ctx := s.sdk(t), t.Context()
	api := sts.NewFromConfig(c)
	arn := role(t, ctx, c, "reader", `,"Condition":{"StringEquals":{"sts:ExternalId":"secret-handshake"}}`, allowUsers)

	in := &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("night")}
	_, err := api.AssumeRole(ctx, in)
	require.Equal(t, "AccessDenied", code(t, err))
	in.ExternalId = aws.String("secret-handshake")
	got, err := api.AssumeRole(ctx, in)
	require.NoError(t, err)
	require.Equal(t, "arn:aws:sts::"+account+":assumed-role/reader/night", *got.AssumedRoleUser.Arn)
	session := with(c, got.Credentials)
	who, err := sts.NewFromConfig(session).GetCallerIdentity(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, *got.AssumedRoleUser.Arn, *who.Arn)
	require.Equal(t, *got.AssumedRoleUser.AssumedRoleId, *who.UserId)

	_, err = iam.NewFromConfig(session).ListUsers(ctx, nil)
	require.NoError(t, err)
	_, err = iam.NewFromConfig(session).ListRoles(ctx, nil)
	require.Equal(t, "AccessDenied", code(t, err))
	require.ErrorContains(t, err, "User: "+*who.Arn+" is not authorized to perform: iam:ListRoles")
	require.ErrorContains(t, err, "because no identity-based policy allows the iam:ListRoles action")

	in.Policy = aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}]}`)
	got, err = api.AssumeRole(ctx, in)
	require.NoError(t, err)
	require.NotNil(t, got.PackedPolicySize) //nolint:staticcheck // what the service has answered all along
	_, err = iam.NewFromConfig(with(c, got.Credentials)).ListUsers(ctx, nil)
	require.ErrorContains(t, err, "because no session policy allows the iam:ListUsers action")

	in.Policy, in.DurationSeconds = nil, aws.Int32(7200)
	_, err = api.AssumeRole(ctx, in)
	require.ErrorContains(t, err, "exceeds the MaxSessionDuration")

	// Mixed up: the key of one session with the token of another, and a token that was changed.
	in.DurationSeconds = nil
	one, err := api.AssumeRole(ctx, in)
	require.NoError(t, err)
	mixed := *one.Credentials
	mixed.SessionToken = got.Credentials.SessionToken
	_, err = sts.NewFromConfig(with(c, &mixed)).GetCallerIdentity(ctx, nil)
	require.Equal(t, "InvalidClientTokenId", code(t, err))
	changed := []byte(*one.Credentials.SessionToken)
	changed[40]++
	mixed.SessionToken = aws.String(string(changed))
	_, err = sts.NewFromConfig(with(c, &mixed)).GetCallerIdentity(ctx, nil)
	require.Equal(t, "InvalidClientTokenId", code(t, err))

	// A session ends with its role, also when another takes the name.
	_, err = iam.NewFromConfig(c).DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String("reader"), PolicyName: aws.String("p")})
	require.NoError(t, err)
	_, err = iam.NewFromConfig(c).DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("reader")})
	require.NoError(t, err)
	_, err = sts.NewFromConfig(session).GetCallerIdentity(ctx, nil)
	require.Equal(t, "InvalidClientTokenId", code(t, err))
	role(t, ctx, c, "reader", "", allowUsers)
	_, err = sts.NewFromConfig(session).GetCallerIdentity(ctx, nil)
	require.Equal(t, "InvalidClientTokenId", code(t, err))
}

func TestSessionTagsAndChaining(t *testing.T) {
	t.Parallel()
	s := first(t)
	c, ctx := s.sdk(t), t.Context()
	byTag := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"data"}}},{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Resource":"*"}]}`
	first := role(t, ctx, c, "first", "", byTag)
	second := role(t, ctx, c, "second", "", byTag)
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + first + `"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
	_, err := iam.NewFromConfig(c).UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("second"), PolicyDocument: &trust})
	require.NoError(t, err)

	in := &sts.AssumeRoleInput{RoleArn: &first, RoleSessionName: aws.String("me")}
	plain, err := sts.NewFromConfig(c).AssumeRole(ctx, in)
	require.NoError(t, err)
	_, err = iam.NewFromConfig(with(c, plain.Credentials)).ListUsers(ctx, nil)
	require.Equal(t, "AccessDenied", code(t, err))

	in.Tags = []ststypes.Tag{{Key: aws.String("team"), Value: aws.String("data")}}
	in.TransitiveTagKeys = []string{"team"}
	tagged, err := sts.NewFromConfig(c).AssumeRole(ctx, in)
	require.NoError(t, err)
	_, err = iam.NewFromConfig(with(c, tagged.Credentials)).ListUsers(ctx, nil)
	require.NoError(t, err)

	next := &sts.AssumeRoleInput{RoleArn: &second, RoleSessionName: aws.String("me")}
	chained, err := sts.NewFromConfig(with(c, tagged.Credentials)).AssumeRole(ctx, next)
	require.NoError(t, err)
	_, err = iam.NewFromConfig(with(c, chained.Credentials)).ListUsers(ctx, nil)
	require.NoError(t, err, "transitive tags go along")
	next.Tags = []ststypes.Tag{{Key: aws.String("Team"), Value: aws.String("other")}}
	_, err = sts.NewFromConfig(with(c, tagged.Credentials)).AssumeRole(ctx, next)
	require.ErrorContains(t, err, "transitive tag key from the calling session")
	next.Tags, next.DurationSeconds = nil, aws.Int32(7200)
	_, err = sts.NewFromConfig(with(c, tagged.Credentials)).AssumeRole(ctx, next)
	require.ErrorContains(t, err, "role chaining")
}

func TestUsersKeysAndTheirEnd(t *testing.T) {
	t.Parallel()
	s := first(t)
	c, ctx := s.sdk(t), t.Context()
	api := iam.NewFromConfig(c)
	name := aws.String("carol")
	_, err := api.CreateUser(ctx, &iam.CreateUserInput{UserName: name})
	require.NoError(t, err)
	made, err := api.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	require.NoError(t, err)
	user := c
	user.Credentials = credentials.NewStaticCredentialsProvider(*made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey, "")
	who, err := sts.NewFromConfig(user).GetCallerIdentity(ctx, nil)
	require.NoError(t, err, "what was written is there at once")
	require.Equal(t, "arn:aws:iam::"+account+":user/carol", *who.Arn)
	session, err := sts.NewFromConfig(user).GetSessionToken(ctx, nil)
	require.NoError(t, err)

	_, err = iam.NewFromConfig(user).ListUsers(ctx, nil)
	require.ErrorContains(t, err, "because no identity-based policy allows the iam:ListUsers action")
	_, err = api.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(allowUsers)})
	require.NoError(t, err)
	_, err = iam.NewFromConfig(user).ListUsers(ctx, nil)
	require.NoError(t, err)
	_, err = iam.NewFromConfig(with(c, session.Credentials)).ListUsers(ctx, nil)
	require.Equal(t, "AccessDenied", code(t, err), "IAM needs a second factor in a session")

	inactive := &iam.UpdateAccessKeyInput{UserName: name, AccessKeyId: made.AccessKey.AccessKeyId, Status: "Inactive"}
	_, err = api.UpdateAccessKey(ctx, inactive)
	require.NoError(t, err)
	_, err = sts.NewFromConfig(user).GetCallerIdentity(ctx, nil)
	require.Equal(t, "InvalidClientTokenId", code(t, err))
	_, err = api.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: made.AccessKey.AccessKeyId})
	require.NoError(t, err)
	_, err = api.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: name, PolicyName: aws.String("p")})
	require.NoError(t, err)
	_, err = api.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
	require.NoError(t, err)
	_, err = sts.NewFromConfig(with(c, session.Credentials)).GetCallerIdentity(ctx, nil)
	require.Equal(t, "InvalidClientTokenId", code(t, err), "a session ends with its user")
}
