package etcd

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/namespace"
	"go.uber.org/zap"
)

// Config says how to reach an etcd that runs already.
type Config struct {
	Endpoints []string
	TLS       *tls.Config // nil: plain; then only for etcds on this machine
	Username  string
	Password  string
	Prefix    string // of all our keys; "whimbrel/" if empty
}

// Dial connects to an etcd that runs already and checks that it answers.
func Dial(ctx context.Context, c Config, log *slog.Logger) (*Store, error) {
	client, err := clientv3.New(clientv3.Config{
		Context: context.WithoutCancel(ctx), Endpoints: c.Endpoints, TLS: c.TLS, Username: c.Username, Password: c.Password,
		DialTimeout: 5 * time.Second, DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: 5 * time.Second,
		Logger: zap.NewNop(), RejectOldCluster: true,
	})
	if err != nil {
		return nil, fmt.Errorf("connect to etcd at %v: %w", c.Endpoints, err)
	}
	prefix := c.Prefix
	if prefix == "" {
		prefix = "whimbrel/"
	}
	client.KV = namespace.NewKV(client.KV, prefix)
	client.Watcher = namespace.NewWatcher(client.Watcher, prefix)
	client.Lease = namespace.NewLease(client.Lease, prefix)
	s := newStore(client, log)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := s.client.Get(ctx, "ready"); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("ask etcd at %v: %w", c.Endpoints, err)
	}
	return s, nil
}
