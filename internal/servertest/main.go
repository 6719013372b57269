package servertest

import (
	"os"
	"sync"
	"testing"
)

// running is what the test process has started; a test binary has one main and one set of servers.
var running struct {
	sync.Mutex
	shared map[string]Server
	all    []Server
	folder string // see program.go
}

// Server is a started server.
type Server interface {
	// Stop ends it as an administrator would, Kill as a power cut would. Start brings it back on the same port with
	// the same data.
	Stop()
	Kill()
	Start() error
	// Port is the port it listens on, on 127.0.0.1.
	Port() int
	// Dir is the folder with its data and log.
	Dir() string
	remove()
}

// Main runs the tests of a package, ends every server they started and exits.
func Main(m *testing.M) {
	code := m.Run()
	Cleanup()
	os.Exit(code)
}

// Cleanup ends and removes every server; for a TestMain that has more to do than Main does.
func Cleanup() {
	running.Lock()
	defer running.Unlock()
	for _, s := range running.all {
		s.remove()
	}
	running.all, running.shared = nil, nil
	if running.folder != "" {
		_ = os.RemoveAll(running.folder)
	}
}

// shared returns the process's one server of a kind, starting it at first use.
func shared(kind string, start func() (Server, error)) (Server, error) {
	running.Lock()
	defer running.Unlock()
	if s, ok := running.shared[kind]; ok {
		return s, nil
	}
	s, err := start()
	if err != nil {
		return nil, err
	}
	if running.shared == nil {
		running.shared = map[string]Server{}
	}
	running.shared[kind] = s
	running.all = append(running.all, s)
	return s, nil
}

func register(t testing.TB, s Server) {
	running.Lock()
	running.all = append(running.all, s)
	running.Unlock()
	t.Cleanup(s.remove)
}
