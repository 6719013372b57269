package kms

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

const region = "us-east-1"

// bench is a vault over a real store, with a clock to turn.
type bench struct {
	*Vault
	ring *secret.Keyring
	time time.Time
}

// Seal and the others let the root keys change under the vault, as a restart after a rotation does.
func (b *bench) Seal(plain, associated []byte) ([]byte, error) { return b.ring.Seal(plain, associated) }
func (b *bench) Open(sealed, associated []byte) ([]byte, error) {
	return b.ring.Open(sealed, associated)
}
func (b *bench) Stale(sealed []byte) bool { return b.ring.Stale(sealed) }

func newBench(t *testing.T) *bench {
	t.Helper()
	s := storetest.Retried(etcdtest.Private(t))
	b := &bench{ring: secret.NewKeyring(), time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	b.Vault = NewVault(s, b, Home{"aws", "111122223333"}, func() time.Time { return b.time })
	return b
}

// make stores a new key that fn has changed.
func (b *bench) make(t *testing.T, fn func(*keyRecord)) *keyRecord {
	t.Helper()
	k, err := b.newKey(region, b.defaultPolicy(), "")
	require.NoError(t, err)
	b.write(t, k, fn)
	return k
}

func (b *bench) write(t *testing.T, k *keyRecord, fn func(*keyRecord)) {
	t.Helper()
	fn(k)
	_, err := b.store.Update(t.Context(), func(tx store.Tx) error { return store.Write(tx, keyPath(region, k.ID), k) })
	require.NoError(t, err)
}

func (b *bench) grant(t *testing.T, k *keyRecord, g *grantRecord) {
	t.Helper()
	_, err := b.store.Update(t.Context(), func(tx store.Tx) error { return store.Write(tx, grantPath(region, k.ID, g.ID), g) })
	require.NoError(t, err)
}

func nothing(*keyRecord) {}

func code(t *testing.T, err error) string {
	t.Helper()
	var refused *wire.Error
	require.ErrorAs(t, err, &refused)
	return refused.Code
}

func TestVault(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	k := b.make(t, nothing)
	bound := map[string]string{"ab": "c", "d": ""}
	sealed, arn, err := b.Encrypt(ctx, region, k.ID, []byte("hunter2"), bound)
	require.NoError(t, err)
	require.Equal(t, k.ARN, arn)
	plain, _, err := b.Decrypt(ctx, region, sealed, bound)
	require.NoError(t, err)
	require.Equal(t, "hunter2", string(plain))

	t.Run("contexts that look alike differ", func(t *testing.T) {
		for _, other := range []map[string]string{nil, {"a": "bc", "d": ""}, {"ab": "c"}, {"ab": "c", "d": "", "e": ""}, {"abc": "", "d": ""}, {"ab": "cd", "": ""}} {
			_, _, err := b.Decrypt(ctx, region, sealed, other)
			require.Equal(t, "InvalidCiphertextException", code(t, err), other)
		}
	})
	t.Run("every byte counts", func(t *testing.T) {
		for i := range sealed {
			broken := append([]byte(nil), sealed...)
			broken[i] ^= 1
			_, _, err := b.Decrypt(ctx, region, broken, bound)
			require.Error(t, err, i)
			_, _, err = b.Decrypt(ctx, region, sealed[:i], bound)
			require.Error(t, err, i)
		}
	})
	t.Run("another region is another key", func(t *testing.T) {
		_, _, err := b.Decrypt(ctx, "eu-west-1", sealed, bound)
		require.Equal(t, "NotFoundException", code(t, err))
		_, _, err = b.Encrypt(ctx, region, "arn:aws:kms:eu-west-1:111122223333:key/"+k.ID, nil, nil)
		require.Equal(t, "NotFoundException", code(t, err))
		_, _, err = b.Encrypt(ctx, region, "arn:aws:s3:::x", nil, nil)
		require.Equal(t, "InvalidArnException", code(t, err))
	})
	t.Run("nothing is stored in the clear", func(t *testing.T) {
		item, err := b.store.Get(ctx, keyPath(region, k.ID))
		require.NoError(t, err)
		material, err := b.open(k, k.current())
		require.NoError(t, err)
		raw, err := json.Marshal(material.Material())
		require.NoError(t, err)
		require.NotContains(t, string(item.Value), strings.Trim(string(raw), `"`))
	})
	t.Run("material of one key is of no use for another", func(t *testing.T) {
		other := b.make(t, nothing)
		other.Materials = k.Materials
		_, err := b.open(other, other.current())
		require.ErrorIs(t, err, secret.ErrOpen)
	})
}

func TestStatesStopUse(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	k := b.make(t, nothing)
	sealed, _, err := b.Encrypt(ctx, region, k.ID, []byte("x"), nil)
	require.NoError(t, err)
	for want, change := range map[string]func(*keyRecord){
		"DisabledException":        func(k *keyRecord) { k.Disabled, k.Deletion = true, nil },
		"KMSInvalidStateException": func(k *keyRecord) { k.Deletion = new(b.time.AddDate(0, 0, 7)) },
		"NotFoundException":        func(k *keyRecord) { k.Deletion = new(b.time) },
	} {
		b.write(t, k, change)
		_, _, err = b.Decrypt(ctx, region, sealed, nil)
		require.Equal(t, want, code(t, err))
		_, _, err = b.Encrypt(ctx, region, k.ID, []byte("x"), nil)
		require.Equal(t, want, code(t, err))
	}
}

func TestSweep(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	doomed := b.make(t, func(k *keyRecord) { k.Deletion = new(b.time.AddDate(0, 0, 7)) })
	turning := b.make(t, func(k *keyRecord) { k.Rotation = &rotation{90, b.time.AddDate(0, 0, 90)} })
	sealed, _, err := b.Encrypt(ctx, region, turning.ID, []byte("x"), nil)
	require.NoError(t, err)
	_, err = b.store.Update(ctx, func(tx store.Tx) error {
		require.NoError(t, store.Write(tx, aliasPath(region, "alias/doomed"), aliasRecord{Name: "alias/doomed", Target: doomed.ID}))
		return store.Write(tx, grantPath(region, doomed.ID, "g"), grantRecord{ID: "g", Key: doomed.ID})
	})
	require.NoError(t, err)

	n, err := b.Sweep(ctx)
	require.NoError(t, err)
	require.Zero(t, n, "nothing is due")
	b.time = b.time.AddDate(0, 0, 7)
	n, err = b.Sweep(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	for _, key := range []string{keyPath(region, doomed.ID), aliasPath(region, "alias/doomed"), grantPath(region, doomed.ID, "g")} {
		_, err = b.store.Get(ctx, key)
		require.ErrorIs(t, err, store.ErrNotFound, key)
	}

	b.time = b.time.AddDate(0, 0, 83)
	n, err = b.Sweep(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	k, err := b.key(ctx, region, turning.ID)
	require.NoError(t, err)
	require.Len(t, k.Materials, 2)
	require.Equal(t, b.time.AddDate(0, 0, 90), k.Rotation.Next)
	plain, _, err := b.Decrypt(ctx, region, sealed, nil)
	require.NoError(t, err)
	require.Equal(t, "x", string(plain))
	n, err = b.Sweep(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
}

// TestASweepOvertakenByAnother lets another server sweep while this one erases a key, which is gone then: that is no error, and
// the keys behind it have their turn.
func TestASweepOvertakenByAnother(t *testing.T) {
	b := newBench(t)
	for range 2 {
		b.make(t, func(k *keyRecord) { k.Deletion = &b.time })
	}
	other := *b.Vault
	met := false
	b.store = storetest.Raced(b.store, func() {
		if !met {
			met = true
			n, err := other.Sweep(t.Context())
			require.NoError(t, err)
			require.Equal(t, 2, n)
		}
	})
	n, err := b.Sweep(t.Context())
	require.NoError(t, err)
	require.True(t, met)
	require.Zero(t, n)
}

// TestRootRotation seals everything anew under a new root key, after which the old one is not needed.
func TestRootRotation(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	k := b.make(t, nothing)
	sealed, _, err := b.Encrypt(ctx, region, k.ID, []byte("x"), nil)
	require.NoError(t, err)
	b.ring = b.ring.Rotated()
	_, _, err = b.Decrypt(ctx, region, sealed, nil)
	require.NoError(t, err)
	n, err := b.Sweep(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	b.ring = b.ring.Keep(1)
	plain, _, err := b.Decrypt(ctx, region, sealed, nil)
	require.NoError(t, err)
	require.Equal(t, "x", string(plain))
}

func TestManagedKeyIsMadeOnce(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	arns := make(chan string, 8)
	for range 8 {
		go func() {
			arn, err := b.ManagedKey(ctx, region, "dms")
			if err != nil {
				arn = err.Error()
			}
			arns <- arn
		}()
	}
	first := <-arns
	require.Contains(t, first, "arn:aws:kms:us-east-1:111122223333:key/")
	for range 7 {
		require.Equal(t, first, <-arns)
	}
	page, err := b.store.List(ctx, store.Range{Prefix: keyPath(region, "")})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	managed, err := b.IsManaged(ctx, region, "alias/aws/dms")
	require.NoError(t, err)
	require.True(t, managed)
}

func TestGrantsLet(t *testing.T) {
	g := grantRecord{Operations: []string{"Decrypt"}, Equals: map[string]string{"a": "1"}}
	require.True(t, g.lets(use{operation: "Decrypt", crypto: true, context: map[string]string{"a": "1"}}))
	require.False(t, g.lets(use{operation: "Decrypt", crypto: true, context: map[string]string{"a": "1", "b": "2"}}))
	require.False(t, g.lets(use{operation: "Decrypt", crypto: true}))
	require.False(t, g.lets(use{operation: "Encrypt", crypto: true, context: map[string]string{"a": "1"}}))
	g = grantRecord{Operations: []string{"Decrypt"}, Subset: map[string]string{"a": "1"}}
	require.True(t, g.lets(use{operation: "Decrypt", crypto: true, context: map[string]string{"a": "1", "b": "2"}}))
	require.False(t, g.lets(use{operation: "Decrypt", crypto: true, context: map[string]string{"b": "2"}}))
	g.SourceARN = "arn:aws:dms:us-east-1:111122223333:rep:R"
	require.False(t, g.lets(use{operation: "Decrypt", crypto: true, context: map[string]string{"a": "1"}}))
}

// TestAServiceSaysForWhomItAsks: a use of a key by another service of this server carries whose it is, and a direct one nothing.
func TestAServiceSaysForWhomItAsks(t *testing.T) {
	b := newBench(t)
	k := b.make(t, func(*keyRecord) {})
	call := &service.Call{Service: &kmsapi.Service, Partition: "aws", Region: region, Account: "111122223333", Principal: &service.Principal{Account: "111122223333"}, Now: b.time}
	via, err := b.Checks(t.Context(), call, k.ARN, map[string]string{"a": "b"}, "secretsmanager."+region+".amazonaws.com", "Decrypt")
	require.NoError(t, err)
	require.Len(t, via, 1)
	for name, want := range map[string]string{
		"kms:ViaService": "secretsmanager." + region + ".amazonaws.com", "aws:ViaAWSService": "true", "aws:CalledVia": "secretsmanager.amazonaws.com",
		"aws:CalledViaFirst": "secretsmanager.amazonaws.com", "aws:CalledViaLast": "secretsmanager.amazonaws.com",
	} {
		require.Equal(t, []string{want}, via[0].Keys[name], name)
	}
	direct, err := b.Checks(t.Context(), call, k.ARN, nil, "", "Decrypt")
	require.NoError(t, err)
	require.NotContains(t, direct[0].Keys, "aws:CalledVia")
	require.NotContains(t, direct[0].Keys, "aws:ViaAWSService")
}
