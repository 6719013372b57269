package server

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/service/dms"
	"github.com/whimbreldb/whimbrel/internal/service/redshift"
)

// hostForm is a host's name, or the first part of a wildcard.
var hostForm = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// Check says what is wrong with a configuration that comes from the flags of serve, by their names; a zero value is no default
// here.
func (c *Config) Check() error {
	for _, check := range []func() error{c.checkAddresses, c.checkNames, c.checkNumbers, c.checkFolders, c.checkStores} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) checkAddresses() error {
	if err := checkAddress("listen", c.Listen); err != nil {
		return err
	}
	for _, a := range c.AlsoListen {
		if err := checkAddress("also-listen", a); err != nil {
			return err
		}
	}
	if c.AdminListen == "" {
		return nil
	}
	return checkAddress("admin-listen", c.AdminListen)
}

func checkAddress(flag, address string) error {
	host, port, err := net.SplitHostPort(address)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n > 65535 || strings.ContainsAny(host, " /@") {
		return fmt.Errorf("--%s: cannot listen on %s: want HOST:PORT or :PORT, such as 127.0.0.1:8443", flag, address)
	}
	return nil
}

func (c *Config) checkNames() error {
	for _, n := range []struct {
		flag, value, what, example string
		form                       *regexp.Regexp
	}{
		{"account", c.Account, "is not 12 digits", "123456789012", accountForm},
		{"region", c.Region, "does not look like one", "us-east-1", regionForm},
		{"partition", c.Partition, "does not look like one", "aws", partitionForm},
		{"s3-region", c.Buckets.Region, "does not look like one", "us-east-1", regionForm},
		{"dns-suffix", c.DNSSuffix, "is no end of a host's name", "amazonaws.com", hostForm},
	} {
		if n.value != "" && !n.form.MatchString(n.value) {
			return fmt.Errorf("--%s: %s %q %s; %s would be right", n.flag, n.flag, n.value, n.what, n.example)
		}
	}
	for _, name := range c.Names {
		if net.ParseIP(name) == nil && !hostForm.MatchString(name) {
			return fmt.Errorf("--name %q: want a host's name or an IP address, such as dms.example.com", name)
		}
	}
	if (c.TLSCertificate == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together: a certificate needs its key, and a key its certificate")
	}
	return nil
}

// leastRoom is the least that metrics and logs are given, so that a slip of the hand does not throw them away.
const leastRoom = 1 << 20

// mostDays is a century.
const mostDays = 36500

func (c *Config) checkNumbers() error {
	for _, n := range []struct {
		flag         string
		value, least int64
	}{
		{"metrics-size", c.MetricsBytes, leastRoom},
		{"logs-size", c.LogsBytes, leastRoom},
		{"audit-file-size", c.AuditBytes, 1},
		{"audit-files", int64(c.AuditFiles), 1},
		{"audit-days", int64(c.AuditDays), 0},
		{"connections", int64(c.Connections), 1},
		{"connections-per-address", int64(c.ConnectionsPerAddress), 1},
		{"throttle-burst", int64(c.Throttle.Burst), 1},
	} {
		if n.value < n.least {
			return fmt.Errorf("--%s %d: want a number from %d on", n.flag, n.value, n.least)
		}
	}
	if c.ConnectionsPerAddress > c.Connections {
		return fmt.Errorf("--connections-per-address %d: want at most --connections, %d", c.ConnectionsPerAddress, c.Connections)
	}
	if c.AuditDays > mostDays {
		return fmt.Errorf("--audit-days %d: want at most %d, or 0 for as long as there is room", c.AuditDays, mostDays)
	}
	if !(c.Throttle.Rate >= 0) { // not a number is neither
		return fmt.Errorf("--throttle-rate %g: want calls a second, or 0 for no limit", c.Throttle.Rate)
	}
	quotas, err := c.quotas()
	if err != nil {
		return fmt.Errorf("--quota: %w", err)
	}
	for name, n := range quotas {
		if !slices.Contains(dms.QuotaNames(), name) {
			return fmt.Errorf("--quota %s=%d: there is no quota %s; there are %s", name, n, name, strings.Join(dms.QuotaNames(), ", "))
		}
	}
	return nil
}

func (c *Config) checkFolders() error {
	for flag, dir := range map[string]string{"sqlite-dir": c.SQLiteDir, "buckets-dir": c.BucketsDir} {
		if dir == "" {
			continue
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("--%s %q: there is no such folder; make it first", flag, dir)
		}
	}
	return nil
}

func (c *Config) checkStores() error {
	if e := c.Buckets.Endpoint; e != "" {
		u, err := url.Parse(e)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			return errors.New("--s3-endpoint: want an http or https URL without a user, such as https://s3.example.com")
		}
	}
	if _, err := redshift.ReadClusters(c.RedshiftClusters); err != nil {
		return fmt.Errorf("--redshift-clusters: %w", err)
	}
	if err := c.traces(nil).Check(); err != nil {
		return err
	}
	n, err := c.notify(os.LookupEnv)
	if err != nil {
		return err
	}
	if err := n.Check(); err != nil {
		return fmt.Errorf("--event-webhook: %w", err)
	}
	return nil
}
