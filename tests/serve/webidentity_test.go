package serve_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// TestWebIdentities: a token of a registered provider takes the place of a signature, on the conditions of the role's trust.
func TestWebIdentities(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	var provider *httptest.Server
	provider = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "openid-configuration") {
			_ = json.NewEncoder(w).Encode(map[string]any{"issuer": provider.URL, "jwks_uri": provider.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}})
			return
		}
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256"}}})
	}))
	defer provider.Close()
	token := func(subject string) *string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
		require.NoError(t, err)
		payload, err := json.Marshal(map[string]any{"iss": provider.URL, "aud": "whimbrel", "sub": subject, "exp": time.Now().Add(time.Hour).Unix()})
		require.NoError(t, err)
		signed, err := signer.Sign(payload)
		require.NoError(t, err)
		text, err := signed.CompactSerialize()
		require.NoError(t, err)
		return &text
	}

	s := first(t)
	c, ctx := s.sdk(t), t.Context()
	sum := sha1.Sum(provider.Certificate().Raw)
	made, err := iam.NewFromConfig(c).CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: &provider.URL, ClientIDList: []string{"whimbrel"}, ThumbprintList: []string{hex.EncodeToString(sum[:])},
	})
	require.NoError(t, err)
	host := strings.TrimPrefix(provider.URL, "https://")
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + *made.OpenIDConnectProviderArn + `"},"Action":"sts:AssumeRoleWithWebIdentity",` +
		`"Condition":{"StringEquals":{"` + host + `:aud":"whimbrel"},"StringLike":{"` + host + `:sub":"repo:shop/*"}}}]}`
	role, err := iam.NewFromConfig(c).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("ci"), AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	_, err = iam.NewFromConfig(c).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("ci"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allowUsers)})
	require.NoError(t, err)

	unsigned := c
	unsigned.Credentials = aws.AnonymousCredentials{}
	api := sts.NewFromConfig(unsigned)
	in := &sts.AssumeRoleWithWebIdentityInput{RoleArn: role.Role.Arn, RoleSessionName: aws.String("build"), WebIdentityToken: token("repo:shop/main")}
	got, err := api.AssumeRoleWithWebIdentity(ctx, in)
	require.NoError(t, err)
	require.Equal(t, "repo:shop/main", *got.SubjectFromWebIdentityToken)
	who, err := sts.NewFromConfig(with(c, got.Credentials)).GetCallerIdentity(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, "arn:aws:sts::"+account+":assumed-role/ci/build", *who.Arn)
	_, err = iam.NewFromConfig(with(c, got.Credentials)).ListUsers(ctx, nil)
	require.NoError(t, err)

	in.WebIdentityToken = token("repo:evil/main")
	_, err = api.AssumeRoleWithWebIdentity(ctx, in)
	require.Equal(t, "AccessDenied", code(t, err), "the trust's conditions do not hold")
	in.WebIdentityToken = token("repo:shop/main")
	in.RoleArn = aws.String("arn:aws:iam::" + account + ":role/none")
	_, err = api.AssumeRoleWithWebIdentity(ctx, in)
	require.Equal(t, "AccessDenied", code(t, err))
	in.RoleArn = aws.String(peopleRole(t, s))
	_, err = api.AssumeRoleWithWebIdentity(ctx, in)
	require.Equal(t, "AccessDenied", code(t, err), "a role that trusts users alone")
	in.RoleArn, in.WebIdentityToken = role.Role.Arn, aws.String(*token("repo:shop/main")+"x")
	_, err = api.AssumeRoleWithWebIdentity(ctx, in)
	require.Equal(t, "InvalidIdentityToken", code(t, err))
	_, err = api.GetCallerIdentity(ctx, nil)
	require.Equal(t, "MissingAuthenticationToken", code(t, err))
}

// peopleRole makes a role that trusts the administrator alone.
func peopleRole(t *testing.T, s *server) string {
	t.Helper()
	return role(t, t.Context(), s.sdk(t), "people", "", allowUsers)
}
