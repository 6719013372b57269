package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"

	gomysql "github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-sql-driver/mysql"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// classes sorts the servers' error numbers. Source: MySQL 8.0 Error Message Reference and MariaDB's error codes page.
var classes = map[uint16]connector.Class{
	1021: connector.Full, 1041: connector.Full, 1114: connector.Full, 3675: connector.Full, 1118: connector.Unclassified,

	1022: connector.Data, 1048: connector.Data, 1062: connector.Data, 1138: connector.Data, 1216: connector.Data,
	1217: connector.Data, 1263: connector.Data, 1264: connector.Data, 1265: connector.Data, 1292: connector.Data,
	1300: connector.Data, 1364: connector.Data, 1365: connector.Data, 1366: connector.Data, 1367: connector.Data,
	1406: connector.Data, 1411: connector.Data, 1416: connector.Data, 1451: connector.Data, 1452: connector.Data,
	1525: connector.Data, 1526: connector.Data, 1586: connector.Data, 1690: connector.Data, 3140: connector.Data,
	3141: connector.Data, 3144: connector.Data, 3156: connector.Data, 3643: connector.Data, 3819: connector.Data,
	3988: connector.Data, 4025: connector.Data, 4038: connector.Data, 4079: connector.Data, packetTooLarge: connector.Data,

	1053: connector.Lost, 1077: connector.Lost, 1079: connector.Lost, 1080: connector.Lost, 1152: connector.Lost,
	1158: connector.Lost, 1159: connector.Lost, 1160: connector.Lost, 1161: connector.Lost, 1184: connector.Lost,
	1927: connector.Lost, 2002: connector.Lost, 2003: connector.Lost, 2006: connector.Lost, 2013: connector.Lost,
	4031: connector.Lost, 1412: connector.Lost,

	1040: connector.Busy, 1203: connector.Busy, 1205: connector.Busy, 1213: connector.Busy, 1226: connector.Busy,
	3058: connector.Busy, 1614: connector.Busy,

	1044: connector.Denied, 1045: connector.Denied, 1130: connector.Denied, 1131: connector.Denied, 1132: connector.Denied,
	1142: connector.Denied, 1143: connector.Denied, 1227: connector.Denied, 1370: connector.Denied, 1396: connector.Denied,
	1410: connector.Denied, 1698: connector.Denied, 1820: connector.Denied, 1862: connector.Denied, 3118: connector.Denied,
	4151: connector.Denied,

	1008: connector.Missing, 1049: connector.Missing, 1051: connector.Missing, 1054: connector.Missing,
	1007: connector.Present, 1050: connector.Present, 1304: connector.Present, 1359: connector.Present, 1537: connector.Present,
	1146: connector.Missing, 1305: connector.Missing, 1735: connector.Missing,
}

// remedies say what to do about some of them.
var remedies = map[uint16]string{
	1040:           "Raise max_connections on the server or lower the parallelism",
	1044:           "give rights on the database, for a source SELECT, for a target " + targetRights,
	1021:           "Make room on the server's disk",
	1045:           "Check user and password, which ALTER USER … IDENTIFIED BY '…' sets; the server may know the user for other hosts only",
	1114:           "Make room on the server's disk, or let the tablespace grow",
	1130:           "Create the user for this client's host on the server",
	1142:           "give this right on the table",
	1143:           "give this right on the table",
	packetTooLarge: "SET GLOBAL max_allowed_packet = 1073741824 on the server",
	1227:           "give the privilege that the server names ON *.*",
	1049:           "CREATE DATABASE it, or name another one",
	1203:           "Raise max_user_connections on the server, or lower the parallelism",
	1205:           "End the transaction that holds the lock (SHOW PROCESSLIST, KILL), or raise innodb_lock_wait_timeout and lock_wait_timeout",
	1213:           "Keep other programs from writing to the table meanwhile",
	1226:           "ALTER USER … WITH MAX_USER_CONNECTIONS 0 or another limit that the message names, or lower the parallelism",
	1290:           "Take the option away that the server names (SET GLOBAL read_only = OFF), or take the primary",
	1412:           "Keep DDL away from the source while it is read",
	3118:           "ALTER USER … ACCOUNT UNLOCK",
	4151:           "ALTER USER … ACCOUNT UNLOCK",
	3675:           "Make room on the server's disk",
	1698:           "Log in with a password: this account is for its operating system user on the server's own machine",
}

// noRoom is a full disk as "Can't create table" tells of it: by the system's number or the storage engine's (my_base.h, HA_ERR_RECORD_FILE_FULL).
var noRoom = regexp.MustCompile(`errno: (28|135)\b`)

// codeOf finds the server's error number in an error of any of the libraries.
func codeOf(err error) (uint16, bool) {
	var w *wire.ServerError
	if errors.As(err, &w) {
		return w.Code, true
	}
	var d *mysql.MySQLError
	if errors.As(err, &d) {
		return d.Number, true
	}
	var g *gomysql.MyError
	if errors.As(err, &g) {
		return g.Code, true
	}
	return 0, false
}

// classify gives an error its class. A context's end is told by the context's own cause.
func classify(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return &stopped{cause: context.Cause(ctx), err: err}
	}
	var known *connector.Error
	if errors.As(err, &known) {
		return err
	}
	if code, ok := codeOf(err); ok {
		if code == 1005 && noRoom.MatchString(err.Error()) {
			return &connector.Error{Class: connector.Full, Err: err, Remedy: remedies[1021]}
		}
		if c := classes[code]; c != connector.Unclassified {
			return &connector.Error{Class: c, Err: err, Remedy: remedies[code]}
		}
		if remedy := remedies[code]; remedy != "" {
			return &connector.Error{Err: err, Remedy: remedy}
		}
		return err
	}
	if errors.Is(err, wire.ErrClearPassword) {
		return &connector.Error{Class: connector.Denied, Err: err, Remedy: "Ask for TLS (ssl-mode=verify-full, SslMode of an endpoint), or give the account another plugin, such as caching_sha2_password"}
	}
	if remedy := unreached(err); remedy != "" {
		return &connector.Error{Class: connector.Lost, Err: err, Remedy: remedy}
	}
	if isBroken(err) {
		return &connector.Error{Class: connector.Lost, Err: err}
	}
	return err
}

// unreached says what to do where no connection came about; empty where that is not known.
func unreached(err error) string {
	var dns *net.DNSError
	var host x509.HostnameError
	var bad *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "Check the host name"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Check that the server runs and listens at this host and port"
	case errors.As(err, &host):
		return "Name the host as its certificate does, or ask for ssl-mode=verify-ca"
	case errors.As(err, &bad), errors.As(err, &unknown):
		return "Give the certificate of the authority that signed the server's: ssl-ca=FILE, CertificateArn of an endpoint"
	case strings.Contains(err.Error(), "does not support TLS"): // the drivers have no type for it
		return "Give the server a certificate (ssl_cert and ssl_key), or ask for no TLS: ssl-mode=none, SslMode none of an endpoint"
	}
	return ""
}

// packetTooLarge is ER_NET_PACKET_TOO_LARGE.
const packetTooLarge = 1153

// isBroken reports whether the connection itself has failed.
func isBroken(err error) bool {
	var n net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, gomysql.ErrBadConn) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, wire.ErrMalformed) || errors.Is(err, fs.ErrClosed) || errors.As(err, &n)
}

// stopped is an error that came because the context ended.
type stopped struct{ cause, err error }

func (s *stopped) Error() string   { return "stopped: " + s.cause.Error() }
func (s *stopped) Unwrap() []error { return []error{s.cause} }
