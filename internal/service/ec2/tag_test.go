package ec2

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// TestTagsThatCannotBeReadAreNotNone: by them a call may be denied.
func TestTagsThatCannotBeReadAreNotNone(t *testing.T) {
	st := newStore(t)
	_, err := st.Update(t.Context(), func(tx store.Tx) error {
		return store.Write(tx, groupKeys+"sg-1", Group{ID: "sg-1", Tags: map[string]string{"stage": "prod"}})
	})
	require.NoError(t, err)
	made, err := New(Config{Store: st, Partition: "aws", Account: "111122223333", Region: "eu-central-1"})
	require.NoError(t, err)
	call := &service.Call{
		Service: &ec2api.Service, Operation: ec2api.Service.Operation("DeleteSecurityGroup"), Partition: "aws", Region: "eu-central-1", Account: "111122223333", Principal: &service.Principal{},
	}
	check := func(ctx context.Context, id string) service.Check {
		checks, err := made.Operation("DeleteSecurityGroup").Access(ctx, call, &ec2api.DeleteSecurityGroupRequest{GroupId: &id})
		require.NoError(t, err)
		require.Len(t, checks, 1)
		return checks[0]
	}
	away, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, check(away, "sg-1").Unread, context.Canceled)
	require.Equal(t, map[string]string{"stage": "prod"}, check(t.Context(), "sg-1").Tags)
	for _, id := range []string{"sg-1", "sg-2", "x", ""} {
		require.NoError(t, check(t.Context(), id).Unread, id)
	}
}
