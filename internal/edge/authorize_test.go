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
