package mysql

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// host is a reachable server: a small pool for questions and DDL, and a way to open sessions that move rows.
type host struct {
	cfg     *config
	tls     *tls.Config // nil for none
	control *sql.DB
	version string
	mariadb bool
	log     *slog.Logger
}

// connect logs in once to learn what the server is, and opens the control pool.
func connect(ctx context.Context, c connector.Config, sqlMode string, ends settings) (*host, error) {
	cfg, err := parseConfig(c)
	if err != nil {
		return nil, err
	}
	cfg.scripts = ends.scripts
	if ends.timeout > 0 {
		cfg.timeout = ends.timeout
	}
	s := &host{cfg: cfg, log: c.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.greet(ctx); err != nil {
		return nil, err
	}
	pool, err := mysql.NewConnector(s.controlConfig(sqlMode))
	if err != nil {
		return nil, fmt.Errorf("set up the control connection: %w", err)
	}
	s.control = sql.OpenDB(pool)
	s.control.SetMaxIdleConns(4)
	s.control.SetConnMaxIdleTime(time.Minute)
	return s, nil
}

// greet opens a first connection, settles on TLS or not, and reads the version.
func (s *host) greet(ctx context.Context) error {
	var err error
	if s.tls, err = s.cfg.tls.build(s.cfg.host); err != nil {
		return err
	}
	if s.cfg.tls.mode == tlsPrefer && s.isLocal() {
		s.tls = nil
	}
	c, err := s.dial(ctx)
	if err != nil && s.cfg.tls.mode == tlsPrefer && s.tls != nil && withoutTLS(err) {
		s.tls = nil
		c, err = s.dial(ctx)
	}
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	s.version = strings.TrimPrefix(c.Version(), "5.5.5-")
	s.mariadb = strings.Contains(strings.ToLower(s.version), "mariadb")
	return nil
}

// isLocal reports whether nothing leaves the machine, so that preferring TLS protects nothing.
func (s *host) isLocal() bool {
	if s.cfg.socket != "" || s.cfg.host == "localhost" {
		return true
	}
	ip := net.ParseIP(s.cfg.host)
	return ip != nil && ip.IsLoopback()
}

// withoutTLS recognizes the library's refusal to go on with a server that offers no TLS.
func withoutTLS(err error) bool {
	return strings.Contains(err.Error(), "does not support TLS") || strings.Contains(err.Error(), "does not support SSL")
}

func (s *host) dial(ctx context.Context) (*wire.Conn, error) { return s.dialWith(ctx, wire.Options{}) }

// dialWith connects with what o asks for beside the address and the login.
func (s *host) dialWith(ctx context.Context, o wire.Options) (*wire.Conn, error) {
	o.Network, o.Address, o.User, o.Password = s.cfg.network(), s.cfg.address(), s.cfg.user, s.cfg.password
	o.Database, o.TLS, o.Timeout = s.cfg.database, s.tls, s.cfg.timeout
	o.Dial = s.cfg.traffic.Through((&net.Dialer{Timeout: s.cfg.timeout, Control: s.cfg.control}).DialContext)
	c, err := wire.Dial(ctx, o)
	if err != nil {
		return nil, classify(ctx, err)
	}
	return c, nil
}

func (s *host) controlConfig(sqlMode string) *mysql.Config {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr, c.DBName = s.cfg.user, s.cfg.password, s.cfg.network(), s.cfg.address(), s.cfg.database
	c.Timeout, c.TLS = s.cfg.timeout, s.tls
	c.DialFunc = s.cfg.traffic.Through((&net.Dialer{Timeout: s.cfg.timeout, Control: s.cfg.control}).DialContext)
	c.Logger = &mysql.NopLogger{}
	c.Collation = "utf8mb4_general_ci"
	c.Params = map[string]string{
		"time_zone": "'+00:00'", "sql_mode": "'" + sqlMode + "'", s.statementTimeout(): "0",
	}
	return c
}

// statementTimeout is the variable that ends long statements.
func (s *host) statementTimeout() string {
	if s.mariadb {
		return "max_statement_time"
	}
	return "max_execution_time"
}

// session opens a connection that moves rows and sets its variables.
func (s *host) session(ctx context.Context, settings string) (*link, error) {
	return s.sessionOver(ctx, settings, wire.Options{})
}

func (s *host) sessionOver(ctx context.Context, settings string, o wire.Options) (*link, error) {
	c, err := s.dialWith(ctx, o)
	if err != nil {
		return nil, err
	}
	se := &link{server: s, conn: c}
	settings = "SET NAMES utf8mb4, time_zone='+00:00', wait_timeout=2147483, net_write_timeout=86400, net_read_timeout=86400, " +
		s.statementTimeout() + "=0, " + settings
	if s.mariadb {
		settings += ", idle_transaction_timeout=0"
	}
	if _, err := se.exec(ctx, settings); err != nil {
		se.close()
		return nil, fmt.Errorf("set up the session: %w", err)
	}
	for _, script := range s.cfg.scripts {
		if _, err := se.exec(ctx, script); err != nil {
			se.close()
			return nil, fmt.Errorf("run the setting AfterConnectScript: %w", err)
		}
	}
	return se, nil
}

func (s *host) close() error { return s.control.Close() }

// kill ends what the session runs. It takes a connection of its own and does not take long.
func (s *host) kill(what string, id uint32) {
	ctx, cancel := context.WithTimeout(context.Background(), killTime)
	defer cancel()
	if _, err := s.control.ExecContext(ctx, fmt.Sprintf("%s %d", what, id)); err != nil {
		s.log.Debug("kill a statement", "error", err)
	}
}

// killTime is how long a stop waits for the server before it drops the connection.
const killTime = 1200 * time.Millisecond

// link is one connection that moves rows.
type link struct {
	server *host
	conn   *wire.Conn
	broken bool
}

func (se *link) close() { _ = se.conn.Close() }

// guard runs f, which uses the session, and stops it when the context ends: first by asking the server to end the
// statement, which leaves the session usable, then by cutting the connection.
func (se *link) guard(ctx context.Context, f func() error) error {
	if err := context.Cause(ctx); err != nil {
		return &stopped{cause: err, err: err}
	}
	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(killed)
		last := time.AfterFunc(killTime, se.conn.Break)
		defer last.Stop()
		se.server.kill("KILL QUERY", se.conn.ID())
	})
	err := f()
	if !stop() {
		<-killed
		se.settle()
	}
	if isBroken(err) {
		se.broken = true
	}
	return classify(ctx, err)
}

