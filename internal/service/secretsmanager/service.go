package secretsmanager

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Vault seals values under KMS keys.
type Vault interface {
	Encrypt(ctx context.Context, region, key string, plain []byte, context map[string]string) (blob []byte, arn string, err error)
	Decrypt(ctx context.Context, region string, blob []byte, context map[string]string) (plain []byte, arn string, err error)
	// ManagedKey is the key of a service, made on first use; IsManaged tells those keys from customers'.
	ManagedKey(ctx context.Context, region, service string) (string, error)
	IsManaged(ctx context.Context, region, key string) (bool, error)
	// Checks says what a use of a key asks for, by a service in its caller's name.
	Checks(ctx context.Context, call *service.Call, key string, context map[string]string, via string, actions ...string) ([]service.Check, error)
}

// Service answers the API.
type Service struct {
	store store.Store
	vault Vault
}

// New makes the service. Values are sealed in the vault.
func New(st store.Store, vault Vault) (*service.Service, error) {
	s := &Service{store: st, vault: vault}
	made, err := service.New(&secretsmanagerapi.Service,
		s.createSecret(), s.deleteResourcePolicy(), s.deleteSecret(), s.describeSecret(), s.getRandomPassword(), s.getResourcePolicy(),
		s.getSecretValue(), s.listSecretVersionIDs(), s.listSecrets(), s.putResourcePolicy(), s.putSecretValue(), s.restoreSecret(),
		s.tagResource(), s.untagResource(), s.updateSecret(), s.updateSecretVersionStage())
	if err != nil {
		return nil, fmt.Errorf("make the secrets service: %w", err)
	}
	return made, nil
}

type getter interface {
	Get(key string) (store.Item, error)
}

type reader struct {
	ctx   context.Context
	store store.Store
}

func (r reader) Get(key string) (store.Item, error) { return r.store.Get(r.ctx, key) }

func (s *Service) read(ctx context.Context) reader { return reader{ctx, s.store} }

func fault(name, form string, args ...any) error {
	return secretsmanagerapi.Service.NewError(name, form, args...)
}

// suffix is what an ARN has after the secret's name: a hyphen and six letters or digits.
var suffix = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)

// nameIn is the name in a secret's identifier: a name, an ARN, or an ARN without its suffix.
func nameIn(call *service.Call, id string) (name string, exact bool) {
	rest, ok := strings.CutPrefix(id, call.ARN("secret:"))
	if !ok {
		return id, false
	}
	if suffix.MatchString(rest) {
		return rest[:len(rest)-7], true
	}
	return rest, false
}

// find reads a secret by its name, its ARN or a part of it. One whose time for recovery is over is not there.
func (s *Service) find(from getter, call *service.Call, id *string) (*secretRecord, error) {
	notThere := fault("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	name, exact := nameIn(call, deref(id))
	// A name may itself end as a suffix does, so an ARN is looked for both ways.
	for _, try := range []string{name, strings.TrimPrefix(deref(id), call.ARN("secret:"))} {
		if strings.HasPrefix(try, "arn:") || try == "" {
			continue
		}
		record, err := store.Read[secretRecord](from, path(call.Region, try))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read a secret: %w", err)
		}
		if record.gone(call.Now) || exact && try == name && record.ARN != deref(id) {
			continue
		}
		return &record, nil
	}
	return nil, notThere
}

// live is find for secrets that are not marked for deletion.
func (s *Service) live(from getter, call *service.Call, id *string) (*secretRecord, error) {
	record, err := s.find(from, call, id)
	if err == nil && record.Deleted != nil {
		return nil, fault("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.")
	}
	return record, err
}

// change lets fn change a secret that is not marked for deletion.
func (s *Service) change(ctx context.Context, call *service.Call, id *string, fn func(*secretRecord) error) (*secretRecord, error) {
	var changed *secretRecord
	_, err := s.store.Update(ctx, func(tx store.Tx) error {
		record, err := s.live(tx, call, id)
		if err != nil {
			return err
		}
		if err := fn(record); err != nil {
			return err
		}
		record.Changed = call.Now.UTC()
		changed = record
		return store.Write(tx, path(call.Region, record.Name), record)
	})
	return changed, err
}

// on is the access of operations on one secret.
func on[In any](s *Service, id func(*In) *string, more ...func(*In) map[string][]string) func(context.Context, *service.Call, *In) ([]service.Check, error) {
	return func(ctx context.Context, call *service.Call, in *In) ([]service.Check, error) {
		c := service.Check{Action: call.ActionName(), Named: nameless(call, deref(id(in))), Keys: map[string][]string{}}
		for _, m := range more {
			maps.Copy(c.Keys, m(in))
		}
		record, err := s.find(s.read(ctx), call, id(in))
		if err != nil {
			c.Resource, c.Unread = c.Named, service.Trouble(err)
			return []service.Check{c}, nil
		}
		c.Resource, c.Tags = record.ARN, record.Tags
		c.Keys["secretsmanager:SecretId"] = []string{record.ARN}
		for k, v := range record.Tags {
			c.Keys["secretsmanager:ResourceTag/"+k] = []string{v}
		}
		if record.Policy != "" {
			c.Policy = &service.ResourcePolicy{Document: record.Policy}
		}
		return []service.Check{c}, nil
	}
}

// CheckOf is the check of an action on a secret, for explanations.
func CheckOf(ctx context.Context, st store.Store, call *service.Call, action, id string) service.Check {
	s := &Service{store: st}
	c := service.Check{Action: action, Resource: nameless(call, id)}
	record, err := s.find(s.read(ctx), call, &id)
	if err != nil {
		c.Unread = service.Trouble(err)
		return c
	}
	c.Resource, c.Tags = record.ARN, record.Tags
	if record.Policy != "" {
		c.Policy = &service.ResourcePolicy{Document: record.Policy}
	}
	return c
}

// nameless is the ARN of a secret that is not there, as it would be.
func nameless(call *service.Call, id string) string {
	if strings.HasPrefix(id, "arn:") {
		return id
	}
	return call.ARN("secret:" + id)
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// newARN names a new secret.
func newARN(call *service.Call, name string) string {
	var raw [6]byte
	_, _ = rand.Read(raw[:])
	for i := range raw {
		raw[i] = letters[int(raw[i])%len(letters)]
	}
	return call.ARN("secret:" + name + "-" + string(raw[:]))
}

func deref[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// tagKeys are the condition keys of tags that a request brings.
func tagKeys(tags []secretsmanagerapi.Tag) map[string][]string {
	keys := map[string][]string{}
	for _, t := range tags {
		keys["aws:RequestTag/"+deref(t.Key)] = []string{deref(t.Value)}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], deref(t.Key))
	}
	return keys
}

const maxTags = 50

func mergeTags(have map[string]string, add []secretsmanagerapi.Tag) (map[string]string, error) {
	merged := map[string]string{}
	maps.Copy(merged, have)
	for _, t := range add {
		if strings.HasPrefix(strings.ToLower(deref(t.Key)), "aws:") {
			return nil, fault("InvalidParameterException", "The tag key %q begins with aws:, which is reserved.", deref(t.Key))
		}
		merged[deref(t.Key)] = deref(t.Value)
	}
	if len(merged) > maxTags {
		return nil, fault("InvalidParameterException", "A secret has at most %d tags.", maxTags)
	}
	return merged, nil
}

func tagList(tags map[string]string) []secretsmanagerapi.Tag {
	var list []secretsmanagerapi.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, secretsmanagerapi.Tag{Key: new(k), Value: new(tags[k])})
	}
	return list
}
