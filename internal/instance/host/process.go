package host

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
)

// Ready is the line by which a process says that it answers.
const Ready = "ready"

// inherited are the variables of our environment that a child gets: where certificates and time zones are, nothing of ours.
var inherited = []string{"PATH", "TZ", "ZONEINFO", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG", "GOCOVERDIR", "GORACE"}

// process is a child.
type process struct {
	cmd   *exec.Cmd
	input io.Closer       // it ends when this closes, also because we are gone
	ready <-chan struct{} // closed when it answers
}

// start starts the process of an instance.
func (h *Host) start(spec instance.Spec) (*process, error) {
	dir := h.dir(spec.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of instance %s: %w", spec.ID, err)
	}
	log, err := openProcessLog(filepath.Join(dir, keep.ProcessLog))
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own
	arguments := append(h.Command[1:len(h.Command):len(h.Command)], "--dir", dir,
		"--processors", strconv.Itoa(spec.Processors), "--memory", strconv.FormatInt(spec.Memory, 10), "--class", spec.Class)
	if h.SQLiteDir != "" {
		arguments = append(arguments, "--sqlite-dir", h.SQLiteDir)
	}
	if len(h.Traces) > 0 {
		arguments = append(arguments, "--traces")
	}
	cmd := exec.Command(h.Command[0], arguments...) //nolint:noctx // the keeper ends it
	cmd.Env = environment()
	cmd.Stderr = log
	cmd.SysProcAttr = attributes()
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start instance %s: %w", spec.ID, err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start instance %s: %w", spec.ID, err)
	}
	if err := h.starter.start(cmd); err != nil {
		return nil, fmt.Errorf("start instance %s: %w", spec.ID, err)
	}
	if len(h.Traces) > 0 { // by its input: among them may be secrets, which a command line and an environment show
		if err := json.NewEncoder(input).Encode(h.Traces); err != nil {
			h.Log.Error("an instance was not told where its traces go", "instance", spec.ID, "error", err)
		}
	}
	return &process{cmd: cmd, input: input, ready: heard(output)}, nil
}

// heard is closed when the child says that it is ready. It reads what comes after, until Wait closes the pipe.
func heard(output io.Reader) <-chan struct{} {
	ready := make(chan struct{})
	go func() { // ends with the child
		lines := bufio.NewScanner(output)
		for said := false; lines.Scan(); {
			if !said && lines.Text() == Ready {
				said = true
				close(ready)
			}
		}
	}()
	return ready
}

func environment() []string {
	env := []string{}
	for _, name := range inherited {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// openProcessLog begins a file for what a process says, and keeps the one of the process before.
func openProcessLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("keep the log of an earlier process: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of a process: %w", err)
	}
	return f, nil
}

// longestSocket is what a socket's path may have on all systems.
const longestSocket = 100

// socket is the path of an instance's socket, by way of a short name if its own is too long.
func (h *Host) socket(id string) (string, error) {
	path := filepath.Join(h.dir(id), keep.Socket)
	if len(path) <= longestSocket {
		return path, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.short == "" {
		short, err := os.MkdirTemp("", "whimbrel-")
		if err != nil {
			return "", fmt.Errorf("make a directory with short names: %w", err)
		}
		h.short = short
		if err := os.Symlink(h.Dir, filepath.Join(short, "i")); err != nil {
			return "", fmt.Errorf("make a short name of the directory of instances: %w", err)
		}
	}
	path = filepath.Join(h.short, "i", id, keep.Socket)
	if len(path) > longestSocket {
		return "", fmt.Errorf("the path %s is too long for a socket; set TMPDIR to a shorter one", strings.TrimSpace(path))
	}
	return path, nil
}
