package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/server"
	"github.com/whimbreldb/whimbrel/internal/store/etcd"
)

// serveFlags are the flags of serve, backup and restore.
type serveFlags struct {
	server.Config
	etcdEndpoints             []string
	etcdCA, etcdCert, etcdKey string
	etcdUser, etcdPrefix      string
	logLevel                  string
}

func newServe() *cobra.Command {
	f := &serveFlags{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service: the AWS-compatible API over TLS, with its security",
		Long: `Runs the service. On first start in an empty data directory it makes a certificate authority, an account and a first
administrator, and prints what to paste to use the stock aws command. Everything it keeps lies in the data directory.

Each call must be signed (Signature Version 4) and is authorized by IAM policies and recorded in the audit trail.
Health and metrics are on a listener of their own. SIGTERM and Ctrl-C let calls under way end, then stop.`,
		Example: `  whimbrel serve
  whimbrel serve --data-dir /var/lib/whimbrel --listen :8443 --region eu-central-1 --account 123456789012
  whimbrel serve --tls-cert server.pem --tls-key server.key
  whimbrel serve --etcd-endpoints https://etcd-1:2379,https://etcd-2:2379 --etcd-ca etcd-ca.pem
  whimbrel serve --otlp-endpoint http://localhost:4318 --redshift-clusters clusters.json`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, f) },
	}
	f.bindState(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.Listen, "listen", ":8443", "`address` of the API")
	flags.StringSliceVar(&f.AlsoListen, "also-listen", nil, "further `address`es of the API, such as those of VPC endpoints")
	flags.StringVar(&f.AdminListen, "admin-listen", "127.0.0.1:8444", "`address` of /healthz, /readyz and /metrics, plain HTTP; empty: none")
	flags.StringVar(&f.Region, "region", "", "the `region` that is served; us-east-1 if the state is new")
	flags.StringVar(&f.Account, "account", "", "the `account`, 12 digits; made up if the state is new")
	flags.StringVar(&f.Partition, "partition", "", "the `partition` of all ARNs; aws if the state is new")
	flags.StringSliceVar(&f.Names, "name", nil, "further host `names` and addresses for the server's own certificate")
	flags.StringVar(&f.TLSCertificate, "tls-cert", "", "PEM `file` of a certificate with its chain, instead of an own authority's; read again when it changes")
	flags.StringVar(&f.TLSKey, "tls-key", "", "PEM `file` of that certificate's key")
	flags.StringVar(&f.DNSSuffix, "dns-suffix", "amazonaws.com", "the end of the DNS names of VPC endpoints")
	flags.Float64Var(&f.Throttle.Rate, "throttle-rate", 100, "calls a second that each principal may make in the long run; 0: no limit")
	flags.IntVar(&f.Throttle.Burst, "throttle-burst", 1000, "calls that a principal may make at once")
	flags.IntVar(&f.Connections, "connections", edge.MostConnections, "connections that may be open at once")
	flags.IntVar(&f.ConnectionsPerAddress, "connections-per-address", edge.ShareOfAddress, "of them, how many one address (or IPv6 /64) may have; raise it where a proxy stands before all clients")
	flags.BoolVar(&f.DMSRoles, "dms-roles", false, "make dms-vpc-role, dms-cloudwatch-logs-role and dms-access-for-endpoint, if they are not there")
	flags.StringSliceVar(&f.ServiceControl, "service-control-policy", nil, "`files` with policies that bind everyone; each must allow")
	flags.StringVar(&f.SQLiteDir, "sqlite-dir", "", "`folder` whose SQLite files endpoints of engine sqlite may name; none by default")
	flags.StringVar(&f.Buckets.Endpoint, "s3-endpoint", "", "base `URL` of the store of S3 and Redshift endpoints, where it is not AWS's; its keys are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment")
	flags.StringVar(&f.Buckets.Region, "s3-region", "", "`region` of the store of S3 and Redshift endpoints; us-east-1 by default")
	flags.StringVar(&f.RedshiftClusters, "redshift-clusters", "", "JSON `file` of the Redshift clusters that the redshift API tells of; none by default")
	flags.Int64Var(&f.AuditBytes, "audit-file-size", 64<<20, "`bytes` of an audit file before it is rotated")
	flags.IntVar(&f.AuditFiles, "audit-files", 100, "rotated audit files that are kept")
	flags.IntVar(&f.AuditDays, "audit-days", 90, "`days` that audit records are kept, if the files are enough for them; 0: as long as they are")
	flags.Int64Var(&f.MetricsBytes, "metrics-size", 1<<30, "`bytes` that metrics may take; the oldest go first")
	flags.Int64Var(&f.LogsBytes, "logs-size", 2<<30, "`bytes` that logs may take; the oldest events go first")
	flags.StringArrayVar(&f.Quotas, "quota", nil, "`NAME=N`: another quota than AWS's, such as ReplicationTasks=1000; may stand several times")
	flags.StringArrayVar(&f.EventWebhooks, "event-webhook", nil, "`ARN=URL`: where events for a topic go, over https; may stand several times")
	flags.StringVar(&f.EventSecretFile, "event-secret-file", "", "`file` with the secret that signs them, unless WHIMBREL_EVENT_SECRET holds it")
	flags.StringVar(&f.EventCA, "event-webhook-ca", "", "PEM `file` of an authority of the webhooks' certificates, beside the system's")
	flags.StringVar(&f.BucketsDir, "buckets-dir", "", "`folder` whose folders are the buckets for results of assessments; those of --s3-endpoint, else DATA-DIR/buckets by default")
	flags.StringVar(&f.OTLPEndpoint, "otlp-endpoint", "", "`URL` of the OpenTelemetry collector that traces go to, instead of OTEL_EXPORTER_OTLP_ENDPOINT; none by default")
	flags.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	return cmd
}

