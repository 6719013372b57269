package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
)

// Limits of the embedded member.
const (
	maxOperations  = 4096    // of one transaction
	quota          = 8 << 30 // bytes of state before writes are refused
	maxRequest     = 8 << 20
	readyTimeout   = 30 * time.Second
	electionMillis = 500
	tickMillis     = 50
)

// Embed starts a member of its own in dir and waits until it serves.
func Embed(ctx context.Context, dir string, log *slog.Logger) (*Store, error) {
	return start(ctx, dir, log, nil)
}

// start starts a member, and tells how to learn how large its state is.
func start(ctx context.Context, dir string, log *slog.Logger, sized func(func() int64)) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the store's folder: %w", err)
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	member, err := embed.StartEtcd(config(dir, log))
	if err != nil {
		unlock()
		return nil, fmt.Errorf("start the store in %s: %w", dir, err)
	}
	end := func() { member.Close(); unlock() }
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	select {
	case <-member.Server.ReadyNotify():
	case err := <-member.Err():
		end()
		return nil, fmt.Errorf("start the store in %s: %w", dir, err)
	case <-ctx.Done():
		end()
		return nil, fmt.Errorf("start the store in %s: it was not ready in time: %w", dir, ctx.Err())
	}
	s := newStore(v3client.New(member.Server), log)
	size := func() int64 { return member.Server.Backend().SizeInUse() }
	if sized != nil {
		sized(size)
	}
	looking, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { // ends with the member
		defer close(stopped)
		c := &compactor{client: s.client, size: size, after: compactAfter}
		c.run(looking, compactLook, func(err error) { log.Warn("the past of the store was not compacted", "error", err) })
	}()
	s.end = func() { stop(); <-stopped; end() }
	return s, nil
}

// config is that of a single member. Nothing listens: no other member and no client comes from outside.
func config(dir string, log *slog.Logger) *embed.Config {
	c := embed.NewConfig()
	c.Name = "whimbrel"
	c.Dir = filepath.Join(dir, "etcd")
	nowhere := url.URL{Scheme: "http", Host: "localhost:0"}
	c.ListenPeerUrls, c.ListenClientUrls, c.ListenMetricsUrls = nil, nil, nil
	c.AdvertisePeerUrls, c.AdvertiseClientUrls = []url.URL{nowhere}, []url.URL{nowhere}
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.TickMs, c.ElectionMs = tickMillis, electionMillis
	c.MaxTxnOps, c.MaxRequestBytes, c.QuotaBackendBytes = maxOperations, maxRequest, quota
	c.AutoCompactionMode, c.AutoCompactionRetention = "periodic", "1h"
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(lastWords(log))
	c.SocketOpts.ReuseAddress = true
	return c
}

var errLocked = errors.New("another whimbrel is using this data directory")
