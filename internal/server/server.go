package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/console"
	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/certificate"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/instance/host"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/dms"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/service/iam"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd"
)

// A Server is a running service.
type Server struct {
	config  Config
	cluster cluster
	log     *slog.Logger
	api     *edge.Server
	also    []*edge.Server // on further addresses
	admin   *admin
	own     bool // the certificate is of our own authority

	ending []func(context.Context) error // in the order of starting
	failed chan error
}

// Start brings a server up; when it returns, the server answers. The context is for starting alone.
func Start(ctx context.Context, c Config) (*Server, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	s := &Server{config: c, log: c.Log, failed: make(chan error, 3+len(c.AlsoListen))}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *Server) onStop(end func(context.Context) error) { s.ending = append(s.ending, end) }

func (s *Server) start(ctx context.Context) error {
	if err := os.MkdirAll(s.config.DataDir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	// What follows the store lives until the server stops.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	base, err := openStore(ctx, &s.config)
	if err != nil {
		end()
		return err
	}
	s.onStop(func(context.Context) error { end(); return base.Close() })
	keyring, err := openKeyring(&s.config)
	if err != nil {
		return err
	}
	if s.cluster, err = openCluster(ctx, base, &s.config); err != nil {
		return err
	}
	p, err := s.open(life, base, keyring)
	if err != nil {
		return err
	}
	if err := firstAdministrator(ctx, p.store, p.directory, &s.config); err != nil {
		return err
	}
	if s.config.DMSRoles {
		if _, err := iam.MakeDMSRoles(ctx, p.store, s.cluster.Partition, s.config.Now()); err != nil {
			return err
		}
	}
	if err := s.serve(ctx, p); err != nil {
		return err
	}
	s.reconcile(life, p)
	return s.control(base)
}

// openStore opens a state that is whole.
func openStore(ctx context.Context, c *Config) (store.Store, error) {
	s, err := dialStore(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := store.Whole(ctx, s); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func dialStore(ctx context.Context, c *Config) (store.Store, error) {
	if c.Etcd != nil {
		return etcd.Dial(ctx, *c.Etcd, c.Log)
	}
	return etcd.Embed(ctx, c.DataDir, c.Log)
}

func openKeyring(c *Config) (*secret.Keyring, error) {
	return c.rootKey().FromEnvironment(os.LookupEnv).Load()
}

// open makes what services are made of.
func (s *Server) open(life context.Context, base store.Store, keyring *secret.Keyring) (*parts, error) {
	control, err := s.config.controlPolicies()
	if err != nil {
		return nil, err
	}
	vault := s.cluster.vault(base, keyring, &s.config)
	if _, err := enclose(life, base, keyring, vault, s.cluster.Region); err != nil {
		return nil, err
	}
	directory, err := identity.Open(life, base, identity.Config{
		Partition: s.cluster.Partition, Account: s.cluster.Account, Sealer: keyring, Safe: vault.Safe(s.cluster.Region, "iam"), Log: s.log, ServiceControl: control,
	})
	if err != nil {
		return nil, err
	}
	networks, err := ec2.Networks()
	if err != nil {
		return nil, err
	}
	if err := ec2.EnsureDefault(life, base, s.cluster.Region, networks); err != nil {
		return nil, err
	}
	endpoints, err := ec2.OpenEndpoints(life, base, s.log)
	if err != nil {
		return nil, err
	}
	trail, err := openTrails(&s.config)
	if err != nil {
		return nil, err
	}
	s.onStop(func(context.Context) error { return trail.close() })
	mirror, err := store.OpenMirror(life, base, dms.Prefix, s.log)
	if err != nil {
		return nil, err
	}
	following := store.Following(base, directory.Follower(), endpoints.Follower(), mirror.Follower())
	p := &parts{
		store: following, reads: store.Mirrored(following, mirror), endpoints: endpoints, directory: directory, vault: vault, trail: trail, cluster: s.cluster,
		policies: &edge.Policies{Speakers: directory, Seal: directory.SealMessage}, config: &s.config,
	}
	p.usage = iam.NewUsage(p.store)
	traces := s.config.traces(s.log)
	if p.tracer, err = span.Open(life, traces); err != nil {
		return nil, err
	}
	s.onStop(func(ctx context.Context) error { p.tracer.Close(ctx); return nil })
	if p.host, err = host.New(host.Config{Dir: s.path("instances"), SQLiteDir: s.config.SQLiteDir, Traces: traces.Variables(), Log: s.log}); err != nil {
		return nil, err
	}
	s.onStop(p.host.Close)
	c, err := p.migration(p.host)
	if err != nil {
		return nil, err
	}
	if p.dms, err = dms.New(c); err != nil {
		return nil, err
	}
	if err := s.openObservation(life, p); err != nil {
		return nil, err
	}
	s.housekeeping(life, p)
	return p, nil
}

// Turns of what is done now and then.
const (
	sweepEvery = time.Hour
	flushEvery = time.Minute
)

// housekeeping deletes and rotates keys when they are due, writes down when credentials were used, and tends the garbage, until the
// server stops.
func (s *Server) housekeeping(life context.Context, p *parts) {
	life, end := context.WithCancel(life)
	var running sync.WaitGroup
	running.Go(func() {
		p.vault.Run(life, sweepEvery, func(err error) { s.log.Error("keys were not swept", "error", err) })
	})
	running.Go(func() { tendGarbage(life) })
	running.Go(func() {
		p.usage.Run(life, flushEvery, func(err error) { s.log.Error("the last uses of credentials were not written", "error", err) })
	})
	s.onStop(func(context.Context) error {
		end()
		running.Wait()
		return nil
	})
}

// reconcile makes replication instances and tasks as they are wanted, until the server stops. Instances end after it, cleanly:
// their tasks go on when the server is started again.
func (s *Server) reconcile(life context.Context, p *parts) {
	life, end := context.WithCancel(life)
	var running sync.WaitGroup
	running.Go(func() { p.dms.Run(life) })
	s.observe(life, &running, p)
	s.onStop(func(context.Context) error {
		end()
		running.Wait()
		return nil
	})
}

// serve opens the API and, beside it, health and metrics.
func (s *Server) serve(ctx context.Context, p *parts) error {
	all, err := services(p)
	if err != nil {
		return err
	}
	metrics := newMetrics()
	if err := metrics.registry.Register(p.monitor); err != nil {
		return fmt.Errorf("register the metrics of instances: %w", err)
	}
	way, err := edge.New(edge.Config{
		Partition: s.cluster.Partition, Region: s.cluster.Region, Account: s.cluster.Account, Services: all, Credentials: p.directory,
		Authorizer: p.policies, Recorder: p.trail, Endpoints: p.endpoints, Metrics: metrics, Tracer: p.tracer, Used: p.usage.Seen, Log: s.log, Now: s.config.Now, Throttle: s.config.Throttle,
	})
	if err != nil {
		return err
	}
	get, err := s.certificate(ctx, p)
	if err != nil {
		return err
	}
	page, err := console.New(way, s.cluster.Region)
	if err != nil {
		return err
	}
	s.onStop(func(ctx context.Context) error { // after the calls, so that it tells of the stop while they end
		if s.admin == nil {
			return nil
		}
		return s.admin.shutdown(ctx)
	})
	connections := edge.NewConnections(s.config.Connections, s.config.ConnectionsPerAddress)
	if s.api, err = edge.Listen(s.config.Listen, page, edge.TLSConfig(get), connections, s.log); err != nil {
		return err
	}
	s.onStop(s.api.Shutdown)
	go func() { s.failed <- s.api.Serve() }() // ends with Shutdown
	for _, address := range s.config.AlsoListen {
		more, err := edge.Listen(address, way, edge.TLSConfig(get), connections, s.log)
		if err != nil {
			return err
		}
		s.also = append(s.also, more)
		s.onStop(more.Shutdown)
		go func() { s.failed <- more.Serve() }() // ends with Shutdown
	}
	s.onStop(func(context.Context) error { way.EndStreams(); return nil }) // before the listeners wait for them
	about := s.About()
	if err := writeFile(s.path("endpoint"), []byte(about.URL+" "+about.Region+"\n"), 0o644); err != nil {
		return fmt.Errorf("write where the server is: %w", err)
	}
	s.onStop(func(context.Context) error { return os.Remove(s.path("endpoint")) })
	if s.config.AdminListen != "" {
		if s.admin, err = listenAdmin(s.config.AdminListen, p.store, metrics); err != nil {
			return err
		}
		go func() { s.failed <- s.admin.serve() }()
	}
	return nil
}

// certificate is the user's, or one of our own authority whose certificate then lies in ca.pem.
func (s *Server) certificate(ctx context.Context, p *parts) (certificate.Get, error) {
	if s.config.TLSCertificate != "" {
		files, err := certificate.OpenFiles(s.config.TLSCertificate, s.config.TLSKey, s.log)
		if err != nil {
			return nil, err
		}
		return files.Get, nil
	}
	s.own = true
	authority, err := certificate.OpenAuthority(ctx, p.store, p.vault.Safe(s.cluster.Region, "acm"), s.config.Now())
	if err != nil {
		return nil, err
	}
	if err := writeFile(s.path("ca.pem"), authority.PEM(), 0o644); err != nil {
		return nil, fmt.Errorf("write the authority's certificate: %w", err)
	}
	issued, err := certificate.NewIssued(authority, s.names(), s.config.Now)
	if err != nil {
		return nil, err
	}
	return issued.Get, nil
}

// names are all names and addresses by which this machine may be called, and those of its VPC endpoints.
func (s *Server) names() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if host, err := os.Hostname(); err == nil {
		names = append(names, host)
	}
	for _, address := range append([]string{s.config.Listen}, s.config.AlsoListen...) {
		if host, _, err := net.SplitHostPort(address); err == nil && host != "" {
			names = append(names, host)
		}
	}
	if addresses, err := net.InterfaceAddrs(); err == nil {
		for _, a := range addresses {
			if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLinkLocalUnicast() {
				names = append(names, ip.IP.String())
			}
		}
	}
	for _, service := range []string{"dms", "ec2", "sts", "kms", "secretsmanager", "cloudtrail", "logs", "monitoring", "redshift", "whimbrel"} {
		names = append(names, "*."+service+"."+s.cluster.Region+".vpce."+s.config.DNSSuffix,
			service+"."+s.cluster.Region+"."+s.config.DNSSuffix) // of an endpoint with private DNS
	}
	names = append(names, s.config.Names...)
	for _, name := range slices.Clone(names) {
		if net.ParseIP(name) == nil && !strings.HasPrefix(name, "*") {
			for _, prefix := range service.HostPrefixes {
				names = append(names, prefix+name)
			}
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == "0.0.0.0" || n == "::" })
}

func (s *Server) path(name string) string { return filepath.Join(s.config.DataDir, name) }

// Failed tells of a listener that ended by itself.
func (s *Server) Failed() <-chan error { return s.failed }

// Stop ends the server: no new calls, those under way to their end, then the rest in the opposite order of starting.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.StopTimeout)
	defer cancel()
	if s.admin != nil {
		s.admin.stopping.Store(true)
	}
	var problems []error
	for _, end := range slices.Backward(s.ending) {
		problems = append(problems, end(ctx))
	}
	s.ending = nil
	return errors.Join(problems...)
}
