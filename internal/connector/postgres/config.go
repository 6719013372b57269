package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

const (
	connectTimeout = 15 * time.Second
	// cancelGrace is how long a cancelled statement may take to end before its connection is cut.
	cancelGrace = time.Second
)

// parseConfig reads a postgres:// URL the way libpq does: missing parts come from the PG* variables, the service
// file and the password file. sslmode=none is another name for disable.
func parseConfig(raw string, getenv func(string) string) (*pgx.ConnConfig, error) {
	cleaned, secret, err := cleanURL(raw)
	if err != nil {
		return nil, invalidURL(raw, err)
	}
	complete, err := withEnvironment(cleaned, getenv)
	if err != nil {
		return nil, invalidURL(raw, err)
	}
	cfg, err := pgx.ParseConfig(complete)
	if err != nil {
		return nil, invalidURL(raw, errors.New(scrub(reasonOf(err), secret)))
	}
	maps.DeleteFunc(cfg.RuntimeParams, func(_, value string) bool { return value == "" })
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "whimbrel"
	}
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	cfg.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelGrace}
	}
	return cfg, nil
}

// dialThrough has every connection, also those that cancel statements, asked for at control.
func dialThrough(cfg *pgx.ConnConfig, control func(network, address string, c syscall.RawConn) error) {
	dialer := &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}, Control: control,
	}
	cfg.DialFunc = dialer.DialContext
}

// cleanURL translates what is ours alone in the URL and returns its password beside it.
func cleanURL(raw string) (cleaned, secret string, err error) {
	if ambiguous(raw) {
		return "", "", errors.New("the user or the password has an @ in it that stands for itself; write it as %40")
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The text of a url.Error quotes the URL with its password.
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		if strings.ContainsAny(passwordIn(raw), "/?#") { // what net/url takes for a port, and quotes, is a piece of the password
			return "", "", errors.New("a character of the password ends it early; write / as %2F, ? as %3F, # as %23")
		}
		if strings.Contains(raw, ",") { // several hosts with ports are libpq's own form, which net/url does not know
			return raw, passwordIn(raw), nil
		}
		return "", "", errors.New(scrub(err.Error(), passwordIn(raw)))
	}
	q := u.Query()
	secret, _ = u.User.Password()
	if secret == "" {
		secret = q.Get("password")
	}
	if q.Get("sslmode") == "none" {
		q.Set("sslmode", "disable")
		u.RawQuery = q.Encode()
		return u.String(), secret, nil
	}
	return raw, secret, nil
}

// ambiguous reports that the part with the host has more than one @. pgx, as libpq does, takes the first for the end of the password, and
// what comes then, more of the password, for the name of a host, which it asks the resolver for and tells in its errors.
func ambiguous(raw string) bool {
	_, rest, found := strings.Cut(raw, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return found && strings.Count(rest, "@") > 1
}

// passwordIn cuts the password out of a URL that net/url cannot read.
func passwordIn(raw string) string {
	_, rest, _ := strings.Cut(raw, "://")
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return ""
	}
	_, password, _ := strings.Cut(rest[:at], ":")
	return password
}

func scrub(text, secret string) string {
	if secret == "" {
		return text
	}
	text = strings.ReplaceAll(text, secret, "xxxxx")
	return strings.ReplaceAll(text, url.QueryEscape(secret), "xxxxx")
}

// reasonOf drops the copy of the connection string from pgconn's message.
func reasonOf(err error) string {
	text := err.Error()
	if _, reason, ok := strings.Cut(text, "`: "); ok {
		return reason
	}
	return text
}

func invalidURL(raw string, err error) error {
	return &connector.Error{
		Class: connector.Invalid, Err: fmt.Errorf("read the URL %s: %w", connector.Redact(raw), err),
		Remedy: "write it as postgres://user@host:5432/database?sslmode=verify-full",
	}
}

// identity names the database without secrets.
func identity(cfg *pgx.ConnConfig) string {
	host := cfg.Host
	if strings.HasPrefix(host, "/") {
		return fmt.Sprintf("postgres://%s/%s", url.PathEscape(host), cfg.Database)
	}
	return fmt.Sprintf("postgres://%s/%s", net.JoinHostPort(host, fmt.Sprint(cfg.Port)), cfg.Database)
}

// The settings of our sessions. A server that does not know one of them is left as it is: see settleSQL.
var (
	commonSettings = [][2]string{
		{"statement_timeout", "0"},
		{"lock_timeout", "0"},
		{"idle_in_transaction_session_timeout", "0"},
		{"idle_session_timeout", "0"},
		{"transaction_timeout", "0"},
		{"DateStyle", "ISO, YMD"},
		{"IntervalStyle", "postgres"},
		{"TimeZone", "UTC"},
		{"extra_float_digits", "3"},
		{"bytea_output", "hex"},
		{"xmloption", "content"},
		{"standard_conforming_strings", "on"},
		{"client_min_messages", "warning"},
	}
	// A policy that would hide rows must fail the read, not thin it out.
	readSettings = [][2]string{{"row_security", "off"}, {"jit", "off"}} // digests are done before they would be compiled
	loadSettings = [][2]string{
		{"synchronous_commit", "off"}, // the journal's Close makes it all durable
		{"check_function_bodies", "off"},
	}
)

// settleSQL applies settings in one round trip, skipping those the server lacks. It asks for each by its name: pg_settings makes a row of
// every setting that there is, at each connection.
func settleSQL(settings ...[][2]string) string {
	var b strings.Builder
	b.WriteString("SELECT pg_catalog.set_config(name, value, false) FROM (VALUES ")
	first := true
	for _, list := range settings {
		for _, s := range list {
			if !first {
				b.WriteByte(',')
			}
			first = false
			fmt.Fprintf(&b, "('%s','%s')", s[0], s[1])
		}
	}
	b.WriteString(") AS v(name, value) WHERE pg_catalog.current_setting(name, true) IS NOT NULL")
	return b.String()
}

// openConn opens an ordinary connection.
func openConn(ctx context.Context, cfg *pgx.ConnConfig) (*pgx.Conn, error) {
	c, err := pgx.ConnectConfig(ctx, cfg.Copy())
	if err != nil {
		return nil, classify(ctx, "connect to "+identity(cfg), holder{user: cfg.User}.explain(err))
	}
	if _, err := c.Exec(ctx, settleSQL(commonSettings), pgx.QueryExecModeSimpleProtocol); err != nil {
		_ = c.Close(context.WithoutCancel(ctx))
		return nil, classify(ctx, "prepare the session", err)
	}
	return c, nil
}
