package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// errMalformed is what a stream that does not follow the protocol ends with.
var errMalformed = errors.New("the server sent bytes that are not PostgreSQL's protocol")

// classify wraps an error with what was being done and gives it its class. A nil error stays nil.
func classify(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	}
	var known *connector.Error
	if errors.As(err, &known) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	class, remedy := classOf(err)
	return &connector.Error{Class: class, Err: fmt.Errorf("%s: %w", doing, err), Remedy: remedy}
}

func classOf(err error) (connector.Class, string) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		class, remedy := classOfState(pg.Code)
		if better := remedyOf(pg); better != "" {
			remedy = better
		}
		return class, remedy
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return connector.Missing, "check the host name"
	}
	if remedy := untrusted(err); remedy != "" {
		return connector.Denied, remedy
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, os.ErrNotExist) {
		return connector.Lost, "check that the server runs and listens at this host and port"
	}
	var op *net.OpError
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, errMalformed) {
		return connector.Lost, ""
	}
	var ce *pgconn.ConnectError
	if errors.As(err, &ce) {
		if strings.Contains(err.Error(), "server refused TLS connection") { // pgconn has no type for it
			return connector.Denied, "set ssl = on at the server, or ask for no TLS: sslmode=disable, SslMode none of an endpoint"
		}
		return connector.Lost, ""
	}
	return connector.Unclassified, ""
}

// classOfState maps an SQLSTATE (PostgreSQL documentation, appendix A).
func classOfState(code string) (connector.Class, string) {
	switch code {
	case "28P01", "28000":
		return connector.Denied, "check the user and the password, which ALTER ROLE … PASSWORD '…' sets, and the server's pg_hba.conf"
	case insufficient:
		return connector.Denied, "give the right that the message names"
	case "3D000":
		return connector.Missing, "CREATE DATABASE it, or name another one"
	case "42P01", "3F000":
		return connector.Missing, ""
	case "42710", "42P07", "42723", "42P06":
		return connector.Present, ""
	case "40P01":
		return connector.Busy, "keep other programs from writing to the table meanwhile"
	case "40001", "55P03", "55006":
		return connector.Busy, ""
	case "25006": // no class: the primary may come back as one
		return connector.Unclassified, "take the primary, or ALTER ROLE or ALTER DATABASE … SET default_transaction_read_only = off"
	case "53300":
		return connector.Busy, "raise max_connections and restart the server, or ALTER ROLE … CONNECTION LIMIT -1 where the user's own limit is reached, or lower the parallelism"
	case "53100":
		return connector.Full, "make room on the server's disk"
	case "53200":
		return connector.Full, "the server is out of memory"
	case "22023": // invalid_parameter_value is about the request, not about a row
		return connector.Invalid, ""
	}
	switch {
	case strings.HasPrefix(code, "22"), strings.HasPrefix(code, "23"), code == "54000":
		return connector.Data, ""
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P0"):
		return connector.Lost, ""
	case strings.HasPrefix(code, "28"):
		return connector.Denied, ""
	case strings.HasPrefix(code, "53"):
		return connector.Full, ""
	}
	return connector.Unclassified, ""
}

// refusals are the messages of SQLSTATE 28000 that tell what is missing, with what gives it. Servers that speak another language get the remedy of
// the code (PostgreSQL, src/backend/libpq/auth.c, src/backend/utils/init/miscinit.c). Those of rights are in denied.go.
var refusals = []struct {
	form   *regexp.Regexp
	remedy string
}{
	{regexp.MustCompile(`^no pg_hba\.conf entry`), "add a line for this host, user and database to pg_hba.conf, then SELECT pg_reload_conf()"},
	{regexp.MustCompile(`^role (".+") is not permitted to log in`), "ALTER ROLE $1 LOGIN"},
}

// remedyOf reads from a refusal what it asks for; empty where it does not tell.
func remedyOf(pg *pgconn.PgError) string {
	if pg.Code != "28000" {
		return ""
	}
	for _, r := range refusals {
		if at := r.form.FindStringSubmatchIndex(pg.Message); at != nil {
			return string(r.form.ExpandString(nil, r.remedy, pg.Message, at))
		}
	}
	return ""
}

// untrusted says what to do about a certificate that was not believed; empty where it is none of that.
func untrusted(err error) string {
	var host x509.HostnameError
	if errors.As(err, &host) {
		return "name the host as its certificate does, or ask for sslmode=verify-ca"
	}
	var bad *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &bad) || errors.As(err, &unknown) {
		return "give the certificate of the authority that signed the server's: sslrootcert=FILE, CertificateArn of an endpoint"
	}
	return ""
}

func serverErrorIn(err error) *pgconn.PgError {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg
	}
	return nil
}
