package task

import (
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/expr"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// asksPlaces reports whether an expression asks how the source names a transaction.
func (c *Config) asksPlaces() bool {
	if c.Mappings == nil {
		return false
	}
	return slices.ContainsFunc(c.Mappings.Transformations, func(rule *mapping.Transformation) bool {
		program, err := expr.Compile(rule.Expression)
		return err == nil && slices.Contains(program.Uses(), transform.Place)
	})
}

// checkExpressions refuses what would be right for the rows of the load and wrong for their changes.
func (c *Config) checkExpressions() error {
	if !c.follows() || c.Mappings == nil || !c.Settings.ValidationSettings.EnableValidation {
		return nil
	}
	for _, rule := range c.Mappings.Transformations {
		program, err := expr.Compile(rule.Expression)
		if err != nil || !slices.Contains(program.Uses(), "operation_indicator") {
			continue // what cannot be compiled is reported where it is planned, or is the text of a rename
		}
		return &connector.Error{
			Class:  connector.Invalid,
			Err:    fmt.Errorf("%s: operation_indicator has rows stay in the target that are deleted, which validation (EnableValidation) would report, each of them", rule.Header),
			Remedy: "set ValidationSettings.EnableValidation to false, or take operation_indicator out of the expression",
		}
	}
	return nil
}
