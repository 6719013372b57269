package dms

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

const (
	benchRegion  = "us-east-1"
	benchAccount = "111122223333"
)

// endpointBench is the service over a real store and real keys, called as the edge calls it: with the input held to the
// model, and answers that are modelled errors or nothing of the kind.
type endpointBench struct {
	*Service
	t       *testing.T
	api     *service.Service
	keys    *service.Service
	secrets map[string]any // their values, or the errors of reading them
	asked   []service.Check
	deny    map[string]bool // actions
	now     time.Time
	dir     string // the store's
}

func newEndpointBench(t *testing.T) *endpointBench {
	t.Helper()
	dir := t.TempDir()
	kept, err := etcd.Embed(t.Context(), dir, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	s := storetest.Retried(kept)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	b := &endpointBench{t: t, dir: dir, secrets: map[string]any{}, deny: map[string]bool{}, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return b.now }
	vault := kms.NewVault(s, secret.NewKeyring(), kms.Home{Partition: "aws", Account: benchAccount}, clock)
	b.Service, err = New(Config{
		Store: s, Partition: "aws", Account: benchAccount, Region: benchRegion, Vault: vault, Secrets: b, Network: &ec2.Network{Store: s},
		SQLiteDir: t.TempDir(), Log: slog.New(slog.DiscardHandler), Now: clock,
	})
	require.NoError(t, err)
	b.api, err = service.New(&dmsapi.Service, b.endpointOperations()...)
	require.NoError(t, err)
	b.keys, err = kms.New(vault)
	require.NoError(t, err)
	return b
}

// Check and Value make the bench Secrets.
func (b *endpointBench) Check(_ context.Context, _ *service.Call, id string) service.Check {
	return service.Check{Action: "secretsmanager:DescribeSecret", Resource: id}
}

func (b *endpointBench) Value(_ context.Context, role, id string) ([]byte, error) {
	switch v := b.secrets[role+" "+id].(type) {
	case string:
		return []byte(v), nil
	case error:
		return nil, v
	}
	return nil, &wire.Error{Code: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret.", Status: 400}
}

// call performs an operation: access, model, work.
func (b *endpointBench) call(of *service.Service, name string, in any) (any, error) {
	b.t.Helper()
	op := of.Operation(name)
	require.NotNil(b.t, op, name)
	call := &service.Call{
		Service: of.Model, Operation: of.Model.Operation(name), Partition: "aws", Region: benchRegion, Account: benchAccount, Now: b.now,
		Principal: &service.Principal{Kind: service.User, Account: benchAccount, ARN: "arn:aws:iam::" + benchAccount + ":user/mover"},
		Check: func(_ context.Context, checks ...service.Check) error {
			for _, c := range checks {
				b.asked = append(b.asked, c)
				if b.deny[c.Action] {
					return wire.AccessDenied.New(wire.JSON11, "denied %s", c.Action)
				}
			}
			return nil
		},
	}
	_, err := op.Access(b.t.Context(), call, in)
	require.NoError(b.t, err)
	if err := of.Model.Validate(wire.JSON11, call.Operation, in); err != nil {
		return nil, err
	}
	out, err := op.Do(b.t.Context(), call, in)
	sees(name, err)
	if err != nil {
		var e *wire.Error
		require.ErrorAs(b.t, err, &e, "%s answers an internal failure", name)
		require.True(b.t, of.Model.Modelled(call.Operation, e.Code), "%s may not answer %s", name, e.Code)
		require.False(b.t, e.Server)
	}
	return out, err
}

func answer[Out any](b *endpointBench, name string, in any) *Out {
	b.t.Helper()
	out, err := b.call(b.api, name, in)
	require.NoError(b.t, err)
	return out.(*Out)
}

// refuses expects a fault whose text holds the words.
func (b *endpointBench) refuses(code, words, name string, in any) {
	b.t.Helper()
	_, err := b.call(b.api, name, in)
	var e *wire.Error
	require.ErrorAs(b.t, err, &e, "%s was to answer %s: %s", name, code, words)
	require.Equal(b.t, code, e.Code, e.Message)
	require.Contains(b.t, e.Message, words)
}

// newKey makes a customer's key.
func (b *endpointBench) newKey() string {
	b.t.Helper()
	out, err := b.call(b.keys, "CreateKey", &kmsapi.CreateKeyRequest{})
	require.NoError(b.t, err)
	return *out.(*kmsapi.CreateKeyResponse).KeyMetadata.Arn
}

func (b *endpointBench) disable(key string) {
	b.t.Helper()
	_, err := b.call(b.keys, "DisableKey", &kmsapi.DisableKeyRequest{KeyId: &key})
	require.NoError(b.t, err)
}

// put writes records past the service.
func (b *endpointBench) put(write func(tx store.Tx) error) {
	b.t.Helper()
	_, err := b.Store.Update(b.t.Context(), write)
	require.NoError(b.t, err)
}

func (b *endpointBench) instance(id, status string) string {
	b.put(func(tx store.Tx) error {
		return store.Write(tx, instances.keys()+id, Instance{ID: id, Name: "host-" + id, Status: status})
	})
	return b.arn(instances, id)
}

// task makes a task of an endpoint.
func (b *endpointBench) task(id, status, endpoint string) {
	b.put(func(tx store.Tx) error {
		refer(tx, endpoints, endpoint, tasks, id)
		return store.Write(tx, tasks.keys()+id, Task{ID: id, Name: "task-" + id, Status: status, Source: endpoint})
	})
}

func (b *endpointBench) record(arn string) *Endpoint {
	b.t.Helper()
	rec, err := byARN[Endpoint](b.Service, b.outside(b.t.Context()), endpoints, arn)
	require.NoError(b.t, err)
	return rec
}

// postgres is a minimal endpoint.
func postgresEndpoint(name string, change ...func(*dmsapi.CreateEndpointMessage)) *dmsapi.CreateEndpointMessage {
	in := &dmsapi.CreateEndpointMessage{
		EndpointIdentifier: &name, EndpointType: new("source"), EngineName: new("postgres"), Username: new("mover"), Password: new(thePassword),
		ServerName: new("db.example.com"), Port: new(int64(5433)), DatabaseName: new("shop"),
	}
	for _, c := range change {
		c(in)
	}
	return in
}

func (b *endpointBench) create(in *dmsapi.CreateEndpointMessage) *dmsapi.Endpoint {
	b.t.Helper()
	return answer[dmsapi.CreateEndpointResponse](b, "CreateEndpoint", in).Endpoint
}

// thePassword is what must be found nowhere.
const thePassword = "s3cr:t/p@ss?w%rd;x" //nolint:gosec // of no server

// clean fails when the password stands in clear text in the store's files or in what was answered.
func (b *endpointBench) clean(answers ...any) {
	b.t.Helper()
	page, err := b.Store.List(b.t.Context(), store.Range{})
	require.NoError(b.t, err)
	require.NotEmpty(b.t, page.Items)
	for _, item := range page.Items {
		require.NotContains(b.t, string(item.Value), thePassword, item.Key)
	}
	for _, a := range answers {
		require.NotContains(b.t, fmt.Sprintf("%+v", a), thePassword)
	}
}

// findInFiles looks for bytes in all files under a folder.
func findInFiles(t *testing.T, dir string, what []byte) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, what) {
			found = append(found, path)
		}
		return err
	}))
	return found
}

func symlink(to, at string) error { return os.Symlink(to, at) }

func touch(path string) error { return os.WriteFile(path, nil, 0o600) }
