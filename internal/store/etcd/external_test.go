package etcd

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// TestExternalWithTLS holds an etcd of its own, that asks for client certificates, to the contract of a store.
func TestExternalWithTLS(t *testing.T) {
	dir := t.TempDir()
	certificate, key := servertest.SelfSigned(t, dir)
	c := embed.NewConfig()
	c.Dir = filepath.Join(dir, "etcd")
	port := freePort(t)
	at := url.URL{Scheme: "https", Host: fmt.Sprintf("127.0.0.1:%d", port)}
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{at}, []url.URL{at}
	c.ListenPeerUrls = nil
	c.AdvertisePeerUrls = []url.URL{{Scheme: "http", Host: "localhost:0"}}
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.ClientTLSInfo = transport.TLSInfo{CertFile: certificate, KeyFile: key, TrustedCAFile: certificate, ClientCertAuth: true}
	c.LogLevel = "fatal"
	member, err := embed.StartEtcd(c)
	require.NoError(t, err)
	t.Cleanup(member.Close)
	<-member.Server.ReadyNotify()

	pair, err := tls.LoadX509KeyPair(certificate, key)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	raw, err := os.ReadFile(certificate)
	require.NoError(t, err)
	roots.AppendCertsFromPEM(raw)
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: []tls.Certificate{pair}}

	_, err = Dial(t.Context(), Config{Endpoints: []string{at.String()}, TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}}, quiet)
	require.Error(t, err, "without our certificate we are nobody")
	_, err = Dial(t.Context(), Config{Endpoints: []string{at.String()}, TLS: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}}, quiet)
	require.Error(t, err, "an etcd that nobody vouches for is not spoken to")

	var n atomic.Int64
	storetest.Run(t, func(t *testing.T) store.Store {
		t.Helper()
		s, err := Dial(t.Context(), Config{Endpoints: []string{at.String()}, TLS: config, Prefix: fmt.Sprintf("w%d/", n.Add(1))}, quiet)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	})
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
