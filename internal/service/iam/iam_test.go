package iam

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// newService is the service over a real store, and a caller of it.
func newService(t *testing.T) (*service.Service, *service.Call, *Usage) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	base := storetest.Retried(etcdtest.Private(t))
	ctx, end := context.WithCancel(context.Background())
	directory, err := identity.Open(ctx, base, identity.Config{Partition: "aws", Account: "111122223333", Sealer: secret.NewKeyring(), Safe: testSafe(base), Log: log})
	require.NoError(t, err)
	t.Cleanup(end)
	following := store.Following(base, directory.Follower())
	usage := NewUsage(following)
	s, err := New(following, directory, usage, &identity.Factors{Store: following, Safe: testSafe(following)}, time.Now())
	require.NoError(t, err)
	call := &service.Call{
		Service: &iamapi.Service, Partition: "aws", Region: "us-east-1", Account: "111122223333", Now: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		Principal: &service.Principal{Kind: service.Root, Account: "111122223333", ARN: "arn:aws:iam::111122223333:root"},
		Check:     func(context.Context, ...service.Check) error { return nil },
	}
	return s, call, usage
}

// testKeys seal the material of all tests' keys.
var testKeys = secret.NewKeyring()

func testSafe(st store.Store) kms.Safe {
	return kms.NewVault(st, testKeys, kms.Home{Partition: "aws", Account: "111122223333"}, time.Now).Safe("us-east-1", "iam")
}

// TestEveryOperationIsServed goes through the model, with inputs that have nothing in them: each operation names what it
// touches, and none of them panics.
func TestEveryOperationIsServed(t *testing.T) {
	s, call, _ := newService(t)
	for i := range iamapi.Service.Operations {
		op := &iamapi.Service.Operations[i]
		served := s.Operation(op.Name)
		require.NotNil(t, served, op.Name)
		call.Operation = op
		checks, err := served.Access(t.Context(), call, service.NewInput(op))
		require.NoError(t, err, op.Name)
		require.NotEmpty(t, checks, "%s may be called by everyone", op.Name)
		for _, c := range checks {
			require.True(t, strings.HasPrefix(c.Action, "iam:"), op.Name)
			require.NotEmpty(t, c.Resource, op.Name)
		}
	}
}

func do[Out any](t *testing.T, s *service.Service, call *service.Call, name string, in any) (*Out, error) {
	t.Helper()
	as := *call
	as.Operation = iamapi.Service.Operation(name)
	out, err := s.Operation(name).Do(t.Context(), &as, in)
	if err != nil {
		return nil, err
	}
	return out.(*Out), nil
}

// TestTwoMakersOneUser makes the same user from many sides at once: one of them has made it.
func TestTwoMakersOneUser(t *testing.T) {
	s, call, _ := newService(t)
	made := make(chan error, 10)
	for range 10 {
		go func() {
			_, err := do[iamapi.CreateUserResponse](t, s, call, "CreateUser", &iamapi.CreateUserRequest{UserName: new("ann")})
			made <- err
		}()
	}
	won := 0
	for range 10 {
		if err := <-made; err == nil {
			won++
		} else {
			require.ErrorContains(t, err, "EntityAlreadyExists")
		}
	}
	require.Equal(t, 1, won)
}

// TestKeysStayTwo makes keys from many sides at once: the quota holds.
func TestKeysStayTwo(t *testing.T) {
	s, call, _ := newService(t)
	_, err := do[iamapi.CreateUserResponse](t, s, call, "CreateUser", &iamapi.CreateUserRequest{UserName: new("ann")})
	require.NoError(t, err)
	made := make(chan error, 10)
	for range 10 {
		go func() {
			_, err := do[iamapi.CreateAccessKeyResponse](t, s, call, "CreateAccessKey", &iamapi.CreateAccessKeyRequest{UserName: new("ann")})
			made <- err
		}()
	}
	won := 0
	for range 10 {
		if <-made == nil {
			won++
		}
	}
	require.Equal(t, maxAccessKeys, won)
}

func TestUsageSurvives(t *testing.T) {
	_, _, usage := newService(t)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	usage.Seen(&service.Principal{Kind: service.User, AccessKeyID: "AKIA1"}, "dms", "us-east-1", at)
	usage.Seen(&service.Principal{Kind: service.AssumedRole, UserID: "AROA1:s", AccessKeyID: "ASIA1", Session: &service.Session{}}, "kms", "us-east-1", at)
	usage.Seen(&service.Principal{Kind: service.User, AccessKeyID: "ASIA2", Session: &service.Session{}}, "kms", "us-east-1", at)
	require.NoError(t, usage.Flush(t.Context()))
	again := NewUsage(usage.store)
	for id, want := range map[string]string{keyUse + "AKIA1": "dms", roleUse + "AROA1": "kms", keyUse + "ASIA1": "", keyUse + "ASIA2": ""} {
		kind, name, _ := strings.Cut(id, "/")
		last, err := again.of(t.Context(), kind+"/", name)
		require.NoError(t, err)
		require.Equal(t, want, last.Service, id)
	}
}

func TestPages(t *testing.T) {
	list := make([]string, 10)
	for i := range list {
		list[i] = fmt.Sprintf("n%02d", i)
	}
	name := func(s *string) string { return *s }
	var marker *string
	var seen []string
	for {
		items, more, next, err := page(list, marker, new(int64(3)), name)
		require.NoError(t, err)
		require.Equal(t, next != nil, *more)
		seen = append(seen, items...)
		if marker = next; marker == nil {
			break
		}
	}
	require.Equal(t, list, seen)
	// An item that goes while pages are read loses none of the others.
	_, _, next, err := page(list, nil, new(int64(3)), name)
	require.NoError(t, err)
	items, _, _, err := page(append(list[:2:2], list[3:]...), next, new(int64(3)), name)
	require.NoError(t, err)
	require.Equal(t, []string{"n03", "n04", "n05"}, items)
	items, more, next, err := page([]string(nil), nil, nil, name)
	require.NoError(t, err)
	require.NotNil(t, items)
	require.False(t, *more)
	require.Nil(t, next)
	for _, bad := range []string{"", "!!", "="} {
		_, _, _, err = page(list, &bad, nil, name)
		require.ErrorContains(t, err, "Invalid Marker")
	}
}
