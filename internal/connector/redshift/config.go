package redshift

import (
	"crypto/tls"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

const (
	defaultPort   = 5439
	defaultRegion = "us-east-1"
	urlForm       = "write redshift://USER:PASSWORD@HOST:5439/DATABASE"
)

// The parameters of a URL. Those of the store are ours; the service gives them for its endpoints.
const (
	sslMode     = "sslmode"
	sslRootCert = "sslrootcert"
	storeURL    = "s3_endpoint"
	storeRegion = "s3_region"
	storeKey    = "s3_key"
	storeSecret = "s3_secret"
)

// reach is how cluster and bucket are reached.
type reach struct {
	cluster *pgconn.Config
	store   store.BucketConfig
	// access are the keys of the bucket, which COPY is given when there is no role.
	access access
}

type access struct{ id, secret, token string }

func readConfig(c connector.Config, s *settings) (*reach, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Scheme, "redshift") {
		return nil, invalid(urlForm, "the URL %q cannot be read", connector.Redact(c.URL))
	}
	q := u.Query()
	for name := range q {
		switch name {
		case sslMode, sslRootCert, storeURL, storeRegion, storeKey, storeSecret:
		default:
			return nil, invalid("known parameters are "+strings.Join([]string{sslMode, sslRootCert, storeURL, storeRegion}, ", "), "unknown URL parameter %q", name)
		}
	}
	getenv := c.Getenv
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	r := &reach{}
	if r.cluster, err = clusterOf(c, u, getenv, s); err != nil {
		return nil, err
	}
	return r, r.bucketOf(c, q, getenv, s)
}

func clusterOf(c connector.Config, u *url.URL, getenv func(string) string, s *settings) (*pgconn.Config, error) {
	port := defaultPort
	if p := u.Port(); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > 65535 {
			return nil, invalid(urlForm, "the port %q is none", p)
		}
		port = n
	}
	database := strings.TrimPrefix(u.Path, "/")
	if database == "" || u.User.Username() == "" {
		return nil, invalid(urlForm, "the URL %q names no user, or no database", connector.Redact(c.URL))
	}
	mode := u.Query().Get(sslMode)
	switch mode {
	case "":
		mode = "prefer"
	case "none":
		mode = "disable"
	}
	// Only the mode of TLS is read by the library: it would take what is missing from the variables of this process.
	plain := url.URL{Scheme: "postgres", Host: net.JoinHostPort(u.Hostname(), strconv.Itoa(port)), Path: "/" + database, RawQuery: url.Values{sslMode: {mode}, sslRootCert: u.Query()[sslRootCert]}.Encode()}
	cfg, err := pgconn.ParseConfig(plain.String())
	if err != nil {
		return nil, invalid("give sslmode=disable, prefer, require, verify-ca or verify-full, and a file of certificates in sslrootcert", "the TLS parameters of the URL %q cannot be used", connector.Redact(c.URL))
	}
	cfg.Host, cfg.Port, cfg.Database, cfg.User = u.Hostname(), uint16(port), database, u.User.Username()
	cfg.Password, _ = u.User.Password()
	if cfg.Password == "" {
		cfg.Password = getenv("PGPASSWORD")
	}
	cfg.RuntimeParams = map[string]string{"application_name": "whimbrel", "client_encoding": "UTF8"}
	cfg.ConnectTimeout = s.connectTimeout
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}, Control: c.Control}
	cfg.DialFunc = c.Traffic.Through(dialer.DialContext)
	if cfg.TLSConfig != nil {
		cfg.TLSConfig.MinVersion = tls.VersionTLS12
	}
	return cfg, nil
}

func (r *reach) bucketOf(c connector.Config, q url.Values, getenv func(string) string, s *settings) error {
	b := store.BucketConfig{Bucket: s.bucket, Region: defaultRegion, Control: c.Control, Through: c.Traffic.Through, Encryption: s.encryption, KMSKey: s.kmsKey, Prefix: s.folder, Uploads: s.streams}
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if v := getenv(name); v != "" {
			b.Region = v
		}
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"} {
		if v := getenv(name); v != "" {
			b.Endpoint, b.PathStyle = v, true
		}
	}
	if v := q.Get(storeRegion); v != "" {
		b.Region = v
	}
	if v := q.Get(storeURL); v != "" {
		if e, err := url.Parse(v); err != nil || e.Host == "" || e.Scheme != "http" && e.Scheme != "https" {
			return invalid("write "+storeURL+"=https://HOST:PORT", "the endpoint %q of the store cannot be read", v)
		}
		b.Endpoint, b.PathStyle = v, true
	}
	r.access = access{getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SESSION_TOKEN")}
	if q.Has(storeKey) {
		r.access = access{q.Get(storeKey), q.Get(storeSecret), ""}
	}
	if r.access.id == "" || r.access.secret == "" {
		return &connector.Error{Class: connector.Denied, Err: errNoKeys, Remedy: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"}
	}
	b.Credentials = credentials.NewStaticCredentialsProvider(r.access.id, r.access.secret, r.access.token)
	r.store = b
	return nil
}
