package iam

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Usage knows when access keys and roles were used last. Uses are gathered in memory and written now and then, so that
// a request costs no write; a crash forgets at most the last turn.
type Usage struct {
	store store.Store

	mu struct {
		sync.Mutex
		fresh map[string]lastUse
	}
}

// lastUse is when and for what something was used last.
type lastUse struct {
	At              time.Time
	Service, Region string
}

// What is used: the kinds of records.
const (
	keyUse  = "key/"
	roleUse = "role/"
)

const usageRecords = "iamuse/"

// NewUsage makes a record of uses that is empty in memory.
func NewUsage(s store.Store) *Usage {
	u := &Usage{store: s}
	u.mu.fresh = map[string]lastUse{}
	return u
}

// Seen notes a call: the use of a long-term key, or of a role by one of its sessions.
func (u *Usage) Seen(p *service.Principal, name, region string, at time.Time) {
	switch {
	case p.Session == nil && p.AccessKeyID != "":
		u.note(keyUse+p.AccessKeyID, name, region, at)
	case p.Kind == service.AssumedRole:
		id, _, _ := strings.Cut(p.UserID, ":")
		u.note(roleUse+id, name, region, at)
	}
}

func (u *Usage) note(name, service, region string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.mu.fresh[name] = lastUse{at.UTC().Truncate(time.Second), service, region}
}

// of finds the last use, of now or of before.
func (u *Usage) of(ctx context.Context, kind, id string) (lastUse, error) {
	u.mu.Lock()
	fresh, ok := u.mu.fresh[kind+id]
	u.mu.Unlock()
	if ok {
		return fresh, nil
	}
	last, err := store.Read[lastUse](reader{ctx, u.store}, usageRecords+kind+id)
	if errors.Is(err, store.ErrNotFound) {
		return lastUse{}, nil
	}
	return last, err
}

// Flush writes what was gathered. What cannot be written goes on waiting, unless it was used anew meanwhile.
func (u *Usage) Flush(ctx context.Context) error {
	u.mu.Lock()
	fresh := u.mu.fresh
	u.mu.fresh = map[string]lastUse{}
	u.mu.Unlock()
	for name, last := range fresh {
		_, err := u.store.Update(ctx, func(tx store.Tx) error { return store.Write(tx, usageRecords+name, last) })
		if err != nil {
			u.keep(fresh)
			return fmt.Errorf("write the last use of %s: %w", name, err)
		}
		delete(fresh, name)
	}
	return nil
}

func (u *Usage) keep(old map[string]lastUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.Copy(old, u.mu.fresh)
	u.mu.fresh = old
}

// Run flushes every so often, and once more when the context ends.
func (u *Usage) Run(ctx context.Context, every time.Duration, failed func(error)) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if err := u.Flush(last); err != nil {
				failed(err)
			}
			return
		case <-ticker.C:
			if err := u.Flush(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		}
	}
}
