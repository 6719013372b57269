package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
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
		return classOfState(pg.Code)
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return connector.Missing, "check the host name"
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
		return connector.Lost, ""
	}
	return connector.Unclassified, ""
}

// classOfState maps an SQLSTATE (PostgreSQL documentation, appendix A).
func classOfState(code string) (connector.Class, string) {
	switch code {
	case "28P01", "28000":
		return connector.Denied, "check the user, the password and the server's pg_hba.conf"
	case "42501":
		return connector.Denied, "grant the user the right named in the message"
	case "3D000":
		return connector.Missing, "check the database name"
	case "42P01", "3F000":
		return connector.Missing, ""
	case "42710", "42P07", "42723", "42P06":
		return connector.Present, ""
	case "40001", "40P01", "55P03", "55006":
		return connector.Busy, ""
	case "53300":
		return connector.Busy, "raise max_connections or lower the parallelism"
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

func serverErrorIn(err error) *pgconn.PgError {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg
	}
	return nil
}
