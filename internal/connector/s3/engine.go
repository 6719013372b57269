package s3

import (
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

func invalid(remedy, format string, args ...any) error {
	return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf(format, args...), Remedy: remedy}
}
