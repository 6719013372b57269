package s3

import "time"

// hasStarted notes when a run began that the journal knows of: the earliest time that it names.
func (t *target) hasStarted(run string, at time.Time) {
	if at.IsZero() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.mu.starts[run]; !ok || at.Before(known) {
		t.mu.starts[run] = at
	}
}

// startOf is when a run began: with this process, unless it was taken up from another.
func (t *target) startOf(run string) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, ok := t.mu.starts[run]; ok {
		return at
	}
	return t.started
}

// forgetStart makes the next run of that name a new one.
func (t *target) forgetStart(run string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.mu.starts, run)
}