// settle takes in a kill that came after the statement had ended.
func (se *link) settle() {
	if se.broken {
		return
	}
	var refused *wire.ServerError
	if _, err := se.conn.Exec("DO 0"); err != nil && !errors.As(err, &refused) {
		se.broken = true
	}
}

// exec runs a statement.
func (se *link) exec(ctx context.Context, sql string) (wire.Result, error) {
	var r wire.Result
	err := se.guard(ctx, func() (err error) {
		r, err = se.conn.Exec(sql)
		return err
	})
	return r, err
}

// execBytes is exec for a statement that is not copied into a string.
func (se *link) execBytes(ctx context.Context, sql []byte) (wire.Result, error) {
	var r wire.Result
	err := se.guard(ctx, func() (err error) {
		r, err = se.conn.ExecBytes(sql)
		return err
	})
	return r, err
}

// query runs a statement with a small result and returns its first rows as text; NULL is "".
func (se *link) query(ctx context.Context, sql string) ([][]string, error) {
	var out [][]string
	err := se.guard(ctx, func() error {
		rows, err := se.conn.Query(sql)
		if err != nil {
			return err
		}
		out, err = collect(rows)
		return err
	})
	return out, err
}

// collect copies a small result.
func collect(rows *wire.Rows) ([][]string, error) {
	var out [][]string
	for {
		row, large, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if large != nil {
			return nil, errors.Join(errUnexpectedRow, rows.Drain())
		}
		values := make([]string, 0, rows.Columns())
		for len(row) > 0 {
			cell, rest, _, ok := wire.Cell(row)
			if !ok {
				return nil, errUnexpectedRow
			}
			values, row = append(values, string(cell)), rest
		}
		out = append(out, values)
	}
}

// errUnexpectedRow says that a row is not what its query asked for.
var errUnexpectedRow = errors.New("unexpected row from the server")
