package s3

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Engine describes S3 to the list of engines.
func Engine() *connector.Engine {
	return &connector.Engine{
		Name:       "s3",
		Family:     catalog.Lake,
		Schemes:    []string{"s3", "file"},
		Dialect:    Dialect{},
		OpenSource: openSource,
		OpenTarget: openTarget,
	}
}

func openSource(context.Context, connector.Config) (connector.Source, error) {
	return nil, &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("S3 is a target alone: files are not read as a source yet, and what was written there is not compared"),
		Remedy: "turn validation off, or name another source"}
}

func invalid(remedy, format string, args ...any) error {
	return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf(format, args...), Remedy: remedy}
}
