package action

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// members reads an input by the model's member names, whether it is a struct or a map.
type members struct{ input any }

// texts returns the scalar values at a dotted path, through the items of lists. Absent members have none.
func (m members) texts(path string) []string {
	var found []string
	collect(reflect.ValueOf(m.input), strings.Split(path, "."), &found)
	return found
}

func collect(v reflect.Value, path []string, found *[]string) {
	v = follow(v)
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), path, found)
		}
	case reflect.Struct, reflect.Map:
		if len(path) > 0 {
			collect(member(v, path[0]), path[1:], found)
		}
	case reflect.Invalid:
	default:
		if len(path) == 0 {
			*found = append(*found, fmt.Sprint(v.Interface()))
		}
	}
}

// follow goes through pointers and interfaces.
func follow(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

func member(v reflect.Value, name string) reflect.Value {
	switch {
	case v.Kind() == reflect.Struct:
		return v.FieldByName(name)
	case v.Type().Key().Kind() == reflect.String:
		return v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key()))
	}
	return reflect.Value{}
}

// tags reads the member Tags, a list of Key and Value.
func (m members) tags() map[string]string {
	root := follow(reflect.ValueOf(m.input))
	if root.Kind() != reflect.Struct && root.Kind() != reflect.Map {
		return nil
	}
	list := follow(member(root, "Tags"))
	if list.Kind() != reflect.Slice {
		return nil
	}
	tags := map[string]string{}
	for i := range list.Len() {
		one := members{list.Index(i).Interface()}
		if key := one.texts("Key"); len(key) > 0 {
			tags[key[0]] = strings.Join(one.texts("Value"), "")
		}
	}
	return tags
}

// roles finds every role that the input hands over: in members named for one at any depth, and in the connection
// attributes that may name one too.
func roles(m members) []string {
	var found []string
	walkRoles(reflect.ValueOf(m.input), &found)
	slices.Sort(found)
	return slices.Compact(found)
}

// handsOver reports that a member's value is a role: ServiceAccessRoleArn, SecretsManagerAccessRoleArn, S3BucketRoleArn,
// KeyCacheSecretIamArn and the like.
func handsOver(name string) bool {
	return strings.HasSuffix(name, "RoleArn") || strings.HasSuffix(name, "IamArn")
}

func walkRoles(v reflect.Value, found *[]string) {
	v = follow(v)
	switch v.Kind() {
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			walkRoles(v.Index(i), found)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				roleIn(v.Type().Field(i).Name, v.Field(i), found)
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			roleIn(fmt.Sprint(key.Interface()), v.MapIndex(key), found)
		}
	}
}

func roleIn(name string, v reflect.Value, found *[]string) {
	v = follow(v)
	if v.Kind() != reflect.String {
		walkRoles(v, found)
		return
	}
	switch {
	case v.Len() == 0:
	case handsOver(name):
		*found = append(*found, v.String())
	case name == "ExtraConnectionAttributes":
		for pair := range strings.SplitSeq(v.String(), ";") {
			key, value, ok := strings.Cut(pair, "=")
			key = strings.TrimSpace(key)
			if value = strings.TrimSpace(value); ok && value != "" && len(key) >= 7 && strings.EqualFold(key[len(key)-7:], "rolearn") {
				*found = append(*found, value)
			}
		}
	}
}
