package edge

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/span"
)

// Credentials know the secrets of access keys. The errors are service.ErrUnknownKey, service.ErrExpiredKey or a failure of ours.
type Credentials interface {
	Credential(ctx context.Context, accessKeyID, sessionToken string, now time.Time) (secret string, who *service.Principal, err error)
}

// An Authorizer decides whether a caller may do all of the checks. A denial is AWS's message; err is a failure of ours.
type Authorizer interface {
	Authorize(ctx context.Context, call *service.Call, checks []service.Check) (denial string, err error)
}

// A Recorder keeps the audit trail.
type Recorder interface {
	// Ready says why nothing can be recorded now: then nothing is done either.
	Ready() error
	Record(r *audit.Record) error
}

// Endpoints know the VPC endpoints.
type Endpoints interface {
	// Endpoint finds the endpoint that a request came through, by the names it called the server and the address where it
	// arrived; nil if through none. An error refuses the request.
	Endpoint(names []string, local netip.Addr, source *service.Source) (*service.Endpoint, error)
}

// Config is what an edge is made of.
type Config struct {
	Partition, Region, Account string

	Services    []*service.Service
	Credentials Credentials
	Authorizer  Authorizer
	Recorder    Recorder
	Endpoints   Endpoints    // nil: none
	Metrics     Metrics      // nil: not counted
	Tracer      *span.Tracer // nil: calls are not traced
	// Used learns of every call that was signed well; nil: nobody asks.
	Used     func(p *service.Principal, service, region string, at time.Time)
	Log      *slog.Logger
	Now      func() time.Time // time.Now if nil
	Timeout  time.Duration    // of one call; 30 s
	Throttle Throttle
}

// An Edge answers the API of all services.
type Edge struct {
	config    Config
	services  map[string]*service.Service // by signing name
	targets   map[string]*service.Service // by target prefix
	throttle  *throttle
	penalties *penalties
	strangers *room[netip.Prefix] // for bodies, by source
	known     *room[string]       // for bodies, by access key
	keys      signingKeys
	suites    map[uint16]string // of TLS, their names: crypto/tls makes its whole list anew to name one
	answers   buffers
	streaming context.Context // of answers that go on
	endStream context.CancelFunc
}

// New makes an edge.
func New(c Config) (*Edge, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Metrics == nil {
		c.Metrics = uncounted{}
	}
	e := &Edge{
		config: c, services: map[string]*service.Service{}, targets: map[string]*service.Service{}, suites: map[uint16]string{},
		throttle: newThrottle(c.Throttle), penalties: newPenalties(),
		strangers: newRoom[netip.Prefix](roomOfAll, shareOfSource), known: newRoom[string](roomOfKnown, shareOfKey),
	}
	for _, s := range tls.CipherSuites() {
		e.suites[s.ID] = s.Name
	}
	e.streaming, e.endStream = context.WithCancel(context.Background())
	for _, s := range c.Services {
		if e.services[s.Model.SigningName] != nil {
			return nil, fmt.Errorf("two services are signed as %s", s.Model.SigningName)
		}
		e.services[s.Model.SigningName] = s
		if s.Model.TargetPrefix != "" {
			e.targets[s.Model.TargetPrefix] = s
			// Newer SDKs leave out what stands before the service's name: CloudTrail_20131101 alone. AWS takes both.
			e.targets[s.Model.TargetPrefix[strings.LastIndexByte(s.Model.TargetPrefix, '.')+1:]] = s
		}
	}
	return e, nil
}

// EndStreams ends the answers that would go on for hours: a server that stops waits for all others.
func (e *Edge) EndStreams() { e.endStream() }

// ServeHTTP answers one request.
func (e *Edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := e.exchange(w, r)
	defer x.release()
	defer x.recoverPanic()
	ctx, cancel := context.WithTimeout(r.Context(), e.config.Timeout)
	defer cancel()
	ctx = x.trace(ctx)
	defer x.span.End()
	output, err := x.serve(ctx)
	x.finish(ctx, output, err)
}

// serve takes a request through all gates to its operation.
func (x *exchange) serve(ctx context.Context) (any, error) {
	if err := x.route(); err != nil {
		return nil, err
	}
	if err := x.read(ctx); err != nil {
		return nil, err
	}
	if err := x.step(ctx, "authenticate", x.authenticate); err != nil {
		return nil, err
	}
	if err := x.unpack(); err != nil {
		return nil, err
	}
	if err := x.resolve(); err != nil {
		return nil, err
	}
	if used := x.edge.config.Used; used != nil {
		used(x.call.Principal, x.service.Model.Name, x.call.Region, x.now)
	}
	if wait, ok := x.edge.throttle.allow(x.call, x.now); !ok {
		return nil, throttled(x.protocol, wait)
	}
	if err := x.decode(); err != nil {
		return nil, err
	}
	if err := x.step(ctx, "authorize", x.authorize); err != nil {
		return nil, err
	}
	if err := x.service.Model.Validate(x.protocol, x.call.Operation, x.input); err != nil {
		return nil, err
	}
	if err := x.ready(); err != nil {
		return nil, err
	}
	var output any
	err := x.step(ctx, "operation", func(ctx context.Context) (err error) {
		output, err = x.operation.Do(ctx, x.call, x.input)
		return err
	})
	return output, err
}

// authorize has everything decided that the operation touches.
func (x *exchange) authorize(ctx context.Context) error {
	checks, err := x.operation.Access(ctx, x.call, x.input)
	if err != nil {
		return err
	}
	return x.check(ctx, checks...)
}

// check has checks decided and remembers their resources for the record.
func (x *exchange) check(ctx context.Context, checks ...service.Check) error {
	for _, c := range checks {
		if c.Resource != "*" {
			x.touched = append(x.touched, c.Resource)
		}
	}
	if len(checks) == 0 {
		return nil
	}
	denial, err := x.edge.config.Authorizer.Authorize(ctx, x.call, checks)
	if err != nil {
		return err
	}
	if denial != "" {
		x.denied = true
		return wire.AccessDenied.New(x.protocol, "%s", denial)
	}
	return nil
}
