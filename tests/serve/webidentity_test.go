package serve_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"maps"
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

// An issuer is an identity provider with a key of its own.
type issuer struct {
	*httptest.Server
	key *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	p := &issuer{key: key}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "openid-configuration") {
			_ = json.NewEncoder(w).Encode(map[string]any{"issuer": p.URL, "jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}})
			return
		}
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256"}}})
	}))
	t.Cleanup(p.Close)
	return p
}

// token signs claims of a subject.
func (p *issuer) token(t *testing.T, subject string, more map[string]any) *string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.key, KeyID: "1"}}, nil)
	require.NoError(t, err)
	claims := map[string]any{"iss": p.URL, "aud": "whimbrel", "sub": subject, "exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(claims, more)
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	text, err := signed.CompactSerialize()
	require.NoError(t, err)
	return &text
}

// register makes the provider known to a server.
func (p *issuer) register(t *testing.T, c aws.Config) (arn string) {
	t.Helper()
	sum := sha1.Sum(p.Certificate().Raw)
	made, err := iam.NewFromConfig(c).CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{
		Url: &p.URL, ClientIDList: []string{"whimbrel"}, ThumbprintList: []string{hex.EncodeToString(sum[:])},
	})
	require.NoError(t, err)
	return *made.OpenIDConnectProviderArn
}

// TestWebIdentities: a token of a registered provider takes the place of a signature, on the conditions of the role's trust.
func TestWebIdentities(t *testing.T) {
	t.Parallel()
	provider := newIssuer(t)
	token := func(subject string) *string { return provider.token(t, subject, nil) }

	s := first(t)
	c, ctx := s.sdk(t), t.Context()
	arn := provider.register(t, c)
	host := strings.TrimPrefix(provider.URL, "https://")
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + arn + `"},"Action":"sts:AssumeRoleWithWebIdentity",` +
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

	for name, where := range map[string][]any{"AssumeRoleWithWebIdentity": {"userIdentity", "identityProvider"}, "ListUsers": {"userIdentity", "sessionContext", "webIdFederationData", "federatedProvider"}} {
		found := s.must(t, "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue="+name)
		var event any
		require.NoError(t, json.Unmarshal([]byte(text(t, found, "Events", 0, "CloudTrailEvent")), &event))
		require.Equal(t, arn, text(t, event, where...), name)
	}

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

// TestWebIdentitiesTagTheirSessions: what the provider says of a person becomes the session's tags and source identity, where the trust lets
// it, and both go along into the roles that the session takes on.
func TestWebIdentitiesTagTheirSessions(t *testing.T) {
	t.Parallel()
	provider := newIssuer(t)
	s := first(t)
	c, ctx := s.sdk(t), t.Context()
	admin := iam.NewFromConfig(c)
	federated := `{"Effect":"Allow","Principal":{"Federated":"` + provider.register(t, c) + `"},"Action":`
	trust := func(more string) *string {
		return aws.String(`{"Version":"2012-10-17","Statement":[` + federated + `"sts:AssumeRoleWithWebIdentity"}` + more + `]}`)
	}
	made, err := admin.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("people"), AssumeRolePolicyDocument: trust("")})
	require.NoError(t, err)
	permits := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"data","aws:SourceIdentity":"ada"}}},` +
		`{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],"Resource":"*"}]}`
	next, err := admin.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("next"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + *made.Role.Arn + `"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}]}`)})
	require.NoError(t, err)
	for _, name := range []string{"people", "next"} {
		_, err = admin.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("p"), PolicyDocument: &permits})
		require.NoError(t, err)
	}
	unsigned := c
	unsigned.Credentials = aws.AnonymousCredentials{}
	in := &sts.AssumeRoleWithWebIdentityInput{RoleArn: made.Role.Arn, RoleSessionName: aws.String("ada")}
	assume := func(claims map[string]any) (*sts.AssumeRoleWithWebIdentityOutput, error) {
		in.WebIdentityToken = provider.token(t, "ada", claims)
		return sts.NewFromConfig(unsigned).AssumeRoleWithWebIdentity(ctx, in)
	}
	nested := map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"data"}, "cost": []string{"7"}}, "transitive_tag_keys": []string{"team"}}}
	flat := map[string]any{"https://aws.amazon.com/tags/principal_tags/team": "data", "https://aws.amazon.com/tags/transitive_tag_keys": []string{"team"}}
	source := map[string]any{"https://aws.amazon.com/source_identity": "ada"}

	_, err = assume(nested)
	require.ErrorContains(t, err, "sts:TagSession", "the trust says nothing of tags")
	_, err = assume(source)
	require.ErrorContains(t, err, "sts:SetSourceIdentity")
	_, err = admin.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("people"), PolicyDocument: trust(
		`,` + federated + `"sts:TagSession","Condition":{"StringEquals":{"aws:RequestTag/team":"data"},"ForAllValues:StringEquals":{"sts:TransitiveTagKeys":["team"]}}},` +
			federated + `"sts:SetSourceIdentity","Condition":{"StringLike":{"sts:SourceIdentity":"a*"}}}`)})
	require.NoError(t, err)

	for _, tags := range []map[string]any{nested, flat} {
		got, err := assume(tags)
		require.NoError(t, err)
		_, err = iam.NewFromConfig(with(c, got.Credentials)).ListUsers(ctx, nil)
		require.Equal(t, "AccessDenied", code(t, err), "nobody knows who it is")
		both := maps.Clone(tags)
		maps.Copy(both, source)
		got, err = assume(both)
		require.NoError(t, err)
		require.Equal(t, "ada", *got.SourceIdentity)
		_, err = iam.NewFromConfig(with(c, got.Credentials)).ListUsers(ctx, nil)
		require.NoError(t, err)
		chained, err := sts.NewFromConfig(with(c, got.Credentials)).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: next.Role.Arn, RoleSessionName: aws.String("ada")})
		require.NoError(t, err)
		require.Equal(t, "ada", *chained.SourceIdentity)
		_, err = iam.NewFromConfig(with(c, chained.Credentials)).ListUsers(ctx, nil)
		require.NoError(t, err, "the transitive tag and the source identity go along")
		_, err = sts.NewFromConfig(with(c, got.Credentials)).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: next.Role.Arn, RoleSessionName: aws.String("ada"), SourceIdentity: aws.String("eve")})
		require.ErrorContains(t, err, "cannot be changed")
	}
	_, err = assume(map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": "other"}}})
	require.ErrorContains(t, err, "sts:TagSession", "not with a tag that the trust does not let be")
	_, err = assume(map[string]any{"https://aws.amazon.com/source_identity": "eve"})
	require.ErrorContains(t, err, "sts:SetSourceIdentity")
	for _, wrong := range []map[string]any{
		{"https://aws.amazon.com/tags": "team"}, {"https://aws.amazon.com/tags/principal_tags/team": []string{"a", "b"}}, {"https://aws.amazon.com/source_identity": "a b"},
		{"https://aws.amazon.com/tags/transitive_tag_keys": []string{"none"}}, {"https://aws.amazon.com/tags/principal_tags/": "x"},
	} {
		_, err = assume(wrong)
		require.Equal(t, "InvalidIdentityToken", code(t, err), "%v", wrong)
	}
}

