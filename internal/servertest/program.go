package servertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// folder has the program and the data of those that are started. It goes with the servers.
var folder = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "whimbrel-")
	if err != nil {
		return "", fmt.Errorf("make a folder for the program: %w", err)
	}
	running.Lock()
	defer running.Unlock()
	running.folder = dir
	return dir, nil
})

var program = sync.OnceValues(func() (string, error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "whimbrel")
	out, err := exec.Command("go", "build", "-o", path, "github.com/whimbreldb/whimbrel/cmd/whimbrel").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// Program is the file of the command under test, built at first use.
func Program() (string, error) { return program() }

// ShortDir is a folder with a path short enough for a socket, which that of t.TempDir may not be.
func ShortDir(t testing.TB) string {
	t.Helper()
	dir, err := folder()
	if err == nil {
		dir, err = os.MkdirTemp(dir, "d") //nolint:usetesting // see above
	}
	if err != nil {
		t.Fatalf("make a folder for the program's data: %v", err)
	}
	return dir
}
