package s3

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// numbers gives the files of one table's load their numbers: always the least that is free.
type numbers struct {
	once    sync.Once
	err     error
	plan    string    // of the run, see planned.Plan
	started time.Time // see planned.Started

	mu   sync.Mutex
	used map[int]bool
	next int
}

func (n *numbers) take() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.used[n.next] {
		n.next++
	}
	n.used[n.next] = true
	return n.next
}

func (n *numbers) give(number int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.used, number)
	n.next = min(n.next, number)
}

// numbersOf finds the numbers of a table, looking at what is there the first time.
func (t *target) numbersOf(ctx context.Context, m connector.Mark) (*numbers, error) {
	t.mu.Lock()
	n := t.mu.tables[m.Table]
	if n == nil {
		n = &numbers{used: map[int]bool{}, next: 1}
		t.mu.tables[m.Table] = n
	}
	t.mu.Unlock()
	n.once.Do(func() { n.err = n.look(ctx, t, m) })
	if n.err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.mu.tables[m.Table] == n { // to be looked at again, unless another does already
			delete(t.mu.tables, m.Table)
		}
		return nil, n.err
	}
	return n, nil
}

func (t *target) forgetNumbers(table catalog.Name) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.mu.tables, table)
}

// look finds out which numbers are taken, and forgets what an earlier process has staged and not marked.
func (n *numbers) look(ctx context.Context, t *target, m connector.Mark) error {
	at := tableFolder(m.Run, m.Table)
	var p planned
	if _, err := readJSON(ctx, t.store, at+planFile, &p); err != nil {
		return err
	}
	n.plan, n.started = p.Plan, p.Started
	if n.started.IsZero() { // of a version that did not keep it
		n.started = t.started
	}
	files, err := t.marked(ctx, at, p.Plan)
	if err != nil {
		return err
	}
	if len(files) > 0 {
		if err := t.settings.layout().begunWith(p.Layout); err != nil {
			return fmt.Errorf("go on with the load of table %s: %w", m.Table, err)
		}
	}
	prefix := folder(m.Table)
	take := func(key string) {
		name := key[strings.LastIndexByte(key, '/')+1:]
		if part := loadFile.FindStringSubmatch(name); part != nil {
			number, _ := strconv.ParseUint(part[1], 16, 32)
			n.used[int(number)] = true
		}
	}
	keep := map[string]bool{}
	for _, f := range files {
		take(f.Key)
		keep[f.ID] = true
	}
	err = t.store.List(ctx, prefix+"LOAD", func(o store.Object) error {
		take(o.Key)
		return nil
	})
	if err != nil {
		return err
	}
	return t.store.Sweep(ctx, prefix+"LOAD", keep, func(key string) bool { return !loadFile.MatchString(strings.TrimPrefix(key, prefix)) })
}

// marked are the files of a table's segments that are marked.
func (t *target) marked(ctx context.Context, at, plan string) (files []store.Ticket, err error) {
	var keys []string
	err = t.store.List(ctx, at, func(o store.Object) error {
		if !strings.HasSuffix(o.Key, planFile) {
			keys = append(keys, o.Key)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for the files of a table: %w", err)
	}
	marks := make([]mark, len(keys))
	err = each(ctx, keys, func(ctx context.Context, i int, key string) error {
		_, err := readJSON(ctx, t.store, key, &marks[i])
		return err
	})
	for _, m := range marks {
		if m.Plan == plan {
			files = append(files, m.Files...)
		}
	}
	return files, err
}
