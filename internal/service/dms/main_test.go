package dms

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestMain asks after a whole run whether it has shown every member and every error of the operations, see unproved.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	servertest.Cleanup()
	if code == 0 && wholeRun() {
		if lacks := unproved(); len(lacks) > 0 {
			fmt.Fprintf(os.Stderr, "no test of this package shows:\n%s\n", strings.Join(lacks, "\n"))
			code = 1
		}
	}
	os.Exit(code)
}

// wholeRun reports that no test was left out by a flag.
func wholeRun() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return true
}
