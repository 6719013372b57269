package store

import (
	"reflect"
	"sync"
)

// memo keeps what was made of an item, for as long as the item is the one that a mirror shows.
type memo struct{ made sync.Map } // by type

// Memo is what build makes of an item. Of an item that a mirror has answered it is made once for each type T, or a few times
// at the same moment, and shared: nobody may change it. build may ask for memos of the item itself.
func Memo[T any](i Item, build func(Item) (T, error)) (T, error) {
	if i.memo == nil {
		return build(i)
	}
	key := reflect.TypeFor[T]()
	if v, ok := i.memo.made.Load(key); ok {
		return v.(T), nil
	}
	v, err := build(i)
	if err == nil {
		i.memo.made.Store(key, v)
	}
	return v, err
}

// Decoded is the JSON of an item, as Memo shares it.
func Decoded[T any](i Item) (*T, error) {
	return Memo(i, func(i Item) (*T, error) {
		v := new(T)
		return v, i.Decode(v)
	})
}
