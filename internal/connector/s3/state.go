package s3

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// state is how far a run has followed its source: one object, whose writing is the commit of everything that it names.
type state struct {
	Run      string    `json:"run"`
	Server   string    `json:"server"`
	Position string    `json:"position"`
	At       time.Time `json:"at"`
	// Notes is the key of the run's notes; empty when there are none.
	Notes string `json:"notes,omitempty"`
	// Last is the latest time that a file is named for: names only grow, whatever the clock does.
	Last time.Time `json:"last"`
	Work work      `json:"work"`
	// Layout is what the run was begun with.
	Layout layout `json:"layout,omitempty"`
	// Before is what is to be gone back to when what Work names was lost.
	Before *before `json:"before,omitempty"`
}

type before struct {
	Position string `json:"position"`
	Notes    string `json:"notes,omitempty"`
}

// work is what is to be done once the state is written. It may be done any number of times.
type work struct {
	Delete  []string       `json:"delete,omitempty"`
	Define  []string       `json:"define,omitempty"` // CREATE TABLE statements
	Publish []store.Ticket `json:"publish,omitempty"`
}

func changesFolder(run string) string { return control + "changes/" + component(run) + "/" }

func stateKey(run string) string { return changesFolder(run) + "state.json" }

func notesKey(run string, at time.Time) string {
	return changesFolder(run) + "notes-" + strings.ReplaceAll(at.UTC().Format("20060102-150405.000000000"), ".", "") + ".json"
}

func (t *target) readState(ctx context.Context, run string) (*state, error) {
	s := &state{Run: run}
	_, err := readJSON(ctx, t.store, stateKey(run), s)
	return s, err
}

// Checkpoint implements connector.Applier.
func (t *target) Checkpoint(ctx context.Context, run string) (connector.Checkpoint, bool, error) {
	s, err := t.look(ctx, run)
	if err != nil {
		return connector.Checkpoint{}, false, err
	}
	return connector.Checkpoint{Run: run, Server: s.Server, Position: s.Position, At: s.At}, s.Position != "", nil
}

// Notes implements connector.Applier.
func (t *target) Notes(ctx context.Context, run string) (map[string]string, error) {
	s, err := t.look(ctx, run)
	if err != nil {
		return nil, err
	}
	return maps.Clone(s.notes), nil
}

func (t *target) readNotes(ctx context.Context, key string) (map[string]string, error) {
	notes := map[string]string{}
	if key == "" {
		return notes, nil
	}
	there, err := readJSON(ctx, t.store, key, &notes)
	if err == nil && !there { // another process may have written others since the state was read
		err = &connector.Error{Class: connector.Lost, Err: fmt.Errorf("the control object %s is gone, which the state of the run names", key)}
	}
	if err != nil {
		return nil, fmt.Errorf("read the notes of the run: %w", err)
	}
	return notes, nil
}

// Forget implements connector.Applier.
func (t *target) Forget(ctx context.Context, run string) error {
	r := t.share(run)
	defer t.unshare(r)
	return r.alone(ctx, func() error {
		r.known.Store(nil)
		return t.forget(ctx, run)
	})
}

func (t *target) forget(ctx context.Context, run string) error {
	var keys []string
	err := t.store.List(ctx, changesFolder(run), func(o store.Object) error {
		keys = append(keys, o.Key)
		return nil
	})
	if err == nil { // before the rest, so that the folder is empty then
		err = t.store.Sweep(ctx, changesFolder(run), nil, func(string) bool { return false })
	}
	if err != nil {
		return err
	}
	return t.store.Delete(ctx, keys)
}
