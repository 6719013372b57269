package edge_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// everything lets everyone do all.
type everything struct{ *policy.Policy }

func (e everything) Speak(*service.Principal) (*policy.Policies, error) {
	return &policy.Policies{Identity: []*policy.Policy{e.Policy}}, nil
}

// TestWhoseResourceItIs: aws:ResourceAccount is the account of the ARN, and for what has none the one that is called.
func TestWhoseResourceItIs(t *testing.T) {
	fence, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceAccount":"111122223333"}}}]}`, policy.Identity, 0)
	require.NoError(t, err)
	decider := &edge.Policies{Speakers: everything{fence}}
	call := &service.Call{
		Service: &kmsapi.Service, Operation: kmsapi.Service.Operation("Decrypt"), Account: "111122223333",
		Principal: &service.Principal{Kind: service.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/a"},
	}
	for resource, own := range map[string]bool{
		"arn:aws:kms:us-east-1:111122223333:key/k": true, "arn:aws:kms:us-east-1:999999999999:key/k": false, "*": true, "arn:aws:s3:::bucket": true,
	} {
		for _, tags := range []map[string]string{nil, {"stage": "prod"}} {
			_, decision, keys, err := decider.Explain(t.Context(), call, service.Check{Action: "kms:Decrypt", Resource: resource, Tags: tags})
			require.NoError(t, err)
			require.Equal(t, !own, decision.Explicit, resource)
			require.Len(t, keys.Get("aws:ResourceAccount"), 1, resource)
		}
	}
}

// TestNoTagHidesAnother: two tags may differ in their case alone, which the names of condition keys do not.
func TestNoTagHidesAnother(t *testing.T) {
	fence, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"ec2:ResourceTag/stage":"prod"}}}]}`, policy.Identity, 0)
	require.NoError(t, err)
	decider := &edge.Policies{Speakers: everything{fence}}
	call := &service.Call{
		Service: &kmsapi.Service, Operation: kmsapi.Service.Operation("Decrypt"), Account: "111122223333",
		Principal: &service.Principal{Kind: service.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/a"},
	}
	for range 50 { // maps have their own order each time
		denial, err := decider.Authorize(t.Context(), call, []service.Check{{
			Action: "ec2:DeleteVpc", Resource: "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1",
			Keys: map[string][]string{"ec2:ResourceTag/stage": {"prod"}, "ec2:ResourceTag/Stage": {"test"}, "ec2:ResourceTag/STAGE": {"x"}},
		}})
		require.NoError(t, err)
		require.Contains(t, denial, "explicit deny")
	}
}

// TestNothingIsDecidedOfWhatCouldNotBeRead: a key whose policy could not be read may be one whose policy denies.
func TestNothingIsDecidedOfWhatCouldNotBeRead(t *testing.T) {
	all, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, policy.Identity, 0)
	require.NoError(t, err)
	decider := &edge.Policies{Speakers: everything{all}}
	call := &service.Call{
		Service: &kmsapi.Service, Operation: kmsapi.Service.Operation("Decrypt"),
		Principal: &service.Principal{Kind: service.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/a"},
	}
	check := service.Check{Action: "kms:Decrypt", Resource: "arn:aws:kms:us-east-1:111122223333:key/k"}
	denial, err := decider.Authorize(t.Context(), call, []service.Check{check})
	require.NoError(t, err)
	require.Empty(t, denial)

	check.Unread = errors.New("the store is away")
	_, err = decider.Authorize(t.Context(), call, []service.Check{{Action: "kms:ListKeys", Resource: "*"}, check})
	require.ErrorIs(t, err, check.Unread)
	_, _, err = decider.Denied(t.Context(), call, []service.Check{check})
	require.ErrorIs(t, err, check.Unread)
	_, _, _, err = decider.Explain(t.Context(), call, check)
	require.ErrorIs(t, err, check.Unread)
}
