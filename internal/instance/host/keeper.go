package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/instance/socket"
)

// keeper sees that the process of one instance runs.
type keeper struct {
	host  *Host
	id    string
	ended chan struct{} // when nothing runs any more, and nothing will

	mu struct {
		sync.Mutex
		spec    instance.Spec
		state   instance.State
		client  *socket.Client // of a process that is up
		process *os.Process
	}
	wish chan struct{} // the spec has changed
	stop context.CancelFunc
	life context.Context
}

func newKeeper(h *Host, spec instance.Spec) *keeper {
	k := &keeper{host: h, id: spec.ID, ended: make(chan struct{}), wish: make(chan struct{}, 1)}
	k.mu.spec, k.mu.state.Phase = spec, instance.Starting
	k.life, k.stop = context.WithCancel(context.Background())
	return k
}

func (k *keeper) end() { k.stop() }

func (k *keeper) want(spec instance.Spec) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.spec == spec {
		return
	}
	k.mu.spec = spec
	select {
	case k.wish <- struct{}{}:
	default:
	}
}

func (k *keeper) state() instance.State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mu.state
}

func (k *keeper) client() *socket.Client {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mu.client
}

// enter sets the phase and tells of it.
func (k *keeper) enter(phase instance.Phase, change func(*instance.State)) {
	k.mu.Lock()
	k.mu.state.Phase = phase
	if change != nil {
		change(&k.mu.state)
	}
	k.mu.Unlock()
	k.host.bump()
}

// healthy is how long a process must have lasted for its end not to count as one more failure in a row.
const healthy = time.Minute

// run starts the process again and again until the instance is not wanted any more.
func (k *keeper) run() {
	defer close(k.ended)
	wait := k.host.FirstWait
	for k.life.Err() == nil {
		began := time.Now()
		why := k.once()
		if k.life.Err() != nil {
			break
		}
		if why == nil {
			k.enter(instance.Starting, nil) // it is to run otherwise
			wait = k.host.FirstWait
			continue
		}
		k.host.Log.Error("the process of a replication instance has ended", "instance", k.id, "error", why, "again after", wait)
		k.enter(instance.Down, func(s *instance.State) {
			s.Failure = why.Error()
			s.Deaths++
		})
		if time.Since(began) > healthy {
			wait = k.host.FirstWait
		}
		select {
		case <-k.life.Done():
		case <-k.wish:
		case <-time.After(wait):
		}
		wait = min(2*wait, k.host.LongestWait)
		if k.life.Err() == nil {
			k.enter(instance.Starting, nil)
		}
	}
	k.enter(instance.Absent, nil)
}

// exit is how a process has ended.
type exit struct{ err error }

// once runs one process to its end. nil says that it was ended because it is to run otherwise, or not at all.
func (k *keeper) once() error {
	k.mu.Lock()
	spec := k.mu.spec
	k.mu.Unlock()
	p, err := k.host.start(spec)
	if err != nil {
		return err
	}
	defer p.input.Close()
	k.mu.Lock()
	k.mu.process = p.cmd.Process
	k.mu.Unlock()
	exited := make(chan exit, 1)
	go func() { exited <- exit{p.cmd.Wait()} }() // ends with the process
	defer k.down()
	late := time.NewTimer(k.host.AnswerWithin)
	defer late.Stop()
	wish := k.wish
	var beats <-chan time.Time
	silent := make(chan error, 1)
	for {
		select {
		case e := <-exited:
			return k.obituary(e.err)
		case <-late.C:
			return k.abandon(p, exited, fmt.Errorf("the process did not answer within %s of its start", k.host.AnswerWithin))
		case err := <-silent:
			return k.abandon(p, exited, err)
		case <-p.ready:
			p.ready = nil
			late.Stop()
			if err := k.up(spec); err != nil {
				return k.abandon(p, exited, err)
			}
			tick := time.NewTicker(k.host.AnswerWithin / 4)
			defer tick.Stop()
			beats = tick.C
		case <-beats:
			k.beat(silent)
		case <-wish:
			k.mu.Lock()
			same := k.mu.spec == spec
			k.mu.Unlock()
			if !same {
				k.enter(instance.Starting, nil)
				k.finish(p, exited)
				return nil
			}
		case <-k.life.Done():
			k.finish(p, exited)
			return nil
		}
	}
}

// up opens the client and says that the instance answers.
func (k *keeper) up(spec instance.Spec) error {
	path, err := k.host.socket(k.id)
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.mu.client = socket.NewClient(path)
	k.mu.Unlock()
	k.enter(instance.Up, func(s *instance.State) { s.Boot = spec.Boot })
	return nil
}

func (k *keeper) down() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.client != nil {
		k.mu.client.Close()
	}
	k.mu.client, k.mu.process = nil, nil
}

// beat asks the process whether it is still there; the answer that does not come is told.
func (k *keeper) beat(silent chan<- error) {
	client := k.client()
	go func() { // ends with the answer, or when that is too late
		ctx, cancel := context.WithTimeout(k.life, k.host.AnswerWithin)
		defer cancel()
		if _, err := client.Usage(ctx); err != nil && ctx.Err() != nil && k.life.Err() == nil {
			select {
			case silent <- fmt.Errorf("the process has not answered for %s", k.host.AnswerWithin):
			default:
			}
		}
	}()
}

// finish ends a process cleanly: its tasks stop, to be gone on with.
func (k *keeper) finish(p *process, exited <-chan exit) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	_ = p.input.Close()
	late := time.NewTimer(k.host.EndWithin)
	defer late.Stop()
	select {
	case <-exited:
	case <-late.C:
		_ = p.cmd.Process.Kill()
		<-exited
	}
}

func (k *keeper) abandon(p *process, exited <-chan exit, why error) error {
	_ = p.cmd.Process.Kill()
	<-exited
	return why
}

// kill ends the process at once.
func (k *keeper) kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.process != nil {
		_ = k.mu.process.Kill()
	}
}

// obituary says how a process has ended, with its last words.
func (k *keeper) obituary(err error) error {
	if err == nil {
		err = errors.New("exit status 0")
	}
	if words := lastWords(filepath.Join(k.host.dir(k.id), keep.ProcessLog)); words != "" {
		return fmt.Errorf("the process ended by itself: %w: %s", err, words)
	}
	return fmt.Errorf("the process ended by itself: %w", err)
}

// lastWords is the first line of a fault, or the last line, that a process has written.
func lastWords(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	last := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return line
		}
		if line != "" {
			last = line
		}
	}
	return last
}
