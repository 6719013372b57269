package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/policy/action"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/service/secretsmanager"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Question asks why somebody may or may not do something.
type Question struct {
	Who      string // an access key, or the ARN of a user or role
	Action   string
	Resource string
	SourceIP string            // of the caller; 127.0.0.1 if empty
	Tags     map[string]string // of the resource, beside those that are known
	Keys     map[string][]string
}

// Explanation is the answer.
type Explanation struct {
	Caller   string
	Decision policy.Decision
	Message  string // AWS's denial; empty when allowed
	Steps    []policy.Step
	Warnings []string
}

// Explain answers from the state of this moment: of the running server, or of the directory when none runs. It changes
// nothing and leaves no trace in the audit trail.
func Explain(ctx context.Context, c Config, q Question) (*Explanation, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var state bytes.Buffer
	if err := Backup(ctx, c, &state); err != nil {
		return nil, err
	}
	snapshot, err := store.ReadSnapshot(&state)
	if err != nil {
		return nil, err
	}
	if err := c.complete(); err != nil {
		return nil, err
	}
	of, err := store.Read[cluster](snapshotReader{ctx, snapshot}, clusterKey)
	if err != nil {
		return nil, fmt.Errorf("read what the state was made for: %w", err)
	}
	control, err := c.controlPolicies()
	if err != nil {
		return nil, err
	}
	directory, err := identity.Open(ctx, snapshot, identity.Config{Partition: of.Partition, Account: of.Account, Log: c.Log, ServiceControl: control})
	if err != nil {
		return nil, err
	}
	e := &explainer{ctx: ctx, config: &c, cluster: of, store: snapshot, directory: directory}
	return e.answer(q)
}

type snapshotReader struct {
	ctx   context.Context
	store store.Store
}

func (r snapshotReader) Get(key string) (store.Item, error) { return r.store.Get(r.ctx, key) }

type explainer struct {
	ctx       context.Context
	config    *Config
	cluster   cluster
	store     store.Store
	directory *identity.Directory
}

func (e *explainer) answer(q Question) (*Explanation, error) {
	who, warnings, err := e.principal(q.Who)
	if err != nil {
		return nil, err
	}
	address := q.SourceIP
	if address == "" {
		address = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return nil, fmt.Errorf("the source %q is no address", q.SourceIP)
	}
	call := &service.Call{
		Principal: who, Partition: e.cluster.Partition, Region: e.cluster.Region, Account: e.cluster.Account, Now: e.config.Now(),
		Source: service.Source{IP: ip, UserAgent: "whimbrel explain", TLS: "TLSv1.3"},
	}
	if more := e.doubt(q.Action); more != "" {
		warnings = append(warnings, more)
	}
	check, err := e.check(call, q)
	if err != nil {
		return nil, err
	}
	steps, d, err := (&edge.Policies{Speakers: e.directory}).Explain(call, &check)
	if err != nil {
		return nil, err
	}
	x := &Explanation{Caller: who.ARN, Decision: d, Steps: steps, Warnings: warnings}
	if !d.Allowed {
		x.Message = d.Message(who.ARN, q.Action, check.Resource)
	}
	return x, nil
}

// principal finds who is meant.
func (e *explainer) principal(who string) (*service.Principal, []string, error) {
	if !strings.HasPrefix(who, "arn:") {
		return e.holder(who)
	}
	_, rest, _ := strings.Cut(who, ":user")
	if u, ok := e.directory.User(identity.NameOf(rest)); ok && e.directory.ARN("user", u.Path, u.Name) == who {
		return e.directory.PrincipalOf(u), nil, nil
	}
	if r, ok := e.directory.RoleByARN(who); ok {
		return &service.Principal{
			Kind: service.AssumedRole, Partition: e.cluster.Partition, Account: e.cluster.Account, RoleARN: who, Name: r.Name, SessionName: "explained", Tags: r.Tags,
			UserID: r.ID + ":explained", ARN: "arn:" + e.cluster.Partition + ":sts::" + e.cluster.Account + ":assumed-role/" + r.Name + "/explained",
			Session: &service.Session{Issued: e.config.Now(), Expires: e.config.Now()},
		}, nil, nil
	}
	return nil, nil, fmt.Errorf("there is no user and no role %s", who)
}

func (e *explainer) holder(key string) (*service.Principal, []string, error) {
	if strings.HasPrefix(key, identity.TemporaryKey) {
		return nil, nil, errors.New("temporary keys are not stored: name the ARN of the role or user that the session is of; a session policy is then not looked at")
	}
	k, ok := e.directory.AccessKey(key)
	if !ok {
		return nil, nil, fmt.Errorf("there is no access key %s: calls signed with it are refused before any policy is asked", key)
	}
	u, ok := e.directory.User(k.User)
	if !ok {
		return nil, nil, fmt.Errorf("the user %s of the access key %s is not there", k.User, key)
	}
	var warnings []string
	if !k.Active {
		warnings = append(warnings, "the access key "+key+" is inactive: calls signed with it are refused before any policy is asked")
	}
	who := e.directory.PrincipalOf(u)
	who.AccessKeyID = key
	return who, warnings, nil
}

// doubt warns of an action of DMS that does not exist.
func (e *explainer) doubt(name string) string {
	service, operation, ok := strings.Cut(name, ":")
	if !ok {
		return "an action is written service:Name, such as dms:StartReplicationTask"
	}
	table, err := action.Load()
	if err != nil || !strings.EqualFold(service, "dms") || table.Known(name) {
		return ""
	}
	if real, ok := table.Action(operation); ok {
		return "dms has no action " + name + ": the operation " + operation + " is authorized as " + real
	}
	return "dms has no action " + name
}

// check is what the call would ask, with what is known of the resource.
func (e *explainer) check(call *service.Call, q Question) (service.Check, error) {
	c := service.Check{Action: q.Action, Resource: q.Resource}
	parts := strings.SplitN(q.Resource, ":", 6)
	switch {
	case len(parts) < 6:
	case parts[2] == "iam":
		e.ofIAM(&c)
	case parts[2] == "kms":
		call.Service = &kmsapi.Service
		vault := kms.NewVault(e.store, nil, kms.Home{Partition: e.cluster.Partition, Account: e.cluster.Account}, e.config.Now)
		checks, err := vault.Checks(e.ctx, call, q.Resource, nil, "", strings.TrimPrefix(q.Action, "kms:"))
		if err != nil {
			return c, err
		}
		c = checks[0]
	case parts[2] == "secretsmanager":
		call.Service = &secretsmanagerapi.Service
		c = secretsmanager.CheckOf(e.ctx, e.store, call, q.Action, q.Resource)
	}
	if c.Keys == nil {
		c.Keys = map[string][]string{}
	}
	for k, v := range q.Tags {
		for name, values := range action.TagKeys(q.Resource, map[string]string{k: v}) {
			c.Keys[name] = values
		}
	}
	for k, v := range q.Keys {
		c.Keys[k] = v
	}
	return c, nil
}

func (e *explainer) ofIAM(c *service.Check) {
	if r, ok := e.directory.RoleByARN(c.Resource); ok {
		c.Tags = r.Tags
		if strings.HasPrefix(strings.ToLower(c.Action), "sts:") {
			c.Policy = &service.ResourcePolicy{Document: r.Trust, Trust: true, Required: true}
		}
		return
	}
	if u, ok := e.directory.User(identity.NameOf(c.Resource)); ok && e.directory.ARN("user", u.Path, u.Name) == c.Resource {
		c.Tags = u.Tags
	}
}
