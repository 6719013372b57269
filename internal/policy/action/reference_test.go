package action

import (
	_ "embed" // the reference
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// referenceText is the part about DMS of AWS's Service Authorization Reference
// (docs.aws.amazon.com/service-authorization/latest/reference/list_dms.html), with the members of the API that name each resource.
//
//go:embed testdata/authorization.json
var referenceText []byte

type reference struct {
	Operations    map[string]referredOperation
	Actions       map[string]referredOperation // those without an operation
	ResourceTypes map[string]struct {
		ARN           string
		ConditionKeys []string
	}
}

type referredOperation struct {
	IAMAction     string
	Access        string
	Resources     []referredResource
	ConditionKeys []string
	AlsoChecks    []string
}

type referredResource struct {
	Type          string
	Required      bool
	RequestFields []string
}

func loadReference(t *testing.T) reference {
	t.Helper()
	var r reference
	require.NoError(t, json.Unmarshal(referenceText, &r))
	require.Len(t, r.Operations, 119)
	require.Len(t, r.Actions, 7)
	require.Len(t, r.ResourceTypes, 13)
	return r
}

// TestTableIsTheReference writes every line of the table anew from AWS's reference.
func TestTableIsTheReference(t *testing.T) {
	r := loadReference(t)
	var want []string
	for typ, about := range r.ResourceTypes {
		part := strings.Split(about.ARN, ":")[5]
		require.ElementsMatch(t, []string{"aws:ResourceTag/${TagKey}", "dms:" + part + "-tag/${TagKey}"}, about.ConditionKeys)
		want = append(want, "type "+typ+" "+part)
	}
	for name, o := range r.Operations {
		want = append(want, o.line(name, len(r.ResourceTypes)))
	}
	for action, o := range r.Actions {
		o.IAMAction = action
		want = append(want, o.line("-", len(r.ResourceTypes)))
	}
	var got []string
	for line := range strings.Lines(dmsText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			got = append(got, withoutPaths(line))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	require.Equal(t, strings.Join(want, "\n"), strings.Join(got, "\n"))
}

// line is what the table should say about an operation.
func (o *referredOperation) line(name string, types int) string {
	action := strings.TrimPrefix(o.IAMAction, "dms:")
	if action == name {
		action = "="
	}
	access := map[string]string{"Read": "R", "Write": "W", "Tagging, Write": "TW"}[o.Access]
	fields := []string{name, action, access}
	if len(o.Resources) == types { // any one of them
		var members []string
		for _, r := range o.Resources {
			members = append(members, r.RequestFields...)
		}
		if name == "ListTagsForResource" {
			members = append(members, "ResourceArnList") // which the reference, made of required members, passes over
		}
		slices.Sort(members)
		fields = append(fields, "Any="+strings.Join(slices.Compact(members), ","))
	} else {
		for _, r := range o.Resources {
			fields = append(fields, r.field(name))
		}
	}
	for _, flag := range []string{"RQ", "RS", "TK", "rq"} {
		if slices.Contains(o.ConditionKeys, flagged[flag]) {
			fields = append(fields, flag)
		}
	}
	if o.also("dms:AddTagsToResource") {
		fields = append(fields, "tags>"+madeBy(name))
	}
	if o.also("iam:PassRole") {
		fields = append(fields, "role")
	}
	return strings.Join(fields, " ")
}

var flagged = map[string]string{"RQ": "aws:RequestTag/${TagKey}", "RS": "aws:ResourceTag/${TagKey}", "TK": "aws:TagKeys", "rq": "dms:req-tag/${TagKey}"}

func (o *referredOperation) also(action string) bool {
	return slices.ContainsFunc(o.AlsoChecks, func(s string) bool { return strings.HasPrefix(s, action+" ") })
}

// madeBy is the type of resource that an operation makes.
func madeBy(operation string) string {
	for _, verb := range []string{"Create", "Import", "Start"} {
		if typ, ok := strings.CutPrefix(operation, verb); ok {
			return typ
		}
	}
	return ""
}

// made reports that the operation makes this resource; a task that is started exists.
func (r *referredResource) made(operation string) bool {
	return madeBy(operation) == r.Type && !strings.HasPrefix(operation, "Start")
}

func (r *referredResource) field(operation string) string {
	mark := ""
	switch {
	case r.made(operation):
		mark = "+"
	case !r.Required:
		mark = "?"
	}
	if len(r.RequestFields) == 0 || operation == "-" {
		return r.Type + mark
	}
	members := slices.Clone(r.RequestFields)
	for i := range members {
		members[i] = strings.TrimSuffix(members[i], " (ARN to be created)")
	}
	return r.Type + mark + "=" + strings.Join(members, ",")
}

// withoutPaths cuts members of members, which the reference does not have: A=B.C becomes A=B.
func withoutPaths(line string) string {
	fields := strings.Fields(line)
	for i, f := range fields {
		typ, members, ok := strings.Cut(f, "=")
		if !ok || f == "=" {
			continue
		}
		paths := strings.Split(members, ",")
		for j := range paths {
			paths[j], _, _ = strings.Cut(paths[j], ".")
		}
		fields[i] = typ + "=" + strings.Join(paths, ",")
	}
	return strings.Join(fields, " ")
}

const passed = "arn:aws:iam::111122223333:role/r"

// TestTouchesAreTheReference makes a full call of every operation: what it touches, and with which condition keys, is what AWS's
// reference says, no more and no less.
func TestTouchesAreTheReference(t *testing.T) {
	r, table := loadReference(t), load(t)
	for name, o := range r.Operations {
		t.Run(name, func(t *testing.T) {
			in, want := r.call(name, &o)
			touches, err := table.Touches(name, in, here)
			require.NoError(t, err)
			got := map[string][]string{}
			for _, touch := range touches {
				got[touch.Action+" "+touch.Resource] = slices.Sorted(maps.Keys(touch.Keys))
			}
			require.Len(t, touches, len(want))
			require.Equal(t, want, got)
		})
	}
}

// call makes an input that names all that the operation may name, with a tag and a role, and what it should touch, with the condition keys.
func (r *reference) call(name string, o *referredOperation) (map[string]any, map[string][]string) {
	in := map[string]any{"ServiceAccessRoleArn": passed, "Tags": []any{map[string]any{"Key": "k", "Value": "v"}}}
	want := map[string][]string{}
	resources := o.Resources
	if len(resources) == len(r.ResourceTypes) {
		resources = resources[:1] // any one of them
	}
	made := ""
	for _, res := range resources {
		part := r.part(res.Type)
		for i, member := range res.RequestFields {
			named := arn(part + ":n" + string(rune('a'+i)))
			keys := o.sent()
			switch {
			case res.made(name):
				member, _, _ = strings.Cut(member, " ")
				in[member] = "na"
				if res.Type != "EventSubscription" && res.Type != "ReplicationSubnetGroup" { // which are known by their names
					named = arn(part + ":*")
				}
				made, keys = named, append(keys, "aws:ResourceTag/k", "dms:"+part+"-tag/k")
			case strings.HasSuffix(member, "Descriptors"):
				in[member] = []any{map[string]any{"DataProviderIdentifier": named}}
			default:
				in[member] = named
			}
			want[o.IAMAction+" "+named] = sorted(keys)
		}
	}
	if len(want) == 0 {
		want[o.IAMAction+" *"] = sorted(o.sent())
	}
	if o.also("dms:AddTagsToResource") {
		part, tagging := r.part(madeBy(name)), r.Operations["AddTagsToResource"]
		if made == "" {
			made = arn(part + ":*")
		}
		want["dms:AddTagsToResource "+made] = sorted(append(tagging.sent(), "aws:ResourceTag/k", "dms:"+part+"-tag/k"))
	}
	if o.also("iam:PassRole") {
		want["iam:PassRole "+passed] = []string{"iam:PassedToService"}
	}
	return in, want
}

// part is a type's part of an ARN.
func (r *reference) part(typ string) string { return strings.Split(r.ResourceTypes[typ].ARN, ":")[5] }

func sorted(keys []string) []string {
	slices.Sort(keys)
	return keys
}

// sent are the condition keys that a call with the tag k=v brings.
func (o *referredOperation) sent() []string {
	var keys []string
	for _, key := range o.ConditionKeys {
		if key != "aws:ResourceTag/${TagKey}" {
			keys = append(keys, strings.ReplaceAll(key, "${TagKey}", "k"))
		}
	}
	return keys
}
