package manifest

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const aKey = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

// shownAPI shows one instance and one certificate with tags, and notes what else is called.
type shownAPI struct {
	instance, certificate map[string]any
	tags                  []any
	called                []string
}

func (f *shownAPI) Call(_ context.Context, operation string, in, out any) error {
	answer := map[string]any{}
	switch operation {
	case "DescribeReplicationInstances":
		answer["ReplicationInstances"] = []any{f.instance}
	case "DescribeCertificates":
		answer["Certificates"] = []any{f.certificate}
	case "ListTagsForResource":
		answer["TagList"] = f.tags
	default:
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		f.called = append(f.called, operation+" "+string(text))
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, out)
}

func applied(t *testing.T, text string, api *shownAPI, o Options) (steps []string, err error) {
	t.Helper()
	m, err := Read(strings.NewReader(text), "f.yaml", t.TempDir(), environment(nil))
	require.NoError(t, err)
	o.Tell = func(s Step) {
		steps = append(steps, strings.TrimSpace(fmt.Sprint(s.Action, " ", s.Identifier, " ", s.Members, " ", s.Note)))
	}
	return steps, m.Apply(t.Context(), api, o)
}

func TestApplyAgainChangesNothing(t *testing.T) {
	t.Parallel()
	block := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("an authority")}))
	api := &shownAPI{
		instance: map[string]any{
			"ReplicationInstanceIdentifier": "shop", "ReplicationInstanceArn": "arn:shop", "ReplicationInstanceClass": "dms.t3.medium", "EngineVersion": "3.6.1", "KmsKeyId": aKey,
		},
		certificate: map[string]any{"CertificateIdentifier": "ca", "CertificateArn": "arn:ca", "CertificatePem": block, "KmsKeyId": aKey},
		tags:        []any{map[string]any{"Key": "team", "Value": "data"}, map[string]any{"Key": "stage", "Value": "test"}},
	}
	text := `
ReplicationInstances:
  - {ReplicationInstanceIdentifier: shop, ReplicationInstanceClass: dms.t3.medium, EngineVersion: 3.5.4, KmsKeyId: VERSION, Tags: {team: data}}
Certificates:
  - {CertificateIdentifier: ca, KmsKeyId: alias/shop, CertificatePem: ` + fmt.Sprintf("%q", "# the authority of the shop\r\n"+strings.ReplaceAll(block, "\n", "\r\n")) + `}
`
	for _, key := range []string{aKey, "1234abcd-12ab-34cd-56ef-1234567890ab"} {
		steps, err := applied(t, strings.Replace(text, "VERSION", key, 1), api, Options{})
		require.NoError(t, err)
		require.Equal(t, []string{"unchanged shop []", "unchanged ca [] whether its key is the one of alias/shop was not compared"}, steps)
	}
	require.Empty(t, api.called)

	_, err := applied(t, strings.Replace(text, "VERSION", strings.Replace(aKey, "1234abcd", "00000000", 1), 1), api, Options{})
	require.ErrorContains(t, err, "the replication instance shop is there with another KmsKeyId ("+aKey+"), which ModifyReplicationInstance does not change")

	other := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("another authority")}))
	api.certificate["CertificatePem"] = block + other
	_, err = applied(t, strings.Replace(text, "VERSION", aKey, 1), api, Options{})
	require.ErrorContains(t, err, "the certificate ca is there with another CertificatePem")
}

func TestApplySetsTagsThatAreOtherwise(t *testing.T) {
	t.Parallel()
	api := &shownAPI{
		instance: map[string]any{"ReplicationInstanceIdentifier": "shop", "ReplicationInstanceArn": "arn:shop", "ReplicationInstanceClass": "dms.t3.medium"},
		tags:     []any{map[string]any{"Key": "team", "Value": "sales"}, map[string]any{"Key": "stage", "Value": "test"}, map[string]any{"Key": "own", "Value": "x"}},
	}
	text := `
ReplicationInstances:
  - {ReplicationInstanceIdentifier: shop, ReplicationInstanceClass: dms.t3.medium, Tags: {team: data, stage: test, new: "1"}}
`
	steps, err := applied(t, text, api, Options{DryRun: true})
	require.NoError(t, err)
	require.Equal(t, []string{"modify shop [Tags]"}, steps)
	require.Empty(t, api.called)

	steps, err = applied(t, text, api, Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"modify shop [Tags]"}, steps)
	require.Equal(t, []string{`AddTagsToResource {"ResourceArn":"arn:shop","Tags":[{"Key":"new","Value":"1"},{"Key":"team","Value":"data"}]}`}, api.called)
}

func TestVersionsThatReachAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		have, want string
		reaches    bool
	}{
		{"3.5.4", "3.5.4", true}, {"3.6.1", "3.5.4", true}, {"3.10.0", "3.9.9", true}, {"3.5.4", "3.6.1", false}, {"3.5", "3.5.4", false}, {"3.5.4", "3.5", true}, {"<nil>", "3.5.4", false},
	} {
		require.Equal(t, c.reaches, reaches(c.have, c.want), "%v", c)
	}
}
