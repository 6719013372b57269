package servertest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// process is a server program that dies with the test process.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// startProcess starts a program as the unprivileged user and waits for nothing. ending is the signal the kernel sends
// it when this process is gone.
func startProcess(log string, owner *syscall.Credential, ending syscall.Signal, name string, args ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	defer func() { _ = out.Close() }()
	p := &process{cmd: exec.Command(name, args...), done: make(chan struct{})}
	p.cmd.Dir = filepath.Dir(log)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: ending, Credential: owner, Setpgid: true}
	started := make(chan error)
	go func() {
		// The kernel sends Pdeathsig when the thread that started the child ends, so this thread stays.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		started <- p.cmd.Start()
		if p.cmd.Process != nil {
			_ = p.cmd.Wait()
		}
		close(p.done)
	}()
	return p, <-started
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// stop sends a signal and waits for the end; after ten seconds it kills.
func (p *process) stop(s syscall.Signal) {
	p.signal(s)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		p.signal(syscall.SIGKILL)
		<-p.done
	}
}

// unprivileged returns the user that servers run as: nobody in particular when the tests run as an ordinary user, the
// first of the names that exists when they run as root, which the servers refuse to be.
func unprivileged(names ...string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, n := range names {
		u, err := user.Lookup(n)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(errUID, errGID); err != nil {
			return nil, fmt.Errorf("user %s: %w", n, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("running as root and none of the users %v exists", names)
}

// runAs runs a program to its end as the unprivileged user and returns what it printed with its error.
func runAs(owner *syscall.Credential, dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}

// serverDir makes a temporary folder the unprivileged user owns. It is outside t.TempDir because servers outlive one
// test, and short because socket paths are.
func serverDir(kind string, owner *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp("", "whimbrel-"+kind+"-")
	if err != nil {
		return "", fmt.Errorf("make a folder for the server: %w", err)
	}
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return "", fmt.Errorf("hand the folder to the server's user: %w", err)
		}
	}
	return dir, nil
}

// freePort returns a loopback port nobody listens on at the moment.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// awaitReady calls ready until it succeeds, the process ends, or a minute has passed.
func (p *process) awaitReady(log string, ready func() error) error {
	deadline := time.After(time.Minute)
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.done:
			text, _ := os.ReadFile(log)
			return fmt.Errorf("the server ended while starting:\n%s", text)
		case <-deadline:
			text, _ := os.ReadFile(log)
			return fmt.Errorf("the server is not ready after a minute: %w\n%s", err, text)
		}
	}
}

// missing skips the test, or fails it where servers are required.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("WHIMBREL_TEST_REQUIRE_SERVERS") != "" {
		t.Fatalf("%s is required and not installed; run `make test-servers`", what)
	}
	t.Skipf("SKIPPED, NOT TESTED: %s is not installed; run `make test-servers` (or `make test`) to install it", what)
}
