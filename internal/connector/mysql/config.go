package mysql

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// defaultPort is MySQL's and MariaDB's.
const defaultPort = "3306"

// parameters are the ones a URL may carry.
var parameters = []string{
	"ssl-mode", "tls", "ssl-ca", "ssl-cert", "ssl-key", "socket", "defaults-file", "connect-timeout",
}

// config says how to reach a server. It is made by parseConfig and not changed afterwards.
type config struct {
	scheme         string
	host, port     string
	socket         string
	user, password string
	database       string
	tls            tlsFiles
	timeout        time.Duration
	connections    int
	controlSchema  string
	control        func(network, address string, c syscall.RawConn) error
	traffic        *connector.Traffic
	scripts        []string // statements that every session runs that moves rows
}

// parseConfig reads the URL, then fills what it leaves open from the option file and the environment, in the order
// the servers' own clients follow: URL, option file, MYSQL_PWD.
func parseConfig(c connector.Config) (*config, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		// The parser's own error quotes the URL, password and all.
		return nil, invalid(fmt.Errorf("read the URL %s: not a URL", connector.Redact(c.URL)),
			"Percent-encode special characters of user and password")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, invalid(fmt.Errorf("read the parameters of %s: %w", connector.Redact(c.URL), err), "")
	}
	if err := checkParameters(q); err != nil {
		return nil, err
	}
	cfg := &config{
		scheme: strings.ToLower(u.Scheme), host: u.Hostname(), port: u.Port(), socket: q.Get("socket"),
		user: u.User.Username(), database: strings.TrimPrefix(u.Path, "/"), timeout: 10 * time.Second,
		connections: c.Connections, controlSchema: c.ControlSchema, control: c.Control, traffic: c.Traffic,
	}
	password, hasPassword := u.User.Password()
	cfg.password = password
	if err := cfg.applyOptionFile(q.Get("defaults-file"), c.Getenv, hasPassword); err != nil {
		return nil, err
	}
	if cfg.password == "" && !hasPassword && c.Getenv != nil {
		cfg.password = c.Getenv("MYSQL_PWD")
	}
	return cfg, cfg.finish(q, c.Getenv)
}

func checkParameters(q url.Values) error {
	for k := range q {
		if !slices.Contains(parameters, k) {
			return invalid(fmt.Errorf("unknown parameter %q in the URL", k), "Use one of "+strings.Join(parameters, ", "))
		}
	}
	return nil
}

// finish sets the defaults and checks what has been gathered.
func (c *config) finish(q url.Values, getenv func(string) string) error {
	if c.host == "" {
		c.host = "127.0.0.1"
	}
	if c.port == "" {
		c.port = defaultPort
	}
	if c.user == "" && getenv != nil {
		c.user = getenv("USER")
	}
	if c.user == "" {
		return invalid(errors.New("the URL names no user"), "Write mysql://USER:PASSWORD@HOST/DATABASE")
	}
	if t := q.Get("connect-timeout"); t != "" {
		d, err := time.ParseDuration(t)
		if err != nil {
			d, err = time.ParseDuration(t + "s")
		}
		if err != nil || d <= 0 {
			return invalid(fmt.Errorf("connect-timeout=%s is not a length of time", t), "Write it as 10s")
		}
		c.timeout = d
	}
	if c.controlSchema == "" {
		c.controlSchema = "awsdms_control"
	}
	return c.tls.merge(q)
}

// network and address are where to dial.
func (c *config) network() string {
	if c.socket != "" {
		return "unix"
	}
	return "tcp"
}

func (c *config) address() string {
	if c.socket != "" {
		return c.socket
	}
	return net.JoinHostPort(c.host, c.port)
}

// identity names the database without secrets and the same way in every run.
func (c *config) identity() string {
	if c.socket != "" {
		return c.scheme + "://" + c.socket + "/" + c.database
	}
	return c.scheme + "://" + c.address() + "/" + c.database
}

// String keeps the password out of logs.
func (c *config) String() string { return c.identity() }

func invalid(err error, remedy string) error {
	return &connector.Error{Class: connector.Invalid, Err: err, Remedy: remedy}
}
