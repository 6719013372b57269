package action

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Scope is where a request is made.
type Scope struct{ Partition, Region, Account string }

// Touch is one thing that must be allowed.
type Touch struct {
	Action   string
	Resource string // an ARN, or "*"
	// Keys are condition keys of this touch beside the global ones; the tags of a resource that exists are not among them.
	Keys map[string][]string
	// Made says that the call makes the resource: there are no tags to look up.
	Made bool
}

const passRole = "iam:PassRole"

// Touches lists what a call touches. The input is the operation's decoded input: a pointer to a struct with the model's
// member names, or a map of them; members may be missing.
//
// A resource that is named by a short name, and not by its ARN, is the wildcard of its type, as in AWS; subnet groups and
// event subscriptions are known by their names.
func (t *Table) Touches(name string, input any, at Scope) ([]Touch, error) {
	o := t.operations[name]
	if o == nil {
		return nil, fmt.Errorf("dms has no operation %s", name)
	}
	in := members{input}
	sent, tagged := requestKeys(name, in)
	keys := o.known(sent)
	made := t.madeARN(o, in, at)
	var all []Touch
	for _, r := range o.resources {
		for _, arn := range t.arns(&r, in, at) {
			touch := Touch{Action: o.action, Resource: arn, Keys: keys}
			if r.made {
				touch.Resource, touch.Made = made, true
				touch.Keys = t.asOwnTags(keys, in, made)
			}
			all = append(all, touch)
		}
	}
	if len(all) == 0 {
		all = append(all, Touch{Action: o.action, Resource: "*", Keys: keys})
	}
	if o.tagsOn != "" && tagged {
		all = append(all, Touch{Action: "dms:AddTagsToResource", Resource: made, Keys: t.asOwnTags(sent, in, made), Made: true})
	}
	if o.roles {
		for _, role := range roles(in) {
			all = append(all, Touch{Action: passRole, Resource: role, Keys: map[string][]string{"iam:PassedToService": {"dms.amazonaws.com"}}})
		}
	}
	return all, nil
}

// arns finds the resources of one type that the input names.
func (t *Table) arns(r *resource, in members, at Scope) []string {
	var found []string
	for _, path := range r.members {
		names := in.texts(path)
		if len(names) == 0 && !r.optional && r.typ != "" {
			names = []string{""}
		}
		for _, name := range names {
			if arn := t.arn(r.typ, name, at); !slices.Contains(found, arn) {
				found = append(found, arn)
			}
		}
	}
	return found
}

// arn makes the ARN of a resource that may be named by its ARN or by a name.
func (t *Table) arn(typ, name string, at Scope) string {
	if strings.HasPrefix(name, "arn:") || typ == "" {
		return name
	}
	part := "*"
	switch {
	case name == "":
	case typ == "ReplicationSubnetGroup":
		part = strings.ToLower(name) // as they are stored
	case typ == "EventSubscription":
		part = name
	}
	return strings.Join([]string{"arn", at.Partition, "dms", at.Region, at.Account, t.types[typ], part}, ":")
}

// madeARN is the ARN of what the call makes: with the ResourceIdentifier where the caller chose one.
func (t *Table) madeARN(o *operation, in members, at Scope) string {
	typ, name := o.tagsOn, ""
	for _, r := range o.resources {
		if r.made {
			typ = r.typ
			if named := in.texts(r.members[0]); len(named) > 0 {
				name = named[0]
			}
		}
	}
	if typ == "" {
		return "*"
	}
	arn := t.arn(typ, strings.TrimPrefix(name, "arn:"), at)
	if chosen := in.texts("ResourceIdentifier"); len(chosen) > 0 && chosen[0] != "" && strings.HasSuffix(arn, ":*") {
		return strings.TrimSuffix(arn, "*") + chosen[0]
	}
	return arn
}

// requestKeys are the condition keys that the request itself brings, and whether it brings tags.
func requestKeys(name string, in members) (map[string][]string, bool) {
	keys := map[string][]string{}
	tags := in.tags()
	names := slices.Clone(in.texts("TagKeys"))
	for k, v := range tags {
		keys["aws:RequestTag/"+k] = []string{v}
		keys["dms:req-tag/"+k] = []string{v}
		names = append(names, k)
	}
	if len(names) > 0 {
		slices.Sort(names)
		keys["aws:TagKeys"] = names
	}
	if name == "CreateReplicationInstance" || name == "ModifyReplicationInstance" {
		for key, member := range map[string]string{"dms:InstanceClass": "ReplicationInstanceClass", "dms:StorageSize": "AllocatedStorage"} {
			if v := in.texts(member); len(v) > 0 {
				keys[key] = v
			}
		}
	}
	return keys, len(tags) > 0
}

// known leaves out the keys of sent tags that the action does not have in the service's authorization reference: a condition on them finds
// nothing, as in AWS. dms:AddTagsToResource, which is asked too when tags are sent, has all of them.
func (o *operation) known(sent map[string][]string) map[string][]string {
	keys := maps.Clone(sent)
	maps.DeleteFunc(keys, func(key string, _ []string) bool {
		var flag string
		switch {
		case strings.HasPrefix(key, "aws:RequestTag/"):
			flag = "RQ"
		case strings.HasPrefix(key, "dms:req-tag/"):
			flag = "rq"
		case key == "aws:TagKeys":
			flag = "TK"
		default:
			return false
		}
		return !slices.Contains(o.keys, flag)
	})
	return keys
}

// asOwnTags adds the keys that a new resource's tags will have, made with the call.
func (t *Table) asOwnTags(keys map[string][]string, in members, arn string) map[string][]string {
	tags := in.tags()
	if len(tags) == 0 {
		return keys
	}
	all := maps.Clone(keys)
	maps.Copy(all, TagKeys(arn, tags))
	return all
}
