package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// How long a client may take, and how much it may open. Whoever is slower is dropped.
const (
	headerTimeout  = 5 * time.Second // also of the TLS handshake
	bodyTimeout    = 20 * time.Second
	answerTimeout  = 60 * time.Second
	idleTimeout    = 90 * time.Second
	maxHeaderBytes = 64 << 10
	maxStreams     = 128
)

// TLSConfig is TLS 1.2 and 1.3 with forward secrecy and authenticated encryption alone.
func TLSConfig(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{ // of TLS 1.2; those of 1.3 are all of this kind
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		GetCertificate: certificate,
		NextProtos:     []string{"h2", "http/1.1"},
	}
}

// A Server listens for an edge.
type Server struct {
	http     *http.Server
	listener net.Listener
}

// Listen opens the address for as many connections as may be; Serve answers on it.
func Listen(address string, handler http.Handler, config *tls.Config, connections *Connections, log *slog.Logger) (*Server, error) {
	listener, err := net.Listen("tcp", address) //nolint:noctx // it lives until Shutdown
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return &Server{
		listener: &gate{listener, connections},
		http: &http.Server{
			Handler: handler, TLSConfig: config, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: answerTimeout,
			IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ConnContext: withConnection, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
			HTTP2: &http.HTTP2Config{MaxConcurrentStreams: maxStreams, SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second, WriteByteTimeout: headerTimeout},
		},
	}, nil
}

// Address is where the server listens.
func (s *Server) Address() net.Addr { return s.listener.Addr() }

// Serve answers until Shutdown.
func (s *Server) Serve() error {
	if err := s.http.ServeTLS(s.listener, "", ""); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the API: %w", err)
	}
	return nil
}

// Shutdown takes no more requests and lets those under way end until the context does.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("let the last calls end: %w", err), s.http.Close())
	}
	return nil
}
