package dms

import "github.com/whimbreldb/whimbrel/internal/store"

// remembering reads every key once: the tasks of a page share few instances.
type remembering struct {
	from  getter
	items map[string]store.Item
	errs  map[string]error
}

func (r *remembering) Get(key string) (store.Item, error) {
	if item, ok := r.items[key]; ok {
		return item, r.errs[key]
	}
	item, err := r.from.Get(key)
	if r.items == nil {
		r.items, r.errs = map[string]store.Item{}, map[string]error{}
	}
	r.items[key], r.errs[key] = item, err
	return item, err
}
