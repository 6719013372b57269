package redshift

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Engine describes Redshift to the list of engines.
func Engine() *connector.Engine {
	return &connector.Engine{
		Name:       "redshift",
		Family:     catalog.Redshift,
		Schemes:    []string{"redshift"},
		Dialect:    Dialect{},
		OpenSource: openSource,
		OpenTarget: openTarget,
	}
}

func openSource(context.Context, connector.Config) (connector.Source, error) {
	return nil, &connector.Error{
		Class: connector.Invalid, Err: errors.New("a Redshift cluster is a target alone, and is not read"),
		Remedy: "name another source",
	}
}

func invalid(remedy, format string, args ...any) error {
	return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf(format, args...), Remedy: remedy}
}
