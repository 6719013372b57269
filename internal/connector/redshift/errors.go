package redshift

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	errNoKeys   = errors.New("there are no keys for the bucket through which COPY is given its rows")
	errEnded    = errors.New("the load has ended")
	errOver     = errors.New("the session is over")
	errInside   = errors.New("a transaction is open")
	errOutside  = errors.New("no transaction has begun")
	errFailed   = errors.New("the transaction has failed and can only be rolled back")
	errNoMarker = errors.New("there is no savepoint")
)

// classify wraps an error with what was being done and gives it its class. A nil error stays nil.
func classify(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	}
	if connector.ClassOf(err) != connector.Unclassified {
		return fmt.Errorf("%s: %w", doing, err)
	}
	class, remedy := classOf(err)
	return &connector.Error{Class: class, Err: fmt.Errorf("%s: %w", doing, err), Remedy: remedy}
}

func classOf(err error) (connector.Class, string) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return classOfServer(pg)
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return connector.Missing, "check the host name"
	}
	var op *net.OpError
	var refused *pgconn.ConnectError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return connector.Lost, "check that the cluster runs, is reachable from here, and listens at this host and port"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &op), errors.Is(err, net.ErrClosed), errors.As(err, &refused),
		strings.Contains(err.Error(), "conn closed"):
		return connector.Lost, ""
	}
	return connector.Unclassified, ""
}

// classOfServer maps an answer of the server. Redshift gives most of its own errors the state XX000 and says the rest in words.
func classOfServer(pg *pgconn.PgError) (connector.Class, string) {
	switch pg.Code {
	case "28P01", "28000":
		return connector.Denied, "check the user and the password, and that the user may log in"
	case "42501":
		return connector.Denied, "grant the user the right named in the message"
	case "3D000":
		return connector.Missing, "check the database name"
	case "42P01", "3F000":
		return connector.Missing, ""
	case "42P07", "42P06", "42701", "42710":
		return connector.Present, ""
	case "40001", "40P01", "55P03":
		return connector.Busy, ""
	case "53100":
		return connector.Full, "make room in the cluster"
	case "53300":
		return connector.Busy, "lower the number of tables that are loaded at once"
	}
	switch {
	case strings.HasPrefix(pg.Code, "22"), strings.HasPrefix(pg.Code, "23"):
		return connector.Data, ""
	case strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "57P0"):
		return connector.Lost, ""
	}
	return classOfWords(pg)
}

// violation is how the error 1023 begins, of which the detail says that it is a violation of serializable isolation.
var violation = regexp.MustCompile(`^(error: *)?1023\b`)

var (
	// storeStatus finds the status that the bucket has answered the cluster with. The key, which may say anything, comes behind it.
	storeStatus = regexp.MustCompile(`^s3serviceexception:.*?,\s*status (\d{3})\b`)
	// storeAway is what a cluster says that has not reached the bucket.
	storeAway = regexp.MustCompile(`^s3curlexception\b|^s3 ?query exception connection failed`)
)

// storeBusy reports whether COPY says that the bucket asks to slow down, fails at the moment, or is not reached: another try may find it well.
func storeBusy(message string) bool {
	if m := storeStatus.FindStringSubmatch(message); m != nil {
		return m[1] == "429" || m[1][0] == '5'
	}
	return storeAway.MatchString(message)
}

// classOfWords reads the message. Details are not searched: they quote rows, and number queries and processes.
func classOfWords(pg *pgconn.PgError) (connector.Class, string) {
	message, detail := strings.ToLower(pg.Message), strings.ToLower(strings.TrimSpace(pg.Detail))
	switch {
	case violation.MatchString(message), strings.HasPrefix(detail, "serializable isolation violation"):
		return connector.Busy, ""
	case strings.Contains(message, "stl_load_errors"), strings.Contains(message, "spectrum scan error"):
		return connector.Data, ""
	case storeBusy(message):
		return connector.Busy, "lower MaxFullLoadSubTasks, so that fewer files are read at once, if the bucket goes on refusing the cluster"
	case strings.Contains(message, "not associated"), strings.Contains(message, "not authorized to assume"):
		return connector.Denied, "give the cluster the role of ServiceAccessRoleArn (ModifyClusterIamRoles), which must trust redshift.amazonaws.com"
	case strings.Contains(message, "s3serviceexception"), strings.Contains(message, "not authorized to"):
		return connector.Denied, "let the cluster's role, or the keys, list the bucket and get its objects"
	case strings.Contains(message, "disk full"):
		return connector.Full, "make room in the cluster"
	}
	return connector.Unclassified, ""
}
