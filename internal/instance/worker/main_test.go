package worker

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestMain sees that every goroutine of workers and tasks ends, and ends the servers.
func TestMain(m *testing.M) {
	code := m.Run()
	servertest.Cleanup()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
