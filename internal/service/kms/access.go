package kms

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

const algorithm = "SYMMETRIC_DEFAULT"

// use is what a call wants of a key, for the check.
type use struct {
	action    string // without kms:
	key       string // as the caller names it
	record    *keyRecord
	unread    error // why the record is not known
	context   map[string]string
	crypto    bool // an operation that encrypts or decrypts
	operation string
	keys      map[string][]string
}

// onKey makes the access function of an operation about one key.
func onKey[In any](s *Service, action string, name func(*In) *string) func(context.Context, *service.Call, *In) ([]service.Check, error) {
	return func(ctx context.Context, call *service.Call, in *In) ([]service.Check, error) {
		return s.checks(ctx, call, use{action: action, operation: action, key: deref(name(in))})
	}
}

// checks says what a call on a key asks for.
func (s *Service) checks(ctx context.Context, call *service.Call, uses ...use) ([]service.Check, error) {
	var all []service.Check
	for _, u := range uses {
		one, err := s.check(ctx, call, u)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (s *Service) check(ctx context.Context, call *service.Call, u use) (service.Check, error) {
	c := service.Check{Action: "kms:" + u.action, Keys: map[string][]string{"kms:CallerAccount": {call.Principal.Account}}}
	maps.Copy(c.Keys, u.keys)
	if alias := aliasIn(u.key); alias != "" {
		c.Keys["kms:RequestAlias"] = []string{alias}
		c.Named = s.vault.arn(call.Region, alias)
	}
	if u.crypto {
		c.Keys["kms:EncryptionAlgorithm"] = []string{algorithm}
		for k, v := range u.context {
			c.Keys["kms:EncryptionContext:"+k] = []string{v}
		}
		if len(u.context) > 0 {
			c.Keys["kms:EncryptionContextKeys"] = slices.Sorted(maps.Keys(u.context))
		}
	}
	if c.Unread = u.unread; u.unread != nil {
		c.Resource = s.nameOf(call, u.key)
		return c, nil
	}
	k := u.record
	if k == nil {
		var err error
		if k, err = s.vault.key(ctx, call.Region, u.key); err != nil {
			// What is not there is named as it would be; the operation itself says that it is missing.
			c.Resource, c.Unread = s.nameOf(call, u.key), service.Trouble(err)
			return c, nil
		}
	}
	return s.onRecord(ctx, call, c, k, u)
}

func (s *Service) nameOf(call *service.Call, key string) string {
	switch {
	case key == "":
		return s.vault.arn(call.Region, "key/*")
	case len(key) > 4 && key[:4] == "arn:":
		return key
	case aliasIn(key) != "":
		return s.vault.arn(call.Region, "key/*")
	}
	return s.vault.arn(call.Region, "key/"+key)
}

func (s *Service) onRecord(ctx context.Context, call *service.Call, c service.Check, k *keyRecord, u use) (service.Check, error) {
	c.Resource, c.Tags = k.ARN, k.Tags
	c.Keys["kms:KeySpec"], c.Keys["kms:KeyUsage"], c.Keys["kms:KeyOrigin"] = []string{algorithm}, []string{"ENCRYPT_DECRYPT"}, []string{"AWS_KMS"}
	aliases, err := aliasesOf(lister{ctx, s.store}, call.Region, k.ID)
	if err != nil {
		return c, err
	}
	for _, a := range aliases {
		c.Keys["kms:ResourceAliases"] = append(c.Keys["kms:ResourceAliases"], a.Name)
	}
	document, err := s.withGrants(ctx, call, k, u)
	c.Policy = &service.ResourcePolicy{Document: document, Required: true}
	return c, err
}

// lister lists outside a transaction.
type lister struct {
	ctx   context.Context
	store store.Store
}

func (l lister) List(r store.Range) (store.Page, error) { return l.store.List(l.ctx, r) }

// withGrants adds to a key's policy what its grants allow this caller, as statements of their own.
func (s *Service) withGrants(ctx context.Context, call *service.Call, k *keyRecord, u use) (string, error) {
	grants, err := s.grantsOf(ctx, call.Region, k.ID)
	if err != nil {
		return "", err
	}
	var allowed []any
	for _, g := range grants {
		if g.Grantee != "" && g.lets(u) && (g.Grantee == call.Principal.ARN || g.Grantee == call.Principal.RoleARN) {
			allowed = append(allowed, map[string]any{"Effect": "Allow", "Principal": map[string]string{"AWS": g.Grantee}, "Action": "kms:" + u.action, "Resource": "*"})
		}
	}
	if len(allowed) == 0 {
		return k.Policy, nil
	}
	var document map[string]any
	if err := json.Unmarshal([]byte(k.Policy), &document); err != nil {
		return "", fmt.Errorf("read the policy of key %s: %w", k.ARN, err)
	}
	statements, many := document["Statement"].([]any)
	if !many {
		statements = []any{document["Statement"]}
	}
	document["Statement"] = append(statements, allowed...)
	text, err := json.Marshal(document)
	return string(text), err
}

// Checks says what a call asks of a key: one of another service that uses the key for its caller, which via then names.
func (v *Vault) Checks(ctx context.Context, call *service.Call, key string, context map[string]string, via string, actions ...string) ([]service.Check, error) {
	s := &Service{vault: v, store: v.store}
	keys := map[string][]string{}
	if via != "" {
		keys["kms:ViaService"] = []string{via}
		name, _, _ := strings.Cut(via, ".")
		for _, k := range []string{"aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"} {
			keys[k] = []string{name + ".amazonaws.com"}
		}
		keys["aws:ViaAWSService"] = []string{"true"}
	}
	var uses []use
	for _, a := range actions {
		uses = append(uses, use{action: a, operation: a, key: key, context: context, crypto: context != nil, keys: keys})
	}
	return s.checks(ctx, call, uses...)
}
