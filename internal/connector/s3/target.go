package s3

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// target writes files into a store.
type target struct {
	store    store.Store
	settings *settings
	log      *slog.Logger
	held     *connector.Held // changes that wait for their file
	started  time.Time

	mu struct {
		sync.Mutex
		// tables are those that this process loads, with the numbers of their files.
		tables map[catalog.Name]*numbers
		// waiting are the files of segments that are committed, by the key of their mark.
		waiting map[string]waiting
		// starts are the times at which runs began that this process has taken up.
		starts map[string]time.Time
		// verified are the marks, by key and plan, whose files are known to be published.
		verified map[string]bool
		// left are files of segments whose mark may not be there, by their run.
		left map[string][]store.Ticket
		// runs are those of which there are sessions.
		runs map[string]*shared
		// locks are those of the runs that are claimed.
		locks map[losable]bool
	}
}

var (
	_ connector.Target    = (*target)(nil)
	_ connector.Applier   = (*target)(nil)
	_ connector.Flusher   = (*target)(nil)
	_ connector.Prober    = (*target)(nil)
	_ connector.Rehearser = (*target)(nil)
)

func openTarget(ctx context.Context, c connector.Config) (connector.Target, error) {
	s, err := readSettings(c.Settings)
	if err != nil {
		return nil, err
	}
	at, err := storeOf(c, s)
	if err != nil {
		return nil, err
	}
	if err := at.Check(ctx); err != nil {
		at.Close()
		return nil, err
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	t := &target{store: at, settings: s, log: log, held: c.Held, started: time.Now()}
	t.mu.tables, t.mu.waiting = map[catalog.Name]*numbers{}, map[string]waiting{}
	t.mu.verified, t.mu.left = map[string]bool{}, map[string][]store.Ticket{}
	t.mu.runs, t.mu.locks, t.mu.starts = map[string]*shared{}, map[losable]bool{}, map[string]time.Time{}
	return t, nil
}

// Identity implements connector.Target.
func (t *target) Identity() string { return t.store.Identity() }

// DefaultSchema implements connector.Target.
func (t *target) DefaultSchema() string { return "" }

// Close implements connector.Target.
func (t *target) Close() error {
	t.store.Close()
	return nil
}

// Rehearse implements connector.Rehearser: an object is written as files are, read, and deleted.
func (t *target) Rehearse(ctx context.Context) error {
	key := control + "probe-" + strings.ToLower(rand.Text()[:12])
	staged := t.store.Stage(ctx, key, store.Options{ContentType: "text/plain"})
	defer staged.Abandon()
	if _, err := staged.Write([]byte("written to test a connection")); err != nil {
		return err
	}
	ticket, err := staged.Seal(ctx)
	if err == nil {
		err = t.store.Publish(ctx, ticket)
	}
	if err != nil {
		return err
	}
	_, there, err := t.store.Head(ctx, key)
	if err == nil && !there {
		err = fmt.Errorf("object %s was written, and is not there", key)
	}
	return cmp.Or(err, t.store.Delete(ctx, []string{key})) // it goes, whether it could be looked at or not
}

// Probe implements connector.Prober.
func (t *target) Probe(ctx context.Context) error { return t.store.Check(ctx) }

// Describe implements connector.Target. Files that another has left, of which nobody knows the columns, count as rows.
func (t *target) Describe(ctx context.Context, names []catalog.Name) (map[catalog.Name]*connector.Existing, error) {
	found := make([]*connector.Existing, len(names))
	err := each(ctx, names, func(ctx context.Context, i int, n catalog.Name) error {
		table, err := definitionOf(ctx, t.store, n)
		if err != nil {
			return err
		}
		has, err := t.hasFiles(ctx, n)
		if err != nil || table == nil && !has {
			return err
		}
		if table == nil {
			table = &catalog.Table{Name: n} // of another: nobody has written down its columns
		}
		found[i] = &connector.Existing{Table: table, HasRows: has}
		return nil
	})
	out := map[catalog.Name]*connector.Existing{}
	for i, e := range found {
		if e != nil {
			out[names[i]] = e
		}
	}
	return out, err
}

var errFound = errors.New("found")

func (t *target) hasFiles(ctx context.Context, n catalog.Name) (bool, error) {
	prefix := folder(n)
	err := t.store.List(ctx, prefix, func(o store.Object) error {
		if isData(strings.TrimPrefix(o.Key, prefix)) {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}

// empty removes a table's files, and what it is.
func (t *target) empty(ctx context.Context, n catalog.Name, drop bool) error {
	keys, err := t.files(ctx, n)
	if err != nil {
		return err
	}
	if drop {
		keys = append(keys, definitionKey(n), glueKey(n))
	}
	return t.store.Delete(ctx, keys)
}

// files lists a table's data files.
func (t *target) files(ctx context.Context, n catalog.Name) (keys []string, err error) {
	prefix := folder(n)
	err = t.store.List(ctx, prefix, func(o store.Object) error {
		if isData(strings.TrimPrefix(o.Key, prefix)) {
			keys = append(keys, o.Key)
		}
		return nil
	})
	return keys, err
}

// Exists implements connector.Target.
func (t *target) Exists(ctx context.Context, r catalog.Ref) (bool, error) {
	switch r.Kind {
	case catalog.SchemaRef:
		return true, nil
	case catalog.TableRef:
		_, ok, err := t.store.Head(ctx, definitionKey(r.Name))
		return ok, err
	default:
		return false, nil
	}
}

// Exec implements connector.Target.
func (t *target) Exec(ctx context.Context, ss []catalog.Statement) error {
	for _, s := range ss {
		if err := t.execute(ctx, s.SQL); err != nil {
			return fmt.Errorf("run %.80s: %w", s.SQL, err)
		}
	}
	return nil
}

func (t *target) execute(ctx context.Context, sql string) error {
	s, err := parse(sql)
	if err != nil {
		return err
	}
	if strings.HasPrefix(s.name.Name, "awsdms_") && s.verb == "CREATE" {
		return noControlTable(s.name.Name)
	}
	if s.verb == "CREATE" {
		return t.define(ctx, s.table)
	}
	if s.verb == "DROP" || s.verb == "TRUNCATE" {
		defer t.forgetNumbers(s.name)
		return t.fenced(ctx, func(ctx context.Context) error { return t.empty(ctx, s.name, s.verb == "DROP") })
	}
	table, err := definitionOf(ctx, t.store, s.name)
	if err != nil || table == nil {
		return err
	}
	if s.verb == "RENAME" {
		table.Name = s.to
		if err := t.define(ctx, table); err != nil {
			return err
		}
		return t.store.Delete(ctx, []string{definitionKey(s.name), glueKey(s.name)})
	}
	s.apply(table)
	return t.define(ctx, table)
}

func noControlTable(name string) error {
	return invalid("turn the control table off in ControlTablesSettings, or LoopbackPreventionSettings", "an S3 target keeps no table %s: its files are only ever added to", name)
}
