package identity

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/service"
)

// Credential finds the secret of an access key and whose it is. A temporary key needs its session token; a long-term key
// must come without one.
func (d *Directory) Credential(ctx context.Context, id, token string, now time.Time) (secret string, who *service.Principal, err error) {
	if token != "" {
		return d.temporary(id, token, now)
	}
	key, ok := d.AccessKey(id)
	if !ok || !key.Active {
		return "", nil, service.ErrUnknownKey
	}
	user, ok := d.User(key.User)
	if !ok {
		return "", nil, service.ErrUnknownKey
	}
	if secret, err = d.secrets.of(ctx, key, d.safe); err != nil {
		return "", nil, err
	}
	who = d.PrincipalOf(user)
	who.AccessKeyID = id
	return secret, who, nil
}

// secrets remembers opened secrets of long-term keys. A record that was replaced is another record.
type secrets struct {
	sync.Mutex
	known map[*AccessKey]string
}

func (c *secrets) of(ctx context.Context, key *AccessKey, safe Safe) (string, error) {
	c.Lock()
	secret, ok := c.known[key]
	c.Unlock()
	if ok {
		return secret, nil
	}
	plain, err := safe.Open(ctx, key.Sealed, ofKey(key.ID))
	if err != nil {
		return "", fmt.Errorf("read the secret of %s: %w", key.ID, err)
	}
	c.Lock()
	defer c.Unlock()
	if c.known == nil || len(c.known) >= remembered {
		c.known = map[*AccessKey]string{}
	}
	c.known[key] = string(plain)
	return string(plain), nil
}

func (d *Directory) temporary(id, token string, now time.Time) (string, *service.Principal, error) {
	g, who, err := d.opened(id, token, now)
	if err != nil {
		return "", nil, err
	}
	return g.Secret, who, nil
}

// Session describes who holds a temporary key, by its token.
func (d *Directory) Session(id, token string, now time.Time) (*service.Principal, error) {
	_, who, err := d.opened(id, token, now)
	return who, err
}

func (d *Directory) opened(id, token string, now time.Time) (*Grant, *service.Principal, error) {
	g, err := d.grants.open(d.tokens, token)
	if err != nil || g.Key != id {
		return nil, nil, service.ErrUnknownKey
	}
	if !now.Before(g.Expires) {
		return nil, nil, service.ErrExpiredKey
	}
	who, ok := d.holder(g)
	if !ok {
		return nil, nil, service.ErrUnknownKey
	}
	return g, who, nil
}

// WithSession describes a principal as it would be with a session of this sort; a user with policies or tags is a federated one, as
// GetFederationToken makes it.
func (d *Directory) WithSession(who *service.Principal, session *service.Session) *service.Principal {
	as := *who
	as.Session, as.Tags = session, overlay(who.Tags, session.Tags)
	if who.Kind == service.User && (session.Policy != "" || len(session.PolicyARNs) > 0 || len(session.Tags) > 0) {
		as.Kind, as.SessionName = service.FederatedUser, "explained"
		as.ARN, as.UserID = d.FederatedARN(as.SessionName), d.account+":"+as.SessionName
	}
	return &as
}

// holder describes who holds a grant, if its user or role is still there.
func (d *Directory) holder(g *Grant) (*service.Principal, bool) {
	who := &service.Principal{
		Kind: g.Kind, Partition: d.partition, Account: d.account, Name: g.Name, AccessKeyID: g.Key, SessionName: g.Session,
		Session: &service.Session{
			Issued: g.Issued, Expires: g.Expires, Policy: g.Policy, PolicyARNs: g.Managed, MFA: g.MFA, SourceIdentity: g.Source,
			Tags: g.Tags, TransitiveKeys: g.Keep, Provider: g.Provider, Chained: g.Chained,
		},
	}
	sts := "arn:" + d.partition + ":sts::" + d.account + ":"
	if g.Kind == service.AssumedRole {
		r, ok := d.Role(g.Name)
		if !ok || r.ID != g.ID {
			return nil, false
		}
		who.RoleARN = d.ARN("role", r.Path, r.Name)
		who.ARN, who.UserID, who.Tags = sts+"assumed-role/"+r.Name+"/"+g.Session, r.ID+":"+g.Session, overlay(r.Tags, g.Tags)
		return who, true
	}
	u, ok := d.User(g.Name)
	if !ok || u.ID != g.ID {
		return nil, false
	}
	who.ARN, who.UserID, who.Tags = d.ARN("user", u.Path, u.Name), u.ID, overlay(u.Tags, g.Tags)
	if g.Kind == service.FederatedUser {
		// The policies of the user who vouched for it count, under the session's.
		who.ARN, who.UserID = sts+"federated-user/"+g.Session, d.account+":"+g.Session
	}
	return who, true
}

// overlay lays session tags over those of the user or role; the same key in other letters is the same key.
func overlay(own, session map[string]string) map[string]string {
	if len(session) == 0 {
		return own
	}
	all := maps.Clone(session)
	lower := map[string]bool{}
	for k := range session {
		lower[strings.ToLower(k)] = true
	}
	for k, v := range own {
		if !lower[strings.ToLower(k)] {
			all[k] = v
		}
	}
	return all
}

// grants remembers opened tokens: opening one costs more than the rest of a verification.
type grants struct {
	sync.Mutex
	known map[string]*Grant
}

// remembered bounds them; when there are more, all are forgotten and opened again.
const remembered = 4096

func (c *grants) open(t *Tokens, token string) (*Grant, error) {
	c.Lock()
	g := c.known[token]
	c.Unlock()
	if g != nil {
		return g, nil
	}
	g, err := t.Open(token)
	if err != nil {
		return nil, err
	}
	c.Lock()
	defer c.Unlock()
	if c.known == nil || len(c.known) >= remembered {
		c.known = map[string]*Grant{}
	}
	c.known[token] = g
	return g, nil
}

// Tokens makes session tokens that the directory opens.
func (d *Directory) Tokens() *Tokens { return d.tokens }

// NewAccessKey makes a key for a user; the record holds the secret sealed, the caller gets it once.
func (d *Directory) NewAccessKey(ctx context.Context, user string, now time.Time) (key AccessKey, secret string, err error) {
	key = AccessKey{ID: NewID(LongTermKey), User: user, Active: true, Created: now.UTC().Truncate(time.Second)}
	secret = NewSecret()
	if key.Sealed, err = d.safe.Seal(ctx, []byte(secret), ofKey(key.ID)); err != nil {
		return AccessKey{}, "", fmt.Errorf("seal the secret of a key: %w", err)
	}
	return key, secret, nil
}

func ofKey(id string) map[string]string { return map[string]string{"aws:iam:access-key": id} }
