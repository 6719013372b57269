package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/instance/socket"
)

// Config says how instances run. Zero values are the documented defaults.
type Config struct {
	// Dir holds the instances' directories.
	Dir string
	// Command is the program and its first arguments: this program's `instance`.
	Command []string
	// SQLiteDir is where files of SQLite endpoints may lie; empty: nowhere.
	SQLiteDir string
	// Traces are OpenTelemetry's variables for the children (see span.Config); none for no traces.
	Traces map[string]string
	Log    *slog.Logger

	// Waits that tests shorten: the first before a process is started again, the longest, how long one may take to answer,
	// and to end.
	FirstWait, LongestWait, AnswerWithin, EndWithin time.Duration
}

// A Host keeps instances.
type Host struct {
	Config
	starter *starter
	short   string // a directory with short names for those of the instances, or empty
	keepers sync.WaitGroup

	mu struct {
		sync.Mutex
		instances map[string]*keeper
		changed   chan struct{}
		closed    bool
	}
}

// New makes a host without instances. Close ends it.
func New(c Config) (*Host, error) {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the directory of instances: %w", err)
	}
	c.Dir = dir
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of instances: %w", err)
	}
	if c.SQLiteDir != "" {
		if c.SQLiteDir, err = filepath.Abs(c.SQLiteDir); err != nil {
			return nil, fmt.Errorf("find the directory of SQLite files: %w", err)
		}
	}
	if len(c.Command) == 0 {
		program, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
		c.Command = []string{program, "instance"}
	}
	for _, d := range []struct {
		of    *time.Duration
		usual time.Duration
	}{{&c.FirstWait, 200 * time.Millisecond}, {&c.LongestWait, 30 * time.Second}, {&c.AnswerWithin, time.Minute}, {&c.EndWithin, 20 * time.Second}} {
		if *d.of <= 0 {
			*d.of = d.usual
		}
	}
	h := &Host{Config: c, starter: newStarter()}
	h.mu.instances, h.mu.changed = map[string]*keeper{}, make(chan struct{})
	return h, nil
}

// Want says that an instance is to run as the spec says; see dms.Host.
func (h *Host) Want(spec instance.Spec) {
	if err := keep.CheckID(spec.ID); err != nil {
		h.Log.Error("an instance cannot be kept", "error", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.mu.closed {
		return
	}
	k := h.mu.instances[spec.ID]
	if k == nil {
		k = newKeeper(h, spec)
		h.mu.instances[spec.ID] = k
		h.keepers.Go(k.run)
		return
	}
	k.want(spec)
}

// Unwant ends an instance and removes what it kept. It returns when the process is gone.
func (h *Host) Unwant(ctx context.Context, id string) error {
	if err := keep.CheckID(id); err != nil {
		return err
	}
	h.mu.Lock()
	k := h.mu.instances[id]
	h.mu.Unlock()
	if k != nil {
		k.end()
		select {
		case <-k.ended:
		case <-ctx.Done():
			return fmt.Errorf("end instance %s: %w", id, context.Cause(ctx))
		}
	}
	if err := os.RemoveAll(h.dir(id)); err != nil {
		return fmt.Errorf("remove the directory of instance %s: %w", id, err)
	}
	h.mu.Lock()
	if h.mu.instances[id] == k {
		delete(h.mu.instances, id)
	}
	h.mu.Unlock()
	h.bump()
	return nil
}

// State says how an instance's process is.
func (h *Host) State(id string) instance.State {
	h.mu.Lock()
	k := h.mu.instances[id]
	h.mu.Unlock()
	if k == nil {
		return instance.State{}
	}
	return k.state()
}

// Changed is closed when the state of some instance has changed since.
func (h *Host) Changed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mu.changed
}

func (h *Host) bump() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.mu.changed)
	h.mu.changed = make(chan struct{})
}

// Up lists the instances that answer.
func (h *Host) Up() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var ids []string
	for id, k := range h.mu.instances {
		if k.client() != nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Path is the directory of an instance.
func (h *Host) Path(id string) string { return h.dir(id) }

// Usage is what the process of an instance has used since it was started.
func (h *Host) Usage(ctx context.Context, id string) (socket.Usage, error) {
	c, err := h.up(id)
	if err != nil {
		return socket.Usage{}, err
	}
	return c.Usage(ctx)
}

// up is the client of an instance that answers.
func (h *Host) up(id string) (*socket.Client, error) {
	h.mu.Lock()
	k := h.mu.instances[id]
	h.mu.Unlock()
	if k != nil {
		if c := k.client(); c != nil {
			return c, nil
		}
	}
	return nil, fmt.Errorf("instance %s: %w", id, instance.ErrDown)
}

func (h *Host) dir(id string) string { return filepath.Join(h.Dir, id) }

// Close ends all instances cleanly: their tasks can be gone on with.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	h.mu.closed = true
	all := make([]*keeper, 0, len(h.mu.instances))
	for _, k := range h.mu.instances {
		all = append(all, k)
	}
	h.mu.Unlock()
	for _, k := range all {
		k.end()
	}
	ended := make(chan struct{})
	go func() { // ends with the processes
		h.keepers.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		for _, k := range all {
			k.kill()
		}
		<-ended
		err = fmt.Errorf("end all instances: %w", context.Cause(ctx))
	}
	h.starter.close()
	if h.short != "" {
		err = errors.Join(err, os.RemoveAll(h.short))
	}
	return err
}
