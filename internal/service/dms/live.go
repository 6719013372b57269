package dms

import (
	"sync"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// live is what instances said last of their tasks. The store is told of numbers now and then only; Describe answers with
// these. It is empty on a server whose controllers do not run.
type live struct {
	mu struct {
		sync.RWMutex
		instances map[string]*report
	}
}

// report is one answer of Client.Tasks.
type report struct {
	asked int64 // when, by the controller's own clock
	tasks map[string]instance.TaskState
}

func newLive() *live {
	l := &live{}
	l.mu.instances = map[string]*report{}
	return l
}

// put keeps a report; nil forgets the instance.
func (l *live) put(id string, r *report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r == nil {
		delete(l.mu.instances, id)
		return
	}
	l.mu.instances[id] = r
}

// of is the last report of an instance, nil while it does not answer. It is not changed afterwards.
func (l *live) of(id string) *report {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.mu.instances[id]
}

// forget drops all of it: somebody else has the controllers now.
func (l *live) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.mu.instances)
}

// progress is the latest that is known of a task's numbers.
func (l *live) progress(t *Task) *instance.Progress {
	if r := l.of(t.Instance); r != nil {
		if state, ok := r.tasks[t.ID]; ok && state.Attempt == t.Attempt {
			return &state.Progress
		}
	}
	return t.Progress
}
