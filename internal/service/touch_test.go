package service_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/policy/action"
	"github.com/whimbreldb/whimbrel/internal/service"
)

var here = action.Scope{Partition: "aws", Region: "us-east-1", Account: "111122223333"}

// TestTableFitsTheModel fills every operation's input of DMS with a value in every member, and looks for what must come
// of it: every operation is in the table, every role that can be handed over is checked, and so are tags.
func TestTableFitsTheModel(t *testing.T) {
	table, err := action.Load()
	require.NoError(t, err)
	require.Len(t, dmsapi.Service.Operations, 119)
	passing := 0
	for i := range dmsapi.Service.Operations {
		op := &dmsapi.Service.Operations[i]
		input := service.NewInput(op)
		roles := fill(reflect.ValueOf(input).Elem(), "")
		touches, err := table.Touches(op.Name, input, here)
		require.NoError(t, err)
		passed, tagged, named := 0, false, 0
		for _, touch := range touches {
			switch {
			case touch.Action == "iam:PassRole":
				passed++
			case touch.Action == "dms:AddTagsToResource" && op.Name != "AddTagsToResource":
				tagged = true
			case touch.Resource != "*":
				named++
			}
		}
		require.Equal(t, len(roles), passed, "%s hands over %v", op.Name, roles)
		if passed > 0 {
			passing++
		}
		if _, takes := reflect.TypeOf(input).Elem().FieldByName("Tags"); takes {
			require.True(t, tagged || op.Name == "AddTagsToResource", "%s takes tags", op.Name)
		}
	}
	require.Equal(t, 12, passing)
}

// fill gives every scalar a value that says where it stands, and answers the members that are roles.
func fill(v reflect.Value, name string) (roles []string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), name)
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return nil
		}
		for i := range v.NumField() {
			roles = append(roles, fill(v.Field(i), name+"."+v.Type().Field(i).Name)...)
		}
		return roles
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return fill(v.Index(0), name)
	case reflect.String:
		v.SetString("arn:aws:x:::" + name)
		if strings.HasSuffix(name, "RoleArn") || strings.HasSuffix(name, "IamArn") {
			return []string{name}
		}
	}
	return nil
}

func TestTouchChecks(t *testing.T) {
	const task = "arn:aws:dms:us-east-1:111122223333:task:T"
	sent := map[string][]string{"aws:TagKeys": {"a"}}
	checks := service.TouchChecks([]action.Touch{
		{Action: "dms:X", Resource: task, Keys: sent}, {Action: "dms:Y", Resource: task, Keys: sent, Made: true}, {Action: "dms:Z", Resource: "*"},
	}, func(string) (map[string]string, error) { return map[string]string{"stage": "prod"}, nil })
	require.Equal(t, map[string][]string{"aws:TagKeys": {"a"}, "aws:ResourceTag/stage": {"prod"}, "dms:task-tag/stage": {"prod"}}, checks[0].Keys)
	require.Equal(t, sent, checks[1].Keys)
	require.Empty(t, checks[2].Keys)
	require.Len(t, sent, 1, "the touch is not changed")

	gone := errors.New("the store is away")
	checks = service.TouchChecks([]action.Touch{{Action: "dms:X", Resource: task}, {Action: "dms:Z", Resource: "*"}}, func(string) (map[string]string, error) { return nil, gone })
	require.Equal(t, []error{gone, nil}, []error{checks[0].Unread, checks[1].Unread})
}
