package edge

import (
	"context"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/whimbreldb/whimbrel/internal/edge/sigv4"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// An exchange is one request and what is known of it so far.
type exchange struct {
	edge *Edge
	w    http.ResponseWriter
	r    *http.Request
	now  time.Time
	id   string

	body     []byte
	holds    []func() // give back the room that the body has taken
	protocol wire.Protocol
	name     string     // of the operation, as far as the request says it in its headers
	form     *wire.Form // of Query protocols
	claim    *sigv4.Claim
	service  *service.Service
	source   service.Source

	call      *service.Call
	operation *service.Operation
	input     any
	touched   []string
	denied    bool
	answered  bool
	span      trace.Span
}

func (e *Edge) exchange(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{edge: e, w: w, r: r, now: e.config.Now(), id: uuid.NewString()}
	x.protocol = guess(r)
	x.source = service.Source{IP: address(r.RemoteAddr), UserAgent: r.UserAgent(), Referer: r.Referer(), TLS: r.TLS != nil}
	w.Header().Set("X-Amzn-Requestid", x.id)
	return x
}

// address is the caller's, without its port and its zone.
func address(remote string) netip.Addr {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

// guess says in which protocol to answer, from headers alone: errors that come before the service is known have a form too.
func guess(r *http.Request) wire.Protocol {
	switch {
	case strings.HasPrefix(r.URL.Path, "/service/") || r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		return wire.CBOR
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json-1.0"):
		return wire.JSON10
	case r.Header.Get("X-Amz-Target") != "" || strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json-1.1"):
		return wire.JSON11
	}
	return wire.Query
}

// recoverPanic answers a request that made the program fall, and keeps the others alive.
func (x *exchange) recoverPanic() {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler { //nolint:errorlint // net/http's own sentinel, which it compares so
		panic(p)
	}
	x.edge.config.Log.Error("a call made the program fall", "request_id", x.id, "operation", x.operationName(), "panic", p, "stack", string(debug.Stack()))
	if !x.answered {
		x.finish(context.WithoutCancel(x.r.Context()), nil, wire.InternalFailure.New(x.protocol, "%s", internalText))
	}
}

// operationName is for logs and metrics: never what a caller made up.
func (x *exchange) operationName() string {
	if x.call == nil || x.call.Operation == nil {
		return "unknown"
	}
	return x.service.Model.Name + ":" + x.call.Operation.Name
}
