package iam

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
)

// TestContextKeysAreOfTheirType: what a simulation is given for a context key is of the type that it is said to be.
func TestContextKeysAreOfTheirType(t *testing.T) {
	for kind, values := range map[string][2]string{
		"numeric": {"3.5", "three"}, "boolean": {"true", "yes"}, "ip": {"10.0.0.0/8", "10.0.0"}, "binary": {"aGk=", "a"}, "date": {"2026-01-02T03:04:05Z", "Monday"},
	} {
		entry := func(kind string, values ...string) *iamapi.ContextEntry {
			return &iamapi.ContextEntry{ContextKeyName: new("a"), ContextKeyType: new(kind), ContextKeyValues: values}
		}
		require.NoError(t, ofType(entry(kind, values[0])), kind)
		require.ErrorContains(t, ofType(entry(kind, values[1])), "is not of the type "+kind)
		require.NoError(t, ofType(entry(kind+"List", values[0], values[0])), kind)
		require.ErrorContains(t, ofType(entry(kind, values[0], values[0])), "has 2 values")
	}
}
