package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/instance/socket"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/span"
)

// Config says what a worker works with.
type Config struct {
	// Dir is the instance's directory. Names of files in URLs of endpoints are relative to it: the process works in it.
	Dir     string
	Engines connector.Engines
	// Processors and Memory (bytes) bound the process that Serve runs in; 0 leaves it those of the machine.
	Processors int
	Memory     int64
	// Class is what the instance's class is called, for messages.
	Class string
	// SQLiteDir is where files of SQLite endpoints may lie; empty: nowhere.
	SQLiteDir string
	Tracer    *span.Tracer // nil: tasks are not traced
	Log       *slog.Logger
}

var _ socket.Server = (*Worker)(nil)

// A Worker is an instance at work.
type Worker struct {
	Config
	log    *slog.Logger
	dir    keep.Dir
	budget *budget
	began  time.Time
	life   context.Context
	end    context.CancelCauseFunc
	tasks  sync.WaitGroup // running attempts
	ticks  sync.WaitGroup
	asking assessments

	traffic connector.Traffic // with the databases

	mu struct {
		sync.Mutex
		jobs     map[string]*job
		stopping bool
		revision int64
		changed  chan struct{}
	}
}

// How often the states of tasks are looked at, and the statistics of tables written down.
const (
	lookEvery = 500 * time.Millisecond
	keepEvery = 2 * time.Second
)

// errEnding is why tasks end with their process: they are to go on elsewhere.
var errEnding = errors.New("the replication instance ends")

// New makes a worker that remembers what its directory holds. Close ends it.
func New(c Config) (*Worker, error) {
	w := &Worker{Config: c, log: c.Log, dir: keep.Dir(c.Dir), budget: newBudget(c.Memory), began: time.Now().UTC()}
	w.mu.jobs, w.mu.changed = map[string]*job{}, make(chan struct{})
	w.mu.revision = time.Now().UnixNano() // so that who asks for what differs from an earlier process's is answered
	ids, err := w.dir.Tasks()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		j, err := w.remember(id)
		if err != nil {
			return nil, err
		}
		w.mu.jobs[id] = j
	}
	w.life, w.end = context.WithCancelCause(context.Background())
	w.ticks.Go(w.look)
	return w, nil
}

// Close stops all tasks cleanly, so that another process can go on with them, and waits for that as long as the context
// allows.
func (w *Worker) Close(ctx context.Context) error {
	w.mu.Lock()
	w.mu.stopping = true
	w.mu.Unlock()
	w.end(errEnding)
	ended := make(chan struct{})
	go func() { // ends with the tasks, or the process does
		w.tasks.Wait()
		w.ticks.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop all tasks: %w", context.Cause(ctx))
	}
}

// job finds a task.
func (w *Worker) job(id string) (*job, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if j := w.mu.jobs[id]; j != nil {
		return j, nil
	}
	return nil, &instance.Refusal{Message: fmt.Sprintf("the replication instance knows no task %s", id)}
}

// bump tells those who wait that some state has changed.
func (w *Worker) bump() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.revision++
	close(w.mu.changed)
	w.mu.changed = make(chan struct{})
}

func (w *Worker) jobs() []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]*job, 0, len(w.mu.jobs))
	for _, j := range w.mu.jobs {
		all = append(all, j)
	}
	return all
}

// look keeps states and statistics current until the end.
func (w *Worker) look() {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	kept := time.Now()
	for {
		select {
		case <-w.life.Done():
			return
		case <-tick.C:
		}
		changed, due := false, time.Since(kept) >= keepEvery
		if due {
			kept = time.Now()
		}
		for _, j := range w.jobs() {
			rescue.Else(func() {
				news, step := j.observe()
				changed = changed || news
				if step || due {
					j.keep()
				}
			}, j.fail)()
		}
		if changed {
			w.bump()
		}
	}
}

// patience is how long Tasks waits for something to change.
const patience = 10 * time.Second

// Tasks implements instance.Client.
func (w *Worker) Tasks(ctx context.Context, revision int64) ([]instance.TaskState, int64, error) {
	waited := time.NewTimer(patience)
	defer waited.Stop()
	for over := revision == 0; ; {
		w.mu.Lock()
		now, changed := w.mu.revision, w.mu.changed
		w.mu.Unlock()
		if over || now != revision {
			return w.states(), now, nil
		}
		select {
		case <-ctx.Done():
			return nil, 0, context.Cause(ctx)
		case <-w.life.Done():
			return nil, 0, context.Cause(w.life)
		case <-waited.C:
			over = true
		case <-changed:
		}
	}
}

func (w *Worker) states() []instance.TaskState {
	var out []instance.TaskState
	for _, j := range w.jobs() {
		if s, ok := j.state(); ok {
			out = append(out, s)
		}
	}
	return out
}
