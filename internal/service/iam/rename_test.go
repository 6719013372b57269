package iam

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
)

// TestRenamingAsksAboutBothNames: whoever renames or moves a user or a group needs the right to what it is and to what it becomes.
func TestRenamingAsksAboutBothNames(t *testing.T) {
	s, call, _ := newService(t)
	_, err := do[iamapi.CreateUserResponse](t, s, call, "CreateUser", &iamapi.CreateUserRequest{
		UserName: new("Ann"), Path: new("/people/red/"), Tags: []iamapi.Tag{{Key: new("team"), Value: new("red")}},
	})
	require.NoError(t, err)
	_, err = do[iamapi.CreateGroupResponse](t, s, call, "CreateGroup", &iamapi.CreateGroupRequest{GroupName: new("Dba"), Path: new("/teams/")})
	require.NoError(t, err)
	for _, c := range []struct {
		operation string
		in        any
		want      []string
	}{
		{"UpdateUser", &iamapi.UpdateUserRequest{UserName: new("ann")}, []string{"user/people/red/Ann"}},
		{"UpdateUser", &iamapi.UpdateUserRequest{UserName: new("ann"), NewUserName: new("Bob")}, []string{"user/people/red/Ann", "user/people/red/Bob"}},
		{"UpdateUser", &iamapi.UpdateUserRequest{UserName: new("Ann"), NewPath: new("/admins/")}, []string{"user/people/red/Ann", "user/admins/Ann"}},
		{"UpdateUser", &iamapi.UpdateUserRequest{UserName: new("Ann"), NewPath: new("/"), NewUserName: new("Bob")}, []string{"user/people/red/Ann", "user/Bob"}},
		{"UpdateUser", &iamapi.UpdateUserRequest{UserName: new("nobody"), NewUserName: new("Bob")}, []string{"user/nobody", "user/Bob"}},
		{"UpdateGroup", &iamapi.UpdateGroupRequest{GroupName: new("dba")}, []string{"group/teams/Dba"}},
		{"UpdateGroup", &iamapi.UpdateGroupRequest{GroupName: new("Dba"), NewGroupName: new("Ops")}, []string{"group/teams/Dba", "group/teams/Ops"}},
		{"UpdateGroup", &iamapi.UpdateGroupRequest{GroupName: new("Dba"), NewPath: new("/admins/")}, []string{"group/teams/Dba", "group/admins/Dba"}},
		{"UpdateGroup", &iamapi.UpdateGroupRequest{GroupName: new("Dba"), NewPath: new("/a/b/"), NewGroupName: new("Ops")}, []string{"group/teams/Dba", "group/a/b/Ops"}},
	} {
		as := *call
		as.Operation = iamapi.Service.Operation(c.operation)
		checks, err := s.Operation(c.operation).Access(t.Context(), &as, c.in)
		require.NoError(t, err)
		var got []string
		for _, check := range checks {
			got = append(got, check.Resource)
			require.Equal(t, "iam:"+c.operation, check.Action)
			require.Equal(t, checks[0].Keys["iam:ResourceTag/team"], check.Keys["iam:ResourceTag/team"], "the tags go along")
		}
		for i := range c.want {
			c.want[i] = "arn:aws:iam::111122223333:" + c.want[i]
		}
		require.Equal(t, c.want, got)
	}
}
