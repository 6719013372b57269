package dms

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/service/iam"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

const (
	testAccount = "111122223333"
	testRegion  = "eu-central-1"
	testTopic   = "arn:aws:sns:eu-central-1:111122223333:dms-events"
)

// desk is the service over a real store with a real vault, real roles and a real inventory; its clock is set by hand.
type desk struct {
	*Service
	t     *testing.T
	api   *service.Service
	ec2   *service.Service
	iam   *service.Service
	vault *kms.Vault
	mu    sync.Mutex
	now   time.Time
	deny  string // an action that the caller may not do
}

func newDesk(t *testing.T, change func(*Config)) *desk {
	t.Helper()
	base := storetest.Retried(etcdtest.Private(t))
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	return newDeskOver(ctx, t, base, change)
}

func newDeskOver(ctx context.Context, t *testing.T, base store.Store, change func(*Config)) *desk {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	d := &desk{t: t, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)} // a Wednesday
	ring := secret.NewKeyring()
	d.vault = kms.NewVault(base, ring, kms.Home{Partition: "aws", Account: testAccount}, d.time)
	directory, err := identity.Open(ctx, base, identity.Config{Partition: "aws", Account: testAccount, Sealer: ring, Safe: d.vault.Safe(testRegion, "iam"), Log: log})
	require.NoError(t, err)
	st := store.Following(base, directory.Follower())
	_, err = iam.MakeDMSRoles(ctx, st, "aws", d.time())
	require.NoError(t, err)
	require.NoError(t, ec2.EnsureDefault(ctx, st, testRegion, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("127.0.0.0/8")}))
	c := Config{
		Store: st, Partition: "aws", Account: testAccount, Region: testRegion, Vault: d.vault, Log: log, Now: d.time,
		Roles: identity.ServiceRoles{Directory: directory, Region: testRegion, Now: d.time},
	}
	if change != nil {
		change(&c)
	}
	d.Service, err = New(c)
	require.NoError(t, err)
	d.api, err = d.API()
	require.NoError(t, err)
	d.ec2, err = ec2.New(ec2.Config{Store: st, Partition: "aws", Account: testAccount, Region: testRegion})
	require.NoError(t, err)
	d.iam, err = iam.New(st, directory, iam.NewUsage(st), nil, time.Now())
	require.NoError(t, err)
	return d
}

func (d *desk) time() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) set(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = now
}

func (d *desk) call(of *service.Service, name string) *service.Call {
	return &service.Call{
		Service: of.Model, Operation: of.Model.Operation(name), Partition: "aws", Region: testRegion, Account: testAccount, Now: d.time(),
		Principal: &service.Principal{Kind: service.Root, Account: testAccount, ARN: "arn:aws:iam::" + testAccount + ":root"},
		Check: func(_ context.Context, checks ...service.Check) error {
			for _, c := range checks {
				if c.Action == d.deny {
					return wire.AccessDenied.New(wire.JSON11, "no %s", c.Action)
				}
			}
			return nil
		},
	}
}

// run calls an operation as the edge does: access, validation, and errors that its model must have.
func (d *desk) run(of *service.Service, name string, in any) (any, error) {
	d.t.Helper()
	call := d.call(of, name)
	op := of.Operation(name)
	require.NotNil(d.t, op, name)
	checks, err := op.Access(d.t.Context(), call, in)
	require.NoError(d.t, err, name)
	require.NotEmpty(d.t, checks, name)
	protocol := of.Model.Protocols[0]
	if err := of.Model.Validate(protocol, call.Operation, in); err != nil {
		return nil, err
	}
	out, err := op.Do(d.t.Context(), call, in)
	sees(name, err)
	if err != nil {
		var e *wire.Error
		require.ErrorAs(d.t, err, &e, name)
		require.True(d.t, of.Model.Modelled(call.Operation, e.Code), "%s has no error %s", name, e.Code)
	}
	return out, err
}

func ask[Out any](d *desk, name string, in any) (*Out, error) {
	d.t.Helper()
	out, err := d.run(d.api, name, in)
	if err != nil {
		return nil, err
	}
	return out.(*Out), nil
}

// does asks for what succeeds.
func does[Out any](d *desk, name string, in any) *Out {
	d.t.Helper()
	out, err := ask[Out](d, name, in)
	require.NoError(d.t, err, name)
	return out
}

// refuses asks for what fails, with a code and words of its message.
func (d *desk) refuses(name string, in any, code string, words ...string) {
	d.t.Helper()
	_, err := d.run(d.api, name, in)
	var e *wire.Error
	require.ErrorAs(d.t, err, &e, "%s must fail", name)
	require.Equal(d.t, code, e.Code, e.Message)
	for _, w := range words {
		require.Contains(d.t, e.Message, w)
	}
}

// edit changes a record as a controller would.
func edit[T any](d *desk, k kind, id string, change func(*T)) {
	d.t.Helper()
	_, err := d.Store.Update(d.t.Context(), func(tx store.Tx) error {
		v, err := store.Read[T](tx, k.keys()+id)
		if err != nil {
			return err
		}
		change(&v)
		return store.Write(tx, k.keys()+id, v)
	})
	require.NoError(d.t, err)
}

// settled lets an instance come up, as the controller does.
func (d *desk) settled(arn *string) string {
	d.t.Helper()
	id, err := d.parseOf(instances, *arn)
	require.NoError(d.t, err)
	edit(d, instances, id, func(i *Instance) {
		i.Status = instanceAvailable
		if i.Created == nil {
			i.Created = new(d.time())
		}
	})
	return id
}

func (d *desk) instance(id string) Instance {
	d.t.Helper()
	i, err := lookup[Instance](d.outside(d.t.Context()), instances, id)
	require.NoError(d.t, err)
	return *i
}

// made makes an instance that is available.
func (d *desk) made(name string, change func(*dmsapi.CreateReplicationInstanceMessage)) (arn *string, id string) {
	d.t.Helper()
	in := &dmsapi.CreateReplicationInstanceMessage{ReplicationInstanceIdentifier: &name, ReplicationInstanceClass: new("dms.t3.medium"), PreferredMaintenanceWindow: new("sun:06:00-sun:07:00")}
	if change != nil {
		change(in)
	}
	arn = does[dmsapi.CreateReplicationInstanceResponse](d, "CreateReplicationInstance", in).ReplicationInstance.ReplicationInstanceArn
	return arn, d.settled(arn)
}

// subnets lists the default subnets by zone, the loopback's last.
func (d *desk) subnets() map[string][]string {
	d.t.Helper()
	var all map[string][]string
	_, err := d.Store.Update(d.t.Context(), func(tx store.Tx) error {
		all = map[string][]string{}
		vpc, err := ec2.DefaultVPC(tx)
		if err != nil {
			return err
		}
		nets, err := ec2.DefaultSubnets(tx, vpc)
		for _, n := range nets {
			if strings.HasPrefix(n.CIDR, "127.") {
				all[n.Zone] = append(all[n.Zone], n.ID)
			} else {
				all[n.Zone] = append([]string{n.ID}, all[n.Zone]...)
			}
		}
		return err
	})
	require.NoError(d.t, err)
	return all
}

func codeOf(err error) string {
	var e *wire.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
