package etcd

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// attempts bounds how often a transaction is done again. Each time some other one was applied, so there is progress.
const attempts = 200

// Update runs a transaction until it is applied to what it read.
func (s *Store) Update(ctx context.Context, change func(store.Tx) error) (int64, error) {
	for attempt := range attempts {
		t := &tx{ctx: ctx, s: s, reads: map[string]store.Item{}, writes: map[string]write{}}
		if err := change(t); err != nil {
			return 0, err
		}
		if t.err != nil {
			return 0, t.err // change swallowed it
		}
		revision, applied, err := t.commit()
		if err != nil || applied {
			return revision, err
		}
		if err := pause(ctx, attempt); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("update: %w", store.ErrBusy)
}

// pause waits a little longer each time, and never two in step.
func pause(ctx context.Context, attempt int) error {
	longest := time.Millisecond * time.Duration(min(1<<min(attempt, 6), 50))
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type write struct {
	value   []byte
	deleted bool
	lease   clientv3.LeaseID
}

// listed is a range that was read up to a key, or to its end.
type listed struct{ from, to string }

// tx is a transaction under way: what it read, to be compared when it is applied, and what it shall write.
type tx struct {
	ctx      context.Context
	s        *Store
	revision int64
	reads    map[string]store.Item // Revision 0: not there
	lists    []listed
	writes   map[string]write
	err      error
}

func (t *tx) fail(err error) error {
	t.err = err
	return err
}

func (t *tx) Get(key string) (store.Item, error) {
	if w, ok := t.writes[key]; ok {
		if w.deleted {
			return store.Item{}, fmt.Errorf("read %s: %w", key, store.ErrNotFound)
		}
		return store.Item{Key: key, Value: w.value}, nil
	}
	known, ok := t.reads[key]
	if !ok {
		var options []clientv3.OpOption
		if t.revision > 0 {
			options = append(options, clientv3.WithRev(t.revision))
		}
		r, err := t.s.client.Get(t.ctx, key, options...)
		if err != nil {
			return store.Item{}, t.fail(fmt.Errorf("read %s: %w", key, err))
		}
		if t.revision == 0 {
			t.revision = r.Header.Revision
		}
		known = store.Item{Key: key}
		if len(r.Kvs) > 0 {
			known = item(r.Kvs[0])
		}
		t.reads[key] = known
	}
	if known.Revision == 0 {
		return store.Item{}, fmt.Errorf("read %s: %w", key, store.ErrNotFound)
	}
	return known, nil
}

func (t *tx) List(r store.Range) (store.Page, error) {
	limit := r.Limit
	if limit > 0 {
		r.Limit += len(t.writes) // what was deleted here leaves room
	}
	r.Revision = t.revision
	page, err := t.s.List(t.ctx, r)
	if err != nil {
		return page, t.fail(err)
	}
	t.revision = page.Revision
	from, to := bounds(r)
	if page.More {
		to = page.Items[len(page.Items)-1].Key + "\x00"
	}
	if !r.Loose {
		t.lists = append(t.lists, listed{from, to})
	}
	if !r.KeysOnly && !r.Loose { // a value that was not read is not known, and there are more keys than a transaction may compare
		for _, i := range page.Items {
			t.reads[i.Key] = i
		}
	}
	return t.overlay(page, r, limit), nil
}

// overlay lays what the transaction wrote over a page that it read.
func (t *tx) overlay(page store.Page, r store.Range, limit int) store.Page {
	if len(t.writes) > 0 {
		items := map[string]store.Item{}
		for _, i := range page.Items {
			items[i.Key] = i
		}
		last := ""
		if page.More {
			last = page.Items[len(page.Items)-1].Key
		}
		for key, w := range t.writes {
			if !strings.HasPrefix(key, r.Prefix) || key <= r.After || last != "" && key > last {
				continue
			}
			items[key] = store.Item{Key: key, Value: w.value}
			if r.KeysOnly {
				items[key] = store.Item{Key: key}
			}
			if w.deleted {
				delete(items, key)
			}
		}
		page.Items = page.Items[:0:0]
		for _, key := range slices.Sorted(maps.Keys(items)) {
			page.Items = append(page.Items, items[key])
		}
	}
	if limit > 0 && len(page.Items) > limit {
		page.Items, page.More = page.Items[:limit], true
	}
	return page
}

func (t *tx) Put(key string, value []byte) { t.writes[key] = write{value: value} }

func (t *tx) PutLease(key string, value []byte, l store.Lease) {
	t.writes[key] = write{value: value, lease: clientv3.LeaseID(l.ID())}
}

func (t *tx) Delete(key string) { t.writes[key] = write{deleted: true} }

// commit applies the writes if nothing that was read has changed since.
func (t *tx) commit() (revision int64, applied bool, err error) {
	if len(t.writes) == 0 {
		return t.revision, true, nil
	}
	var same []clientv3.Cmp
	for key, i := range t.reads {
		same = append(same, clientv3.Compare(clientv3.ModRevision(key), "=", i.Revision))
	}
	for _, l := range t.lists { // no key in the range is newer than what was read; those that were there are compared above
		same = append(same, clientv3.Compare(clientv3.ModRevision(l.from).WithRange(l.to), "<", t.revision+1))
	}
	operations := make([]clientv3.Op, 0, len(t.writes))
	for key, w := range t.writes {
		switch {
		case w.deleted:
			operations = append(operations, clientv3.OpDelete(key))
		case w.lease != 0:
			operations = append(operations, clientv3.OpPut(key, string(w.value), clientv3.WithLease(w.lease)))
		default:
			operations = append(operations, clientv3.OpPut(key, string(w.value)))
		}
	}
	r, err := t.s.client.Txn(t.ctx).If(same...).Then(operations...).Commit()
	if err != nil {
		return 0, false, fmt.Errorf("commit: %w", err)
	}
	return r.Header.Revision, r.Succeeded, nil
}
