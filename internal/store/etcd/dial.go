package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
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

// Check says what is wrong with the addresses. One with a user or a password in it is not repeated.
func (c *Config) Check() error {
	for _, e := range c.Endpoints {
		if strings.Contains(e, "@") {
			return errors.New("an address of etcd holds a user or a password (not shown): want https://HOST:PORT, the user in --etcd-user and the password in WHIMBREL_ETCD_PASSWORD")
		}
		address := e
		for _, scheme := range []string{"https://", "http://"} {
			address = strings.TrimPrefix(address, scheme)
		}
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" || strings.ContainsAny(address, "/? ") {
			return fmt.Errorf("%q is no address of etcd: want https://HOST:PORT, such as https://etcd-1:2379", e)
		}
	}
	return nil
}

// patience is how long an etcd may take to answer at first.
const patience = 5 * time.Second

// Dial connects to an etcd that runs already and checks that it answers.
func Dial(ctx context.Context, c Config, log *slog.Logger) (*Store, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	client, err := clientv3.New(clientv3.Config{
		Context: context.WithoutCancel(ctx), Endpoints: c.Endpoints, TLS: c.TLS, Username: c.Username, Password: c.Password,
		DialTimeout: patience, DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: 5 * time.Second,
		Logger: zap.NewNop(), RejectOldCluster: true,
	})
	if err != nil {
		return nil, c.unreached("connect to", nil, err)
	}
	prefix := c.Prefix
	if prefix == "" {
		prefix = "whimbrel/"
	}
	client.KV = namespace.NewKV(client.KV, prefix)
	client.Watcher = namespace.NewWatcher(client.Watcher, prefix)
	client.Lease = namespace.NewLease(client.Lease, prefix)
	s := newStore(client, log)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := s.client.Get(ctx, "ready"); err != nil {
		_ = s.Close()
		return nil, c.unreached("ask", ctx.Err(), err)
	}
	return s, nil
}

// unreached says what was being done, and what to look at when there was no answer; waited is how the waiting for it has ended.
func (c *Config) unreached(doing string, waited, err error) error {
	advice := ""
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(waited, context.DeadlineExceeded) {
		advice = " (check that it runs there, that the address begins with https:// if it speaks TLS, and that --etcd-ca is its authority)"
	}
	return fmt.Errorf("%s etcd at %v: %w%s", doing, c.Endpoints, err, advice)
}
