package server

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/service/dms"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/service/redshift"
)

// Migration says how the service DMS runs. Zero values are the documented defaults.
type Migration struct {
	Quotas          []string // NAME=N, in place of AWS's
	EventWebhooks   []string // ARN=URL: where the events for a topic go
	EventSecretFile string   // holds the secret that signs them; the environment's WHIMBREL_EVENT_SECRET goes first
	EventCA         string   // PEM file of what signs the webhooks' certificates, beside the system's authorities
	BucketsDir      string   // whose folders are the buckets for results of assessments; those of Buckets.Endpoint, else DATA-DIR/buckets
}

// eventSecret names the variable of the secret that signs events.
const eventSecret = "WHIMBREL_EVENT_SECRET"

// migration makes the configuration of DMS out of the server's parts.
func (p *parts) migration(host dms.Host) (dms.Config, error) {
	secrets, err := p.roleSecrets()
	if err != nil {
		return dms.Config{}, err
	}
	clusters, err := redshift.ReadClusters(p.config.RedshiftClusters)
	if err != nil {
		return dms.Config{}, err
	}
	p.clusters = &redshift.Service{Config: redshift.Config{Store: p.store, Clusters: clusters}}
	c := dms.Config{
		Clusters: p.clusters,
		Store:    invokedNetwork{p.store, p.invocations(), p.directory}, Reads: p.reads, Partition: p.cluster.Partition, Account: p.cluster.Account, Region: p.cluster.Region, Vault: invokedVault{p.vault, p.invocations()}, Secrets: secrets,
		Network: &ec2.Network{Store: p.store}, Host: host, SQLiteDir: p.config.SQLiteDir, Buckets: p.config.Buckets, Alone: p.config.Etcd == nil,
		Roles: invokedRoles{identity.ServiceRoles{Directory: p.directory, Region: p.cluster.Region, Now: p.config.Now}, p.invocations()}, Log: p.config.Log, Now: p.config.Now,
	}
	if c.Quotas, err = p.config.quotas(); err != nil {
		return c, err
	}
	if c.Notify, err = p.config.notify(os.LookupEnv); err != nil {
		return c, err
	}
	p.topics = c.Notify
	c.Results, err = p.config.results(p.cluster.Region)
	return c, err
}

func (m *Migration) quotas() (map[string]int64, error) {
	all := map[string]int64{}
	for _, text := range m.Quotas {
		name, number, _ := strings.Cut(text, "=")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("quota %q is not NAME=N with a whole number; %s=100 would be", text, dms.QuotaNames()[0])
		}
		all[name] = n
	}
	return all, nil
}

// results makes the store of assessments' results: of folders, unless a store that speaks S3 is named.
func (c *Config) results(region string) (bucket.Store, error) {
	if c.BucketsDir != "" || c.Buckets.Endpoint == "" {
		dir, err := filepath.Abs(cmp.Or(c.BucketsDir, filepath.Join(c.DataDir, "buckets")))
		return bucket.Folder(dir), err
	}
	s, err := bucket.NewS3(bucket.S3Config{
		Endpoint: c.Buckets.Endpoint, Region: cmp.Or(c.Buckets.Region, region), Access: c.Buckets.KeyID, Secret: c.Buckets.Key.Reveal(),
	})
	if err != nil {
		return nil, fmt.Errorf("%w (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)", err)
	}
	return s, nil
}

// shownWebhook is as much of a webhook as may be told: addresses carry tokens in their paths and parameters.
func shownWebhook(text string) string {
	arn, address, found := strings.Cut(text, "=")
	if strings.HasPrefix(arn, "arn:") {
		if !found {
			return strconv.Quote(arn)
		}
		return strconv.Quote(arn + "=" + shownWebhook(address))
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "(not shown, since it may be a secret)"
	}
	return strconv.Quote(u.Scheme + "://" + u.Host + "/…")
}

// notify reads where events go and what they are signed with.
func (m *Migration) notify(environment func(string) (string, bool)) (notify.Topics, error) {
	n := notify.Topics{Topics: map[string]string{}}
	for _, text := range m.EventWebhooks {
		arn, address, found := strings.Cut(text, "=")
		if !found || !strings.HasPrefix(arn, "arn:") {
			return n, fmt.Errorf("--event-webhook %s: want ARN=URL, the topic's ARN before the address", shownWebhook(text))
		}
		n.Topics[arn] = address
	}
	if text, set := environment(eventSecret); set {
		n.Secret = []byte(text)
	} else if m.EventSecretFile != "" {
		raw, err := os.ReadFile(m.EventSecretFile)
		if err != nil {
			return n, fmt.Errorf("read the secret of events: %w", err)
		}
		n.Secret = bytes.TrimSpace(raw)
	}
	if m.EventCA == "" {
		return n, nil
	}
	pem, err := os.ReadFile(m.EventCA)
	if err != nil {
		return n, fmt.Errorf("read the authority of event webhooks: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a machine without any
	}
	if !roots.AppendCertsFromPEM(pem) {
		return n, fmt.Errorf("read the authority of event webhooks: %s holds no certificate", m.EventCA)
	}
	n.Client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
	}}
	return n, nil
}
