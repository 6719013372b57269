package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service/dms"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/store/etcd"
)

// Config says how a server runs. Zero values are the documented defaults.
type Config struct {
	DataDir     string
	Listen      string   // host:port of the API
	AlsoListen  []string // further ones, such as addresses of VPC endpoints
	AdminListen string   // host:port of health and metrics; empty: none
	Names       []string // further names and addresses in the server's own certificate
	Partition   string   // aws
	Region      string   // us-east-1
	Account     string   // 12 digits; made up on first start
	DNSSuffix   string   // of VPC endpoint names: amazonaws.com

	TLSCertificate, TLSKey string // PEM files, instead of a certificate of the server's own authority
	Etcd                   *etcd.Config
	Throttle               edge.Throttle
	Connections            int      // at once: 4096
	ConnectionsPerAddress  int      // of them: 512
	DMSRoles               bool     // make dms-vpc-role and its companions when they are not there
	ServiceControl         []string // files with service control policies, all of which must allow
	AuditBytes             int64
	AuditFiles             int
	AuditDays              int           // that records are kept; 0: as long as there is room
	MetricsBytes           int64         // that metrics may take: 1 GiB
	LogsBytes              int64         // that logs may take: 2 GiB
	SQLiteDir              string        // whose SQLite files endpoints may name; empty: none
	Buckets                dms.Buckets   // how S3 endpoints are reached
	RedshiftClusters       string        // file of the clusters that the redshift API tells of; empty: none
	Migration                            // of DMS
	OTLPEndpoint           string        // the collector that traces go to, instead of OTEL_EXPORTER_OTLP_ENDPOINT
	StopTimeout            time.Duration // for calls under way when the server stops: 10 s

	Log *slog.Logger
	Now func() time.Time
}

var (
	accountForm   = regexp.MustCompile(`^[0-9]{12}$`)
	regionForm    = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	partitionForm = regexp.MustCompile(`^aws(-[a-z]+)*$`)
)

// complete fills in defaults and says what cannot be.
func (c *Config) complete() error {
	if c.DataDir == "" {
		return errors.New("a data directory is needed")
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return fmt.Errorf("find the data directory: %w", err)
	}
	c.DataDir = dir
	if c.Account != "" && !accountForm.MatchString(c.Account) {
		return fmt.Errorf("account %q is not 12 digits", c.Account)
	}
	if c.Region != "" && !regionForm.MatchString(c.Region) {
		return fmt.Errorf("region %q does not look like one; us-east-1 would", c.Region)
	}
	if c.Partition != "" && !partitionForm.MatchString(c.Partition) {
		return fmt.Errorf("partition %q does not look like one; aws would", c.Partition)
	}
	if (c.TLSCertificate == "") != (c.TLSKey == "") {
		return errors.New("a certificate needs its key, and a key its certificate: give both files or none")
	}
	if c.DNSSuffix == "" {
		c.DNSSuffix = "amazonaws.com"
	}
	if c.StopTimeout <= 0 {
		c.StopTimeout = 10 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// traces says where the server's traces go.
func (c *Config) traces(log *slog.Logger) span.Config {
	return span.Config{Service: "whimbrel", Endpoint: c.OTLPEndpoint, Log: log}
}

// controlPolicies reads the service control policies: one level that all files are on, so that all must allow.
func (c *Config) controlPolicies() ([][]*policy.Policy, error) {
	var levels [][]*policy.Policy
	for _, name := range c.ServiceControl {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read a service control policy: %w", err)
		}
		p, err := policy.Parse(string(text), policy.Identity, 0)
		if err != nil {
			return nil, fmt.Errorf("read the service control policy %s: %w", name, err)
		}
		p.Name = filepath.Base(name)
		levels = append(levels, []*policy.Policy{p})
	}
	return levels, nil
}

// EtcdTLS reads the files that a TLS connection to etcd needs: the authority's certificate, and ours with its key if etcd
// asks for one.
func EtcdTLS(authority, certificate, key string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if authority != "" {
		pem, err := os.ReadFile(authority)
		if err != nil {
			return nil, fmt.Errorf("read etcd's authority: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read etcd's authority: %s holds no certificate", authority)
		}
	}
	if certificate != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, fmt.Errorf("read our certificate for etcd: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
