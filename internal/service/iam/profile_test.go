package iam

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// TestNoProfileHoldsARoleThatIsGone deletes a role while it is being added to an instance profile, and then makes another of its
// name: the profile gets neither, and can be shown.
func TestNoProfileHoldsARoleThatIsGone(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	base := etcdtest.Private(t)
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	directory, err := identity.Open(ctx, base, identity.Config{Partition: "aws", Account: "111122223333", Sealer: secret.NewKeyring(), Safe: testSafe(base), Log: log})
	require.NoError(t, err)
	var meanwhile func()
	following := store.Following(storetest.Raced(base, func() {
		if act := meanwhile; act != nil {
			meanwhile = nil
			act()
		}
	}), directory.Follower())
	s, err := New(following, directory, NewUsage(following), nil, time.Now())
	require.NoError(t, err)
	call := &service.Call{
		Service: &iamapi.Service, Partition: "aws", Region: "us-east-1", Account: "111122223333", Now: time.Now(),
		Principal: &service.Principal{Kind: service.Root, Account: "111122223333", ARN: "arn:aws:iam::111122223333:root"},
		Check:     func(context.Context, ...service.Check) error { return nil },
	}
	must := func(name string, in any) {
		t.Helper()
		as := *call
		as.Operation = iamapi.Service.Operation(name)
		_, err := s.Operation(name).Do(ctx, &as, in)
		require.NoError(t, err, name)
	}
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	create := func() {
		must("CreateRole", &iamapi.CreateRoleRequest{RoleName: new("carrier"), AssumeRolePolicyDocument: &trust})
	}
	drop := func() { must("DeleteRole", &iamapi.DeleteRoleRequest{RoleName: new("carrier")}) }
	must("CreateInstanceProfile", &iamapi.CreateInstanceProfileRequest{InstanceProfileName: new("box")})
	for name, act := range map[string]func(){"deleted": drop, "deleted and made anew": func() { drop(); create() }} {
		if _, err := role(reader{ctx, base}, "carrier"); err != nil {
			create()
		}
		meanwhile = act
		_, err = do[service.None](t, s, call, "AddRoleToInstanceProfile", &iamapi.AddRoleToInstanceProfileRequest{InstanceProfileName: new("box"), RoleName: new("carrier")})
		require.ErrorContains(t, err, "NoSuchEntity", name)
		require.Nil(t, meanwhile)
		shown, err := do[iamapi.GetInstanceProfileResponse](t, s, call, "GetInstanceProfile", &iamapi.GetInstanceProfileRequest{InstanceProfileName: new("box")})
		require.NoError(t, err, name)
		require.Empty(t, shown.InstanceProfile.Roles)
	}
}
