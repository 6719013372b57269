package validate

import "github.com/whimbreldb/whimbrel/internal/connector"

// fatal reports whether an error concerns more than its table.
func fatal(err error) bool {
	switch connector.ClassOf(err) {
	case connector.Lost, connector.Busy, connector.Full:
		return true
	}
	return false
}
