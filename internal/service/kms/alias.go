package kms

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

type ranger interface {
	List(r store.Range) (store.Page, error)
}

// aliasesOf lists the aliases of a key.
func aliasesOf(from ranger, region, key string) ([]aliasRecord, error) {
	page, err := from.List(store.Range{Prefix: aliasPath(region, "")})
	if err != nil {
		return nil, fmt.Errorf("list aliases: %w", err)
	}
	var found []aliasRecord
	for _, item := range page.Items {
		var a aliasRecord
		if err := item.Decode(&a); err != nil {
			return nil, err
		}
		if a.Target == key {
			found = append(found, a)
		}
	}
	return found, nil
}

// ownAlias refuses names that are AWS's or no alias's.
func ownAlias(name string) error {
	switch {
	case !strings.HasPrefix(name, "alias/") || name == "alias/":
		return kmsapi.Service.NewError("InvalidAliasNameException", "%q is no alias's name; want alias/ and a name", name)
	case strings.HasPrefix(name, "alias/aws/"):
		return kmsapi.Service.NewError("InvalidAliasNameException", "names that begin with alias/aws/ are for AWS managed keys")
	}
	return nil
}