// bindState binds the flags that say where the state lies.
func (f *serveFlags) bindState(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.DataDir, "data-dir", "whimbrel-data", "the `folder` that holds the state")
	flags.StringSliceVar(&f.etcdEndpoints, "etcd-endpoints", nil, "`URLs` of an etcd to keep the state in, instead of the embedded one")
	flags.StringVar(&f.etcdCA, "etcd-ca", "", "PEM `file` of the authority of etcd's certificates")
	flags.StringVar(&f.etcdCert, "etcd-cert", "", "PEM `file` of our certificate for etcd")
	flags.StringVar(&f.etcdKey, "etcd-key", "", "PEM `file` of its key")
	flags.StringVar(&f.etcdUser, "etcd-user", "", "`user` of etcd; its password is read from WHIMBREL_ETCD_PASSWORD")
	flags.StringVar(&f.etcdPrefix, "etcd-prefix", "whimbrel/", "the `beginning` of all our keys in etcd")
}

// complete makes a server's configuration of the flags.
func (f *serveFlags) complete(log io.Writer) error {
	var level slog.Level
	if f.logLevel != "" {
		if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
			return usageError{fmt.Errorf("--log-level %q: want debug, info, warn or error", f.logLevel)}
		}
	}
	f.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level}))
	f.Buckets.KeyID, f.Buckets.Key = os.Getenv("AWS_ACCESS_KEY_ID"), secret.Of(os.Getenv("AWS_SECRET_ACCESS_KEY"))
	if len(f.etcdEndpoints) == 0 {
		return f.checkEmbedded()
	}
	f.Etcd = &etcd.Config{Endpoints: f.etcdEndpoints, Username: f.etcdUser, Password: os.Getenv("WHIMBREL_ETCD_PASSWORD"), Prefix: f.etcdPrefix}
	if err := f.Etcd.Check(); err != nil {
		return usageError{fmt.Errorf("--etcd-endpoints: %w", err)}
	}
	secure := false
	for _, e := range f.etcdEndpoints {
		secure = secure || strings.HasPrefix(e, "https://")
	}
	if !secure {
		return nil
	}
	config, err := server.EtcdTLS(f.etcdCA, f.etcdCert, f.etcdKey)
	if err != nil {
		return usageError{err}
	}
	f.Etcd.TLS = config
	return nil
}

// checkEmbedded refuses what would be said of an etcd that is not named: the state would be another one than was meant.
func (f *serveFlags) checkEmbedded() error {
	for flag, value := range map[string]string{"etcd-ca": f.etcdCA, "etcd-cert": f.etcdCert, "etcd-key": f.etcdKey, "etcd-user": f.etcdUser} {
		if value != "" {
			return usageError{fmt.Errorf("--%s %q: goes with --etcd-endpoints, the addresses of the etcd that it is for", flag, value)}
		}
	}
	return nil
}

func serve(cmd *cobra.Command, f *serveFlags) error {
	if err := f.Check(); err != nil { // here alone: the other commands that share the flags leave most of them empty
		return usageError{err}
	}
	if err := f.complete(cmd.ErrOrStderr()); err != nil {
		return err
	}
	ctx := cmd.Context()
	s, err := server.Start(ctx, f.Config)
	if err != nil {
		return err
	}
	printUse(cmd.OutOrStdout(), s.About())
	select {
	case <-ctx.Done():
		f.Log.Info("stopping: calls under way may end")
		return s.Stop(context.WithoutCancel(ctx)) // asked to stop: no failure
	case err := <-s.Failed():
		return err
	}
}

// printUse prints what to paste.
func printUse(out io.Writer, a server.About) {
	fmt.Fprintf(out, "whimbrel is ready at %s (account %s, region %s)\n", a.URL, a.Account, a.Region)
	for _, also := range a.Also {
		fmt.Fprintf(out, "also at https://%s\n", also)
	}
	if a.Admin != "" {
		fmt.Fprintf(out, "health and metrics at http://%s/metrics\n", a.Admin)
	}
	fmt.Fprint(out, "\nTo use it, paste into a shell:\n\n")
	fmt.Fprintf(out, "  export AWS_SHARED_CREDENTIALS_FILE=%s\n", filepath.Join(a.DataDir, "credentials"))
	fmt.Fprintf(out, "  export AWS_ENDPOINT_URL=%s AWS_DEFAULT_REGION=%s\n", a.URL, a.Region)
	option := ""
	if a.OwnAuthority {
		fmt.Fprintf(out, "  export AWS_CA_BUNDLE=%s\n", filepath.Join(a.DataDir, "ca.pem"))
		option = " --ca-bundle " + filepath.Join(a.DataDir, "ca.pem")
	}
	fmt.Fprint(out, "  aws sts get-caller-identity\n\n")
	fmt.Fprintf(out, "An aws command older than 2.13 or 1.29 does not know AWS_ENDPOINT_URL: aws --endpoint-url %s%s …\n\n", a.URL, option)
}
