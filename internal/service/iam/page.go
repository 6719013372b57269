package iam

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

// under is a page of the records of a kind whose paths begin with one.
func under[T any](from ranger, kind string, path, marker *string, size *int64, of func(*T) (path, name string)) (items []T, more *bool, next *string, err error) {
	list, err := all[T](from, kind)
	if err != nil {
		return nil, nil, nil, err
	}
	prefix := pathOf(path)
	list = slices.DeleteFunc(list, func(v T) bool {
		path, _ := of(&v)
		return !strings.HasPrefix(path, prefix)
	})
	return page(list, marker, size, func(v *T) string {
		_, name := of(v)
		return strings.ToLower(name)
	})
}

// page cuts one page out of a list that is in the order of its items' names. The marker is the last name, encoded.
func page[T any](list []T, marker *string, size *int64, name func(*T) string) (items []T, more *bool, next *string, err error) {
	limit := 100
	if size != nil {
		limit = int(*size)
	}
	if marker != nil {
		after, err := base64.RawURLEncoding.DecodeString(*marker)
		if err != nil || len(after) == 0 {
			return nil, nil, nil, wire.Invalid.New(wire.Query, "Invalid Marker: it is not one that this operation answered.")
		}
		i := 0
		for i < len(list) && name(&list[i]) <= string(after) {
			i++
		}
		list = list[i:]
	}
	if len(list) <= limit {
		return nonNil(list), new(false), nil, nil
	}
	list = list[:limit:limit]
	return list, new(true), new(base64.RawURLEncoding.EncodeToString([]byte(name(&list[limit-1])))), nil
}

// nonNil is the list, empty instead of nil: an empty list is shown, no list is not.
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
