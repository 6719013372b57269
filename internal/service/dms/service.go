package dms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/policy/action"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Config is what the service works with.
type Config struct {
	Store store.Store
	// Reads answers what is only to be shown, faster and a moment behind what other servers write; nil: Store.
	Reads     store.Store
	Partition string
	Account   string
	Region    string
	Vault     Vault
	Secrets   Secrets
	Network   Network
	Host      Host
	Roles     Roles            // nil: roles are not asked
	Quotas    map[string]int64 // in place of AWS's, by their names
	Notify    notify.Topics    // where events go
	Results   bucket.Store     // where results of assessments go; nil: there is no place
	// SQLiteDir is the folder that the files of SQLite endpoints lie in; empty means that there may be no such endpoints.
	SQLiteDir string
	// Buckets is how S3 endpoints are reached.
	Buckets Buckets
	// Clusters knows which roles registered Redshift clusters have; nil: none are registered.
	Clusters Clusters
	// Alone says that no other server has this store, so that nobody's lease has to run out before the controllers begin.
	Alone bool
	Log   *slog.Logger
	Now   func() time.Time
}

// Vault seals passwords under keys of KMS; a kms.Vault is one.
type Vault interface {
	Encrypt(ctx context.Context, region, key string, plain []byte, context map[string]string) (blob []byte, arn string, err error)
	Decrypt(ctx context.Context, region string, blob []byte, context map[string]string) (plain []byte, arn string, err error)
	// ManagedKey is the key of a service, made on first use; IsManaged tells those keys from customers'.
	ManagedKey(ctx context.Context, region, service string) (arn string, err error)
	IsManaged(ctx context.Context, region, key string) (bool, error)
	// Checks says what a use of a key asks for, by a service in its caller's name.
	Checks(ctx context.Context, call *service.Call, key string, context map[string]string, via string, actions ...string) ([]service.Check, error)
}

// Secrets reads Secrets Manager.
type Secrets interface {
	// Check is what a caller must be allowed to name a secret in an endpoint.
	Check(ctx context.Context, call *service.Call, id string) service.Check
	// Value is the current value of a secret, read in the name of a role that trusts DMS. A *wire.Error says why it cannot
	// be read.
	Value(ctx context.Context, role, id string) ([]byte, error)
}

// Clusters knows registered Redshift clusters; a redshift.Service is one.
type Clusters interface {
	// Refuses says why COPY on a server may not name a role; empty when it may, or when nothing is known of the server.
	Refuses(ctx context.Context, address string, port int64, role string) (string, error)
}

// Network knows what security groups let out; an ec2.Network is one.
type Network interface {
	Egress(ctx context.Context, groups []string) ([]instance.Egress, error)
}

// Host keeps the processes of replication instances; an instance/host.Host is one.
type Host interface {
	// Want says that an instance is to run as the spec says. It returns at once; an instance whose processors, memory or
	// Boot have changed is started anew. Wanting the same again changes nothing.
	Want(spec instance.Spec)
	// Unwant ends an instance and removes what it kept. It returns when the process is gone.
	Unwant(ctx context.Context, id string) error
	// State says how the process is. Changed is closed when the state of some instance has changed since.
	State(id string) instance.State
	Changed() <-chan struct{}
	// Client speaks with an instance that is Up; otherwise calls fail with instance.ErrDown.
	Client(id string) instance.Client
	// Rooms says what is left on the disks that an instance which is wanted writes to.
	Rooms(id string) ([]instance.Room, error)
}

// Service is DMS.
type Service struct {
	Config
	actions *action.Table
	told    *atomic.Uint32 // counts events
	leads   *atomic.Bool   // the controllers run here
	live    *live
	times   times
	// reachEndpoint is reach, unless a test has endpoints of its own.
	reachEndpoint func(context.Context, *Endpoint, []string) (instance.Endpoint, error)
}

// New makes the service.
func New(c Config) (*Service, error) {
	if err := errors.Join(checkQuotas(c.Quotas), c.Notify.Check()); err != nil {
		return nil, fmt.Errorf("make DMS: %w", err)
	}
	actions, err := action.Load()
	if err != nil {
		return nil, fmt.Errorf("make DMS: %w", err)
	}
	s := &Service{Config: c, actions: actions, live: newLive(), told: new(atomic.Uint32), leads: new(atomic.Bool), times: usualTimes()}
	s.reachEndpoint = s.reach
	return s, nil
}

// API is the service as the edge serves it.
func (s *Service) API() (*service.Service, error) {
	served := slices.Concat(s.instanceOperations(), s.endpointOperations(), s.taskOperations(), s.assessmentOperations(), s.eventOperations())
	made, err := service.New(&dmsapi.Service, append(served, s.unserved(served)...)...)
	if err != nil {
		return nil, fmt.Errorf("make DMS: %w", err)
	}
	return made, nil
}
