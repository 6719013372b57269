package iam

import (
	"encoding/base64"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

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
