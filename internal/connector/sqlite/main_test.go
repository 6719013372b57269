package sqlite

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain also serves as the program of the child processes that TestKill kills.
func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		childLoad(path)
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
