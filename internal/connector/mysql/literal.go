package mysql

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// number is a literal that needs no quotes.
var number = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$`)

// valueLiteral writes text as a literal of a column's type: numbers bare, bytes (as 0x… or as they are) in hexadecimal,
// anything else as a string, which the server compares under the column's own collation.
func valueLiteral(c *catalog.Column, text string) (string, error) {
	switch {
	case isNumeric(c.BaseType):
		if !number.MatchString(text) {
			return "", invalid(fmt.Errorf("column %s: %q is not a number", c.Name, text), "")
		}
		return text, nil
	case isBinary(c.BaseType):
		if digits, ok := strings.CutPrefix(text, "0x"); ok {
			if _, err := hex.DecodeString(digits); err == nil {
				return "x'" + digits + "'", nil
			}
		}
		return "x'" + hex.EncodeToString([]byte(text)) + "'", nil
	}
	return quoteString(text), nil
}

func isNumeric(base string) bool {
	switch base {
	case "tinyint", "smallint", "mediumint", "int", "integer", "bigint", "decimal", "numeric", "dec", "fixed",
		"float", "double", "real", "bit", "year", "bool", "boolean":
		return true
	}
	return false
}

func isInteger(base string) bool {
	switch base {
	case "tinyint", "smallint", "mediumint", "int", "integer", "bigint", "year":
		return true
	}
	return false
}

func isBinary(base string) bool {
	switch base {
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return true
	}
	return false
}
