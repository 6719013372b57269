// Package quiet keeps a trouble that lasts from filling the log: it is told when it begins, then ever less often, and when it
// is over.
package quiet

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// The waits between two lines about the same trouble: each is twice the one before.
const (
	firstWait   = time.Minute
	longestWait = time.Hour
)

// A Log tells of troubles. Its zero value is ready.
type Log struct {
	mu  sync.Mutex
	all map[string]*trouble
}

type trouble struct {
	since, next time.Time
	wait        time.Duration
	times       int // it has come up
}

// Trouble tells of one that has come up again, unless it was told of a moment ago. It is known by its key: what it is about,
// not its words.
func (l *Log) Trouble(ctx context.Context, to *slog.Logger, level slog.Level, now time.Time, key, text string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.all[key]
	if t == nil {
		if l.all == nil {
			l.all = map[string]*trouble{}
		}
		t = &trouble{since: now, next: now, wait: firstWait}
		l.all[key] = t
	}
	t.times++
	if now.Before(t.next) {
		return
	}
	if t.times > 1 {
		args = append(args, "since", t.since.UTC().Format(time.RFC3339), "times", t.times)
	}
	to.Log(ctx, level, text, args...) //nolint:sloglint // the message is the one of whoever calls
	t.next, t.wait = now.Add(t.wait), min(2*t.wait, longestWait)
}

// Over says that there is no trouble (any more), and tells of the end of one that was told of.
func (l *Log) Over(ctx context.Context, to *slog.Logger, key, text string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.all[key]
	if t == nil {
		return
	}
	delete(l.all, key)
	to.Log(ctx, slog.LevelInfo, text, append(args, "since", t.since.UTC().Format(time.RFC3339), "times", t.times)...) //nolint:sloglint // as above
}

// Keep forgets troubles that nobody will tell the end of.
func (l *Log) Keep(wanted func(key string) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key := range l.all {
		if !wanted(key) {
			delete(l.all, key)
		}
	}
}
