package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// TestInterfacesThatDMSMakesAreRecorded: one record for each that is made or removed, in dms-vpc-role, however often the transaction is tried; none
// for one that is changed, or for a transaction that comes to nothing.
func TestInterfacesThatDMSMakesAreRecorded(t *testing.T) {
	base := storetest.Retried(etcdtest.Private(t))
	life, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	home := cluster{Partition: "aws", Region: "eu-central-1", Account: "111122223333"}
	directory, err := identity.Open(life, base, identity.Config{Partition: home.Partition, Account: home.Account, Sealer: secret.NewKeyring(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	p := &parts{store: store.Following(base, directory.Follower()), directory: directory, cluster: home, config: &Config{Now: time.Now}}
	p.trail, err = openTrails(&Config{DataDir: t.TempDir(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.trail.close() })
	_, err = p.store.Update(t.Context(), func(tx store.Tx) error {
		return store.Write(tx, identity.RoleKey(networkRole), identity.Role{Name: networkRole, Path: "/", ID: "AROAVPC", Trust: "{}"})
	})
	require.NoError(t, err)
	networks, err := ec2.Networks()
	require.NoError(t, err)
	require.NoError(t, ec2.EnsureDefault(t.Context(), base, home.Region, networks))

	network := invokedNetwork{p.store, p.invocations(), directory}
	var nic *ec2.NIC
	attach := func(fails error) error {
		_, err := network.Update(t.Context(), func(tx store.Tx) error {
			vpc, err := ec2.DefaultVPC(tx)
			require.NoError(t, err)
			subnets, err := ec2.DefaultSubnets(tx, vpc)
			require.NoError(t, err)
			nic, err = ec2.Attach(tx, ec2.NIC{Subnet: subnets[0].ID, Requester: "amazon-dms", Attached: "I"})
			require.NoError(t, err)
			return fails
		})
		return err
	}
	require.ErrorIs(t, attach(context.Canceled), context.Canceled)
	require.NoError(t, attach(nil))
	require.True(t, netip.MustParseAddr(nic.Address).IsValid())
	for _, do := range []func(tx store.Tx) error{
		func(tx store.Tx) error { return ec2.Regroup(tx, nic.ID, nic.Groups) },
		func(tx store.Tx) error { ec2.Detach(tx, nic.ID); return nil },
	} {
		_, err := network.Update(t.Context(), do)
		require.NoError(t, err)
	}
	var found []string
	require.NoError(t, p.trail.known.Lookup(t.Context(), audit.Period{}, audit.Position{}, func(line []byte, _ audit.Position) bool {
		var r audit.Record
		require.NoError(t, json.Unmarshal(line, &r))
		require.Equal(t, []string{"AssumedRole", "dms.amazonaws.com", "arn:aws:sts::111122223333:assumed-role/dms-vpc-role/dms-session"}, []string{r.UserIdentity.Type, r.UserIdentity.InvokedBy, r.UserIdentity.ARN})
		require.Equal(t, "arn:aws:ec2:eu-central-1:111122223333:network-interface/"+nic.ID, r.Resources[0].ARN)
		require.False(t, r.ReadOnly)
		found = append([]string{r.EventName}, found...)
		return true
	}))
	require.Equal(t, []string{"CreateNetworkInterface", "DeleteNetworkInterface"}, found)
}
