package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// admin is the listener for those who watch over the server: it tells how it is and changes nothing.
type admin struct {
	listener net.Listener
	http     *http.Server
	stopping atomic.Bool
}

func listenAdmin(address string, s store.Store, m *metrics) (*admin, error) {
	listener, err := net.Listen("tcp", address) //nolint:noctx // it lives until shutdown
	if err != nil {
		return nil, fmt.Errorf("listen for health and metrics: %w", err)
	}
	a := &admin{listener: listener}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { a.ready(w, r, s) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	a.http = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	return a, nil
}

// ready answers whether calls would be: the store must answer, and the server not be on its way out.
func (a *admin) ready(w http.ResponseWriter, r *http.Request, s store.Store) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	switch _, err := s.Get(ctx, clusterKey); {
	case a.stopping.Load():
		http.Error(w, "stopping", http.StatusServiceUnavailable)
	case err != nil:
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ready")
	}
}

func (a *admin) serve() error {
	if err := a.http.Serve(a.listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve health and metrics: %w", err)
	}
	return nil
}

func (a *admin) shutdown(ctx context.Context) error { return a.http.Shutdown(ctx) }
