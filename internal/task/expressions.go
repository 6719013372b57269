package task

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/expr"
)

// ofLoadsAlone are parts of expressions that say something of a change which is not known here.
var ofLoadsAlone = map[string]string{
	"operation_indicator":   "it has deletes become updates, which Whimbrel does not do yet; $AR_H_OPERATION tells inserts from updates",
	"$AR_H_STREAM_POSITION": "the position of a change is not handed to expressions yet",
	"$AR_H_CHANGE_SEQ":      "the number of a change is not handed to expressions yet; $AR_H_COMMIT_TIMESTAMP tells when it was committed",
}

// checkExpressions refuses what would be right for the rows of the load and wrong for their changes.
func (c *Config) checkExpressions() error {
	if !c.follows() || c.Mappings == nil {
		return nil
	}
	for _, rule := range c.Mappings.Transformations {
		program, err := expr.Compile(rule.Expression)
		if err != nil {
			continue // reported where it is planned, or the text of a rename
		}
		for _, use := range program.Uses() {
			if why, ok := ofLoadsAlone[use]; ok {
				return &connector.Error{
					Class:  connector.Invalid,
					Err:    fmt.Errorf("%s: %s cannot be used with migration type %s: %s", rule.Header, use, c.Type, why),
					Remedy: "take it out of the expression, or use migration type full-load",
				}
			}
		}
	}
	return nil
}
