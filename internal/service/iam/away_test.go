package iam

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/store"
)

var errAway = errors.New("the store is away for a moment")

// away is a store that does not answer about some keys.
type away struct {
	store.Store
	prefix string
}

func (a *away) Get(ctx context.Context, key string) (store.Item, error) {
	if strings.HasPrefix(key, a.prefix) {
		return store.Item{}, errAway
	}
	return a.Store.Get(ctx, key)
}

// TestAStoreThatIsAwayIsNotAnAbsence holds that what cannot be read is not taken for what is not there: neither in an answer,
// nor in what is authorized, where a record without its tags could be allowed what its tags deny.
func TestAStoreThatIsAwayIsNotAnAbsence(t *testing.T) {
	_, call, usage := newService(t)
	_, err := usage.store.Update(t.Context(), func(tx store.Tx) error {
		return store.Write(tx, identity.UserKey("ann"), identity.User{Name: "ann", Path: "/"})
	})
	require.NoError(t, err)
	directory, err := identity.Open(t.Context(), usage.store, identity.Config{Partition: "aws", Account: call.Account, Sealer: secret.NewKeyring(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	call.Operation = iamapi.Service.Operation("GetUser")
	const serial = "arn:aws:iam::111122223333:mfa/phone"
	partly := &Service{store: &away{usage.store, identity.MFAKey("")}, directory: directory}
	_, err = deviceOf(partly.read(t.Context()), "ann", serial)
	require.ErrorIs(t, err, errAway)
	require.False(t, isFault(err))
	whole := &Service{store: usage.store, directory: directory}
	_, err = deviceOf(whole.read(t.Context()), "ann", serial)
	require.ErrorContains(t, err, "is not enabled for user ann")

	names := map[string]func(s *Service) accessTo[string]{
		"user":     func(s *Service) accessTo[string] { return onUser(s, func(in *string) *string { return in }) },
		"group":    func(s *Service) accessTo[string] { return onGroup(s, func(in *string) *string { return in }) },
		"role":     func(s *Service) accessTo[string] { return onRole(s, func(in *string) *string { return in }) },
		"profile":  func(s *Service) accessTo[string] { return onProfile(s, func(in *string) *string { return in }) },
		"device":   func(s *Service) accessTo[string] { return onDevice(s, func(in *string) *string { return in }) },
		"policy":   func(s *Service) accessTo[string] { return onPolicy(s, func(in *string) *string { return in }) },
		"provider": func(s *Service) accessTo[string] { return onProvider(s, func(in *string) *string { return in }) },
	}
	asked := map[string]string{
		"device": serial, "policy": "arn:aws:iam::111122223333:policy/p", "provider": "arn:aws:iam::111122223333:oidc-provider/token.example.com",
	}
	for kind, make := range names {
		name := asked[kind]
		if name == "" {
			name = "x"
		}
		_, err := make(&Service{store: &away{usage.store, ""}, directory: directory})(t.Context(), call, &name)
		require.ErrorIs(t, err, errAway, kind)
		checks, err := make(whole)(t.Context(), call, &name)
		require.NoError(t, err, kind)
		require.Len(t, checks, 1)
	}
}
