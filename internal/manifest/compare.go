package manifest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// tagsMember is compared by itself: an operation of its own shows it, and another one sets it.
const tagsMember = "Tags"

// keyMember may be given in forms that the answers do not have.
const keyMember = "KmsKeyId"

// unseen are members that the API never shows again with what it shows of the resource, so that nothing can be said of a difference.
// CdcStartTime is asked for by CreateReplicationTask, and is no member of ReplicationTask, see
// https://docs.aws.amazon.com/dms/latest/APIReference/API_ReplicationTask.html.
func unseen(member string) bool {
	return slices.Contains([]string{"Password", tagsMember, "CdcStartTime", "ResourceIdentifier"}, member)
}

// differs lists the members of an entry that are otherwise in what the API shows.
func differs(r *resource, shown map[string]any) []string {
	var names []string
	for name, want := range r.members {
		if unseen(name) || name == r.section.identifier {
			continue
		}
		if !holds(name, shownAs(name, shown), want) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// shownAs finds a member where the answers have it: some are shown in another form than they are given.
func shownAs(name string, shown map[string]any) any {
	switch name {
	case "VpcSecurityGroupIds":
		var ids []any
		groups, _ := shown["VpcSecurityGroups"].([]any)
		for _, g := range groups {
			if group, ok := g.(map[string]any); ok {
				ids = append(ids, group["VpcSecurityGroupId"])
			}
		}
		return ids
	case "ReplicationSubnetGroupIdentifier":
		if group, ok := shown["ReplicationSubnetGroup"].(map[string]any); ok {
			return group[name]
		}
	}
	return shown[name]
}

// holds reports that what is shown has all that is wanted: a settings object may be shown with defaults.
func holds(name string, have, want any) bool {
	if isDocument(name) {
		var a, b any
		haveText, _ := have.(string)
		wantText, _ := want.(string)
		if json.Unmarshal([]byte(haveText), &a) != nil || json.Unmarshal([]byte(wantText), &b) != nil {
			return haveText == wantText
		}
		if name != "ReplicationTaskSettings" {
			return reflect.DeepEqual(a, b)
		}
		return holds("", a, b)
	}
	switch name {
	case "CertificatePem":
		return samePEM(fmt.Sprint(have), fmt.Sprint(want))
	case "EngineVersion":
		return reaches(fmt.Sprint(have), fmt.Sprint(want))
	case keyMember:
		key, _ := have.(string)
		return sameKey(key, fmt.Sprint(want))
	}
	switch want := want.(type) {
	case map[string]any:
		object, ok := have.(map[string]any)
		if !ok {
			return len(want) == 0
		}
		for key, inner := range want {
			if !strings.Contains(strings.ToLower(key), "password") && !holds("", object[key], inner) {
				return false
			}
		}
		return true
	case []any:
		list, _ := have.([]any)
		return len(list) == len(want) && !slices.ContainsFunc(want, func(w any) bool {
			return !slices.ContainsFunc(list, func(h any) bool { return holds("", h, w) })
		})
	case nil:
		return have == nil
	}
	if name == "EndpointType" || strings.HasSuffix(name, "Identifier") || name == "PreferredMaintenanceWindow" {
		return strings.EqualFold(fmt.Sprint(have), fmt.Sprint(want))
	}
	return have != nil && number(have) == number(want)
}

// number spells values alike: JSON has 1 for what YAML has 1 and 1.0.
func number(v any) string {
	switch v := v.(type) {
	case int:
		return fmt.Sprint(float64(v))
	case int64:
		return fmt.Sprint(float64(v))
	}
	return fmt.Sprint(v)
}
