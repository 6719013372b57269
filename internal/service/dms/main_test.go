package dms

import (
	"os"
	"testing"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	servertest.Cleanup()
	if code == 0 && wholeRun() {
		code = seenEnough()
	}
	os.Exit(code)
}
