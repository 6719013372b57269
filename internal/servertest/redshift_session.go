package servertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// redshiftSession is one connection of a client.
type redshiftSession struct {
	r  *Redshift
	be *pgproto3.Backend
	nc net.Conn
	pg *pgconn.PgConn
	// caseSensitive is enable_case_sensitive_identifier.
	caseSensitive bool
	lastCopy      int   // pg_last_copy_id()
	lastCount     int64 // pg_last_copy_count()
}

func newRedshiftSession(r *Redshift, c net.Conn) *redshiftSession {
	return &redshiftSession{r: r, nc: c, be: pgproto3.NewBackend(c, c)}
}

// refusal is an error of the server.
type refusal struct{ code, message string }

func (e *refusal) Error() string { return e.message }

func refuse(code, format string, args ...any) error {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) error {
	return refuse("0A000", "Redshift: "+format+" is not supported", args...)
}

func (s *redshiftSession) run(ctx context.Context) {
	if !s.login(ctx) {
		return
	}
	defer func() {
		s.r.mu.Lock()
		delete(s.r.mu.pids, s.pg.PID())
		s.r.mu.Unlock()
		_ = s.pg.Close(context.Background())
	}()
	for {
		m, err := s.be.Receive()
		if err != nil {
			return
		}
		switch m := m.(type) {
		case *pgproto3.Query:
			s.query(ctx, m.String)
		case *pgproto3.Terminate:
			return
		default:
			s.fail(unsupported("message %T", m))
		}
		s.be.Send(&pgproto3.ReadyForQuery{TxStatus: s.pg.TxStatus()})
		if s.be.Flush() != nil {
			return
		}
	}
}

// login lets the one user in.
func (s *redshiftSession) login(ctx context.Context) bool {
	m, err := s.be.ReceiveStartupMessage()
	if _, ok := m.(*pgproto3.SSLRequest); ok && err == nil {
		if _, err = s.nc.Write([]byte{'N'}); err == nil {
			m, err = s.be.ReceiveStartupMessage()
		}
	}
	if err != nil {
		return false
	}
	start, ok := m.(*pgproto3.StartupMessage)
	if !ok {
		if c, ok := m.(*pgproto3.CancelRequest); ok {
			s.cancel(ctx, c.ProcessID)
		}
		return false
	}
	s.be.Send(&pgproto3.AuthenticationCleartextPassword{})
	if s.be.Flush() != nil || s.be.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
		return false
	}
	m, err = s.be.Receive()
	if err != nil {
		return false
	}
	p, ok := m.(*pgproto3.PasswordMessage)
	user, database := start.Parameters["user"], start.Parameters["database"]
	switch {
	case !ok || !s.r.knows(user, p.Password):
		err = refuse("28000", "password authentication failed for user %q", user)
	case database != s.r.Behind.Name:
		err = refuse("3D000", "database %q does not exist", database)
	default:
		s.pg, err = s.r.behind(ctx)
	}
	if err != nil {
		s.fail(err)
		_ = s.be.Flush()
		return false
	}
	s.r.mu.Lock()
	s.r.mu.pids[s.pg.PID()] = s.pg
	s.r.mu.Unlock()
	s.be.Send(&pgproto3.AuthenticationOk{})
	for name, value := range map[string]string{"server_version": "8.0.2", "client_encoding": "UTF8", "server_encoding": "UNICODE", "standard_conforming_strings": "on", "DateStyle": "ISO, MDY"} {
		s.be.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	s.be.Send(&pgproto3.BackendKeyData{ProcessID: s.pg.PID(), SecretKey: []byte{1, 2, 3, 4}})
	s.be.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	return s.be.Flush() == nil
}

func (s *redshiftSession) cancel(ctx context.Context, pid uint32) {
	s.r.mu.Lock()
	pg := s.r.mu.pids[pid]
	s.r.mu.Unlock()
	if pg != nil {
		_ = pg.CancelRequest(ctx)
	}
}

func (s *redshiftSession) fail(err error) {
	out := &pgproto3.ErrorResponse{Severity: "ERROR", Code: "XX000", Message: err.Error()}
	var ours *refusal
	var theirs *pgconn.PgError
	switch {
	case errors.As(err, &ours):
		out.Code = ours.code
	case errors.As(err, &theirs):
		out.Code, out.Message, out.Detail = theirs.Code, theirs.Message, theirs.Detail
		if strings.HasPrefix(theirs.ConstraintName, lengthCheck) {
			out.Code, out.Message, out.Detail = "22001", "value too long for type character varying", ""
		}
	}
	s.be.Send(out)
}

// query carries out the statements of one message, until one fails.
func (s *redshiftSession) query(ctx context.Context, text string) {
	statements, err := redshiftStatements(text)
	if err != nil {
		s.fail(err)
		return
	}
	if len(statements) == 0 {
		s.be.Send(&pgproto3.EmptyQueryResponse{})
		return
	}
	for _, st := range statements {
		if err := s.statement(ctx, st); err != nil {
			s.abort(ctx)
			s.fail(err)
			return
		}
	}
}

// abort makes a transaction fail that the database behind does not know to have failed.
func (s *redshiftSession) abort(ctx context.Context) {
	if s.pg.TxStatus() == 'T' {
		_, _ = s.pg.Exec(ctx, "SELECT 1/0").ReadAll()
	}
}

func (s *redshiftSession) statement(ctx context.Context, st tokens) error {
	sql := st.String()
	isCopy := st.at(0, "copy")
	s.r.mu.Lock()
	if !isCopy {
		s.r.mu.sql = append(s.r.mu.sql, sql)
	}
	before := s.r.mu.before
	s.r.mu.Unlock()
	if before != nil {
		if err := before(sql); err != nil {
			return err
		}
	}
	if isCopy {
		return s.copy(ctx, st)
	}
	if st.at(0, "set") && st.at(1, "enable_case_sensitive_identifier") {
		s.caseSensitive = st[len(st)-1].is("true", "on")
		s.be.Send(&pgproto3.CommandComplete{CommandTag: []byte("SET")})
		return nil
	}
	if st.at(0, "set") && st.at(1, "query_group") {
		s.be.Send(&pgproto3.CommandComplete{CommandTag: []byte("SET")})
		return nil
	}
	translated, after, err := s.translate(st)
	if err != nil {
		return err
	}
	if err := s.forward(ctx, translated); err != nil {
		return err
	}
	for _, sql := range after {
		if _, err := s.pg.Exec(ctx, sql).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

// forward has the database behind carry out a statement, and passes its answer on.
func (s *redshiftSession) forward(ctx context.Context, sql string) error {
	many := s.pg.Exec(ctx, sql)
	for many.NextResult() {
		r := many.ResultReader()
		if fields := r.FieldDescriptions(); len(fields) > 0 {
			out := &pgproto3.RowDescription{}
			for _, f := range fields {
				out.Fields = append(out.Fields, pgproto3.FieldDescription{Name: []byte(f.Name), DataTypeOID: f.DataTypeOID, DataTypeSize: f.DataTypeSize, TypeModifier: f.TypeModifier})
			}
			s.be.Send(out)
		}
		for r.NextRow() {
			s.be.Send(&pgproto3.DataRow{Values: r.Values()})
		}
		tag, err := r.Close()
		if err != nil {
			_ = many.Close()
			return err
		}
		s.be.Send(&pgproto3.CommandComplete{CommandTag: []byte(tag.String())})
	}
	return many.Close()
}
