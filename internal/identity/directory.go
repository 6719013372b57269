package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Config says whose directory it is.
type Config struct {
	Partition, Account string
	Sealer             Sealer
	Safe               Safe // of the secrets of access keys
	Log                *slog.Logger
	// ServiceControl are the organization's documents, one list for each level; every level must allow.
	ServiceControl [][]*policy.Policy
}

// A Directory is the picture of all identities in memory, kept true by a watch on the store.
type Directory struct {
	partition, account string
	sealer             Sealer
	safe               Safe
	tokens             *Tokens
	control            [][]*policy.Policy
	follower           *store.Follower

	mu struct {
		sync.RWMutex
		users     map[string]*User
		groups    map[string]*Group
		roles     map[string]*Role
		policies  map[string]*ManagedPolicy
		keys      map[string]*AccessKey
		providers map[string]*OIDCProvider
	}
	compiled compiled
	grants   grants
	secrets  secrets
	changes  atomic.Int64 // grows with every change, so that what was made of the picture can be made anew
}

// Open makes a directory of what is in the store, true until the context ends.
func Open(ctx context.Context, s store.Store, c Config) (*Directory, error) {
	d := &Directory{partition: c.Partition, account: c.Account, sealer: c.Sealer, safe: c.Safe, tokens: NewTokens(c.Sealer), control: c.ServiceControl}
	f, err := store.Follow(ctx, s, prefix, c.Log, d.reset, d.apply)
	if err != nil {
		return nil, fmt.Errorf("open the directory: %w", err)
	}
	d.follower = f
	return d, nil
}

// Follower lets a store wait until the directory shows what it wrote, see store.Following.
func (d *Directory) Follower() *store.Follower { return d.follower }

// Account is the account of the directory.
func (d *Directory) Account() string { return d.account }

// ServiceControl are the organization's policies, which bind all that the directory holds but service-linked roles.
func (d *Directory) ServiceControl() [][]*policy.Policy { return d.control }

func (d *Directory) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mu.users, d.mu.groups, d.mu.roles = map[string]*User{}, map[string]*Group{}, map[string]*Role{}
	d.mu.policies, d.mu.keys, d.mu.providers = map[string]*ManagedPolicy{}, map[string]*AccessKey{}, map[string]*OIDCProvider{}
	d.changes.Add(1)
}

// apply brings changes into the picture. A record that cannot be read is left out, which denies.
func (d *Directory) apply(events []store.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.changes.Add(1)
	var problems []error
	for _, e := range events {
		kind, _, _ := strings.Cut(strings.TrimPrefix(e.Key, prefix), "/")
		var err error
		switch kind + "/" {
		case strings.TrimPrefix(userPrefix, prefix):
			err = store.Keep(d.mu.users, e)
		case strings.TrimPrefix(groupPrefix, prefix):
			err = store.Keep(d.mu.groups, e)
		case strings.TrimPrefix(rolePrefix, prefix):
			err = store.Keep(d.mu.roles, e)
		case strings.TrimPrefix(policyPrefix, prefix):
			err = store.Keep(d.mu.policies, e)
		case strings.TrimPrefix(keyPrefix, prefix):
			err = store.Keep(d.mu.keys, e)
		case strings.TrimPrefix(oidcPrefix, prefix):
			err = store.Keep(d.mu.providers, e)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func find[T any](d *Directory, all *map[string]*T, key string) (*T, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	v, ok := (*all)[key]
	return v, ok
}

// User finds a user. What is found is not to be altered.
func (d *Directory) User(name string) (*User, bool) { return find(d, &d.mu.users, UserKey(name)) }

// Group finds a group.
func (d *Directory) Group(name string) (*Group, bool) { return find(d, &d.mu.groups, GroupKey(name)) }

// Role finds a role.
func (d *Directory) Role(name string) (*Role, bool) { return find(d, &d.mu.roles, RoleKey(name)) }

// Provider finds an identity provider by its URL without https://.
func (d *Directory) Provider(url string) (*OIDCProvider, bool) {
	return find(d, &d.mu.providers, OIDCKey(url))
}

// AccessKey finds a long-term key.
func (d *Directory) AccessKey(id string) (*AccessKey, bool) {
	return find(d, &d.mu.keys, AccessKeyKey(id))
}

// RoleByARN finds a role of this account by its full name.
func (d *Directory) RoleByARN(arn string) (*Role, bool) {
	r, ok := d.Role(NameOf(arn))
	if !ok || d.ARN("role", r.Path, r.Name) != arn {
		return nil, false
	}
	return r, true
}

// PrincipalOf describes a user as the one who makes a request.
func (d *Directory) PrincipalOf(u *User) *service.Principal {
	return &service.Principal{
		Kind: service.User, Partition: d.partition, Account: d.account, ARN: d.ARN("user", u.Path, u.Name), UserID: u.ID, Name: u.Name, Tags: u.Tags,
	}
}

// PrincipalOfRole describes a session of a role as the one who makes a request.
func (d *Directory) PrincipalOfRole(r *Role, session string) *service.Principal {
	return &service.Principal{
		Kind: service.AssumedRole, Partition: d.partition, Account: d.account, Name: r.Name, RoleARN: d.ARN("role", r.Path, r.Name),
		ARN: d.SessionARN(r.Name, session), UserID: r.ID + ":" + session, SessionName: session, Tags: r.Tags,
	}
}
