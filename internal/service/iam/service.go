package iam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Service answers the API.
type Service struct {
	store     store.Store
	directory *identity.Directory
	usage     *Usage
	factors   *identity.Factors
	since     time.Time // when the account was made
}

type getter interface {
	Get(key string) (store.Item, error)
}

type ranger interface {
	List(r store.Range) (store.Page, error)
}

// reader reads outside a transaction.
type reader struct {
	ctx   context.Context
	store store.Store
}

func (r reader) Get(key string) (store.Item, error)     { return r.store.Get(r.ctx, key) }
func (r reader) List(x store.Range) (store.Page, error) { return r.store.List(r.ctx, x) }
func (s *Service) read(ctx context.Context) reader      { return reader{ctx, s.store} }
func (s *Service) update(ctx context.Context, fn func(store.Tx) error) error {
	_, err := s.store.Update(ctx, fn)
	return err
}

// fetch reads a record, and answers the given error when it is not there.
func fetch[T any](from getter, key string, missing error) (*T, error) {
	v, err := store.Read[T](from, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, missing
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return &v, nil
}

// all reads every record under a prefix, in the order of the keys.
func all[T any](from ranger, prefix string) ([]T, error) {
	page, err := from.List(store.Range{Prefix: prefix})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", prefix, err)
	}
	list := make([]T, len(page.Items))
	for i, item := range page.Items {
		if err := item.Decode(&list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func user(from getter, name string) (*identity.User, error) {
	return fetch[identity.User](from, identity.UserKey(name), missing("The user with name %s cannot be found.", name))
}

func group(from getter, name string) (*identity.Group, error) {
	return fetch[identity.Group](from, identity.GroupKey(name), missing("The group with name %s cannot be found.", name))
}

func role(from getter, name string) (*identity.Role, error) {
	return fetch[identity.Role](from, identity.RoleKey(name), missing("The role with name %s cannot be found.", name))
}

// changeUser lets fn change a user in a transaction.
func (s *Service) changeUser(ctx context.Context, name string, fn func(store.Tx, *identity.User) error) error {
	return s.update(ctx, func(tx store.Tx) error {
		u, err := user(tx, name)
		if err != nil {
			return err
		}
		if err := fn(tx, u); err != nil {
			return err
		}
		return store.Write(tx, identity.UserKey(u.Name), u)
	})
}

func (s *Service) changeGroup(ctx context.Context, name string, fn func(store.Tx, *identity.Group) error) error {
	return s.update(ctx, func(tx store.Tx) error {
		g, err := group(tx, name)
		if err != nil {
			return err
		}
		if err := fn(tx, g); err != nil {
			return err
		}
		return store.Write(tx, identity.GroupKey(g.Name), g)
	})
}

// changeRole lets fn change a role; those that are linked to a service are the service's to change.
func (s *Service) changeRole(ctx context.Context, name string, fn func(store.Tx, *identity.Role) error) error {
	return s.update(ctx, func(tx store.Tx) error {
		r, err := role(tx, name)
		if err != nil {
			return err
		}
		if r.ServiceLinked {
			return fault("UnmodifiableEntityException", "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", r.Name)
		}
		if err := fn(tx, r); err != nil {
			return err
		}
		return store.Write(tx, identity.RoleKey(r.Name), r)
	})
}

func deref[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

// some is a pointer to a text that is there.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func pathOf(path *string) string {
	if path == nil || *path == "" {
		return "/"
	}
	return *path
}

// stamped is the moment of a call as records have it, in whole seconds.
func stamped(call *service.Call) time.Time { return call.Now.UTC().Truncate(time.Second) }
