package serve_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/certificate"
	"github.com/whimbreldb/whimbrel/internal/secret"
	whimbrel "github.com/whimbreldb/whimbrel/internal/server"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
)

// BenchmarkFirstStart is how long `whimbrel serve` takes on an empty machine until it says that it is ready.
func BenchmarkFirstStart(b *testing.B) {
	var ready time.Duration
	for b.Loop() {
		s := first(b)
		ready += s.ready
		s.kill()
	}
	b.ReportMetric(ready.Seconds()/float64(b.N), "s/ready")
}

// BenchmarkGetCallerIdentity compares a signed, authorized and recorded call with a bare net/http TLS handler that writes
// the same bytes: the same client, the same connections, the same machine, one after the other.
func BenchmarkGetCallerIdentity(b *testing.B) {
	dir := servertest.ShortDir(b)
	s, err := whimbrel.Start(b.Context(), whimbrel.Config{DataDir: dir, Listen: "127.0.0.1:0", Region: region, Account: account, Log: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Stop(context.Background())) }()
	there := &server{dir: dir, url: s.About().URL}
	request := presign(b, there)
	answer := ask(b, there.http(b), request())

	bare := bareHandler(b, answer)
	for _, callers := range []int{1, 2, callers} {
		b.Run(fmt.Sprintf("%d callers", callers), func(b *testing.B) { compareWith(b, callers, there, request, bare) })
	}
}

// presign makes requests that are signed once and sent often, so that the client's signing is not measured.
func presign(b *testing.B, s *server) func() *http.Request {
	b.Helper()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}
	return presigned(b, s, "sts", header, "Action=GetCallerIdentity&Version=2011-06-15")
}

func presigned(b testing.TB, s *server, service string, header http.Header, text string) func() *http.Request {
	b.Helper()
	id, key := s.credentials(b)
	body := []byte(text)
	r, err := http.NewRequest(http.MethodPost, s.url+"/", bytes.NewReader(body))
	require.NoError(b, err)
	r.Header = header
	digest := sha256.Sum256(body)
	require.NoError(b, v4.NewSigner().SignHTTP(b.Context(), aws.Credentials{AccessKeyID: id, SecretAccessKey: key}, r, hex.EncodeToString(digest[:]), service, region, time.Now()))
	return func() *http.Request {
		c := r.Clone(context.Background())
		c.Body = io.NopCloser(bytes.NewReader(body))
		return c
	}
}

func ask(b testing.TB, client *http.Client, r *http.Request) []byte {
	b.Helper()
	answer, err := client.Do(r)
	require.NoError(b, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(b, err)
	require.Equal(b, 200, answer.StatusCode, string(body))
	return body
}

// bareHandler reads the request and writes the same bytes, over the same kind of TLS.
func bareHandler(b *testing.B, answer []byte) string {
	b.Helper()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/xml")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = w.Write(answer)
	})
	st := etcdtest.Private(b)
	vault := kms.NewVault(st, secret.NewKeyring(), kms.Home{Partition: "aws", Account: "111122223333"}, time.Now)
	authority, err := certificate.OpenAuthority(b.Context(), st, vault.Safe("us-east-1", "acm"), time.Now())
	require.NoError(b, err)
	issued, err := certificate.NewIssued(authority, []string{"localhost", "127.0.0.1"}, time.Now)
	require.NoError(b, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	bare := &http.Server{Handler: handler, TLSConfig: edge.TLSConfig(issued.Get), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = bare.ServeTLS(listener, "", "") }()
	b.Cleanup(func() { _ = bare.Close() })
	b.Setenv("WHIMBREL_BENCH_CA", string(authority.PEM()))
	return listener.Addr().String()
}

// compare sends the same requests to the server and to the bare handler, a thousand calls at a time in turn, so that what else the machine does
// meets both. It reports the median of the rounds' ratios, and the quantiles of all times.
func compare(b *testing.B, there *server, request func() *http.Request, bare string) {
	b.Helper()
	compareWith(b, callers, there, request, bare)
}

// compareWith is compare with so many callers.
func compareWith(b *testing.B, callers int, there *server, request func() *http.Request, bare string) {
	b.Helper()
	client := there.http(b)
	transport := client.Transport.(*http.Transport)
	transport.TLSClientConfig.RootCAs.AppendCertsFromPEM([]byte(os.Getenv("WHIMBREL_BENCH_CA")))
	transport.ForceAttemptHTTP2 = false // the SDKs speak HTTP/1.1
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	toBare := func() *http.Request {
		r := request()
		r.URL.Host, r.Host = bare, bare
		return r
	}
	load(b, callers, client, request, 2*callers) // connections are made
	load(b, callers, client, toBare, 2*callers)
	var ours, theirs []time.Duration
	var rates, ratios []float64
	var cpu, cpuBare time.Duration
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= 1000 {
		n := min(left, 1000)
		at := processor(b)
		one, took := load(b, callers, client, request, n)
		b.StopTimer()
		between := processor(b)
		other, tookBare := load(b, callers, client, toBare, n)
		cpu, cpuBare = cpu+between-at, cpuBare+processor(b)-between
		b.StartTimer()
		ours, theirs = append(ours, one...), append(theirs, other...)
		rates, ratios = append(rates, float64(n)/took.Seconds()), append(ratios, tookBare.Seconds()/took.Seconds())
	}
	b.StopTimer()
	slices.Sort(rates)
	slices.Sort(ratios)
	b.ReportMetric(rates[len(rates)/2], "calls/s")
	b.ReportMetric(ratios[len(ratios)/2], "of-bare")
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "cpu-µs")
	b.ReportMetric(float64(cpuBare.Microseconds())/float64(b.N), "bare-cpu-µs")
	spread(b, "", ours)
	spread(b, "bare-", theirs)
}

// processor is the time that this process has had of the processors, client and all: unlike the clock it does not count what others do.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func spread(b *testing.B, prefix string, times []time.Duration) {
	b.Helper()
	slices.Sort(times)
	p50, p99 := times[len(times)/2], times[len(times)*99/100]
	b.ReportMetric(float64(p50.Microseconds()), prefix+"p50-µs")
	b.ReportMetric(float64(p99.Microseconds()), prefix+"p99-µs")
	b.ReportMetric(p99.Seconds()/p50.Seconds(), prefix+"p99/p50")
}

// callers is how many calls are under way at a time, where nothing else is said.
const callers = 8

// load sends n requests, so many at a time, and says how long each and how long all of them took.
func load(b *testing.B, callers int, client *http.Client, request func() *http.Request, n int) ([]time.Duration, time.Duration) {
	b.Helper()
	times := make([][]time.Duration, callers)
	var left atomic.Int64
	left.Store(int64(n))
	start := time.Now()
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				began := time.Now()
				answer, err := client.Do(request())
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				if answer.StatusCode != 200 {
					b.Error(answer.Status)
					return
				}
				times[i] = append(times[i], time.Since(began))
			}
		})
	}
	all.Wait()
	return slices.Concat(times...), time.Since(start)
}
