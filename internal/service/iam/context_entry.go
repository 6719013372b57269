package iam

import (
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
)

// readers say whether a text is a value of a type of context keys.
func readers() map[string]func(string) bool {
	return map[string]func(string) bool{
		"string":  func(string) bool { return true },
		"numeric": func(v string) bool { _, err := strconv.ParseFloat(v, 64); return err == nil },
		"boolean": func(v string) bool { return strings.EqualFold(v, "true") || strings.EqualFold(v, "false") },
		"ip": func(v string) bool {
			_, err := netip.ParsePrefix(v)
			if err != nil {
				_, err = netip.ParseAddr(v)
			}
			return err == nil
		},
		"binary": func(v string) bool { _, err := base64.StdEncoding.DecodeString(v); return err == nil },
		"date": func(v string) bool {
			_, err := time.Parse(time.RFC3339, v)
			if err != nil {
				_, err = strconv.ParseInt(v, 10, 64)
			}
			return err == nil
		},
	}
}

// ofType checks that the values of a context key are of the type that the request says, and one unless it says a list.
func ofType(e *iamapi.ContextEntry) error {
	if e.ContextKeyType == nil {
		return nil
	}
	one, list := strings.CutSuffix(*e.ContextKeyType, "List")
	if !list && len(e.ContextKeyValues) > 1 {
		return fault("InvalidInputException", "The context key %s has %d values; its type %s has one", deref(e.ContextKeyName), len(e.ContextKeyValues), one)
	}
	for _, v := range e.ContextKeyValues {
		if reads := readers()[one]; reads != nil && !reads(v) {
			return fault("InvalidInputException", "The value %q of the context key %s is not of the type %s", v, deref(e.ContextKeyName), one)
		}
	}
	return nil
}