// TestSourceIdentities: who sets one needs a permission for it, and policies see it from then on.
func TestSourceIdentities(t *testing.T) {
	t.Parallel()
	s := first(t)
	c, ctx := s.sdk(t), t.Context()
	arn := role(t, ctx, c, "operator", `,"Condition":{"StringLike":{"sts:SourceIdentity":"a*"}}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:SourceIdentity":"ada"}}}]}`)
	for source, allowed := range map[string]bool{"ada": true, "adam": false} {
		got, err := sts.NewFromConfig(c).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("ada"), SourceIdentity: &source})
		require.NoError(t, err)
		require.Equal(t, source, *got.SourceIdentity)
		_, err = iam.NewFromConfig(with(c, got.Credentials)).ListUsers(ctx, nil)
		require.Equal(t, allowed, err == nil, "%s: %v", source, err)
	}
	for _, source := range []*string{nil, aws.String("eve")} {
		_, err := sts.NewFromConfig(c).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("ada"), SourceIdentity: source})
		require.Equal(t, "AccessDenied", code(t, err))
	}
	trust := aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + admin + `"},"Action":"sts:AssumeRole"}]}`)
	_, err := iam.NewFromConfig(c).UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("operator"), PolicyDocument: trust})
	require.NoError(t, err)
	_, err = sts.NewFromConfig(c).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("ada"), SourceIdentity: aws.String("ada")})
	require.ErrorContains(t, err, "sts:SetSourceIdentity")
}
