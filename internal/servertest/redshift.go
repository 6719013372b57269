package servertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Redshift stands in for a cluster of Amazon Redshift, which cannot be had for tests: it speaks PostgreSQL's protocol, carries COPY
// from a bucket out by itself, refuses what Redshift refuses as far as its documentation tells, and hands the rest to a PostgreSQL
// of the test's own.
type Redshift struct {
	// Bucket is the store that COPY reads.
	Bucket *Bucket
	// Role may be named in COPY … IAM_ROLE; another is not associated with the cluster.
	Role string
	// User and Password log in.
	User, Password string
	// Behind is the PostgreSQL database that holds the tables.
	Behind *Database

	port int
	mu   struct {
		sync.Mutex
		copies  []Copy
		sql     []string
		clients map[net.Conn]bool
		before  func(sql string) error
		pids    map[uint32]*pgconn.PgConn
		session uint32
	}
	store *s3.Client
}

// Copy is a COPY that was carried out.
type Copy struct {
	Table   string
	Options []string // the words behind FROM, without what opens the bucket
	Role    string   // of IAM_ROLE, if there was one
	Files   int
	Largest int64 // bytes of the largest file, before compression
	Rows    int64
}

// NewRedshift starts one, with an empty database and an empty bucket.
func NewRedshift(t testing.TB) *Redshift {
	t.Helper()
	r := &Redshift{Bucket: S3(t), Behind: PostgreSQL(t, PostgreSQL15), Role: "arn:aws:iam::111122223333:role/redshift-copy", User: "loader", Password: "Secret1word"}
	r.mu.clients, r.mu.pids = map[net.Conn]bool{}, map[uint32]*pgconn.PgConn{}
	r.store = s3.New(s3.Options{
		BaseEndpoint: aws.String(r.Bucket.Endpoint), Region: "us-east-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(r.Bucket.Key, r.Bucket.Secret, ""),
	})
	c, err := pgx.Connect(context.Background(), r.Behind.URL)
	if err == nil {
		_, err = c.Exec(context.Background(), redshiftObjects, pgx.QueryExecModeSimpleProtocol)
		_ = c.Close(context.Background())
	}
	if err != nil {
		t.Fatalf("prepare the database behind Redshift: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("start Redshift: %v", err)
	}
	r.port = l.Addr().(*net.TCPAddr).Port
	ctx, stop := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() { r.serve(ctx, l, &served) })
	t.Cleanup(func() {
		stop()
		_ = l.Close()
		r.Cut()
		served.Wait()
	})
	return r
}

// URL leads to the cluster. The store is in it, with the key that opens it.
func (r *Redshift) URL() string {
	return r.urlOf(r.User, r.Password, url.Values{"s3_key": {r.Bucket.Key}, "s3_secret": {r.Bucket.Secret}})
}

// PlainURL leads to the cluster as URL does, without the key of the store.
func (r *Redshift) PlainURL() string { return r.urlOf(r.User, r.Password, url.Values{}) }

// URLAs is URL for another user.
func (r *Redshift) URLAs(user, password string) string {
	return r.urlOf(user, password, url.Values{"s3_key": {r.Bucket.Key}, "s3_secret": {r.Bucket.Secret}})
}

func (r *Redshift) urlOf(user, password string, q url.Values) string {
	q.Set("sslmode", "disable")
	q.Set("s3_endpoint", r.Bucket.Endpoint)
	u := url.URL{Scheme: "redshift", User: url.UserPassword(user, password), Host: fmt.Sprintf("127.0.0.1:%d", r.port), Path: "/" + r.Behind.Name, RawQuery: q.Encode()}
	return u.String()
}

// Port is the port it listens on, on 127.0.0.1.
func (r *Redshift) Port() int { return r.port }

// Copies are the COPYs that were carried out, failed ones left out.
func (r *Redshift) Copies() []Copy {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.mu.copies)
}

// Statements are those that were run, in the order of their arrival; COPY is not among them.
func (r *Redshift) Statements() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.mu.sql)
}

// Before has a function look at every statement before it is carried out; an error of it is the answer.
func (r *Redshift) Before(f func(sql string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.before = f
}

// ChangePassword gives the user another password. Sessions that have begun go on.
func (r *Redshift) ChangePassword(password string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Password = password
}

func (r *Redshift) knows(user, password string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return user == r.User && password == r.Password
}

// Cut ends all connections.
func (r *Redshift) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.mu.clients {
		_ = c.Close()
	}
}

func (r *Redshift) serve(ctx context.Context, l net.Listener, served *sync.WaitGroup) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.mu.clients[c] = true
		r.mu.Unlock()
		served.Go(func() {
			defer func() {
				_ = c.Close()
				r.mu.Lock()
				delete(r.mu.clients, c)
				r.mu.Unlock()
			}()
			newRedshiftSession(r, c).run(ctx)
		})
	}
}

// behind opens a connection to the database.
func (r *Redshift) behind(ctx context.Context) (*pgconn.PgConn, error) {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	c, err := pgconn.Connect(ctx, r.Behind.URL)
	if err != nil {
		return nil, err
	}
	// A backslash begins an escape, as in the PostgreSQL that Redshift comes from.
	_, err = c.Exec(ctx, "SET standard_conforming_strings = off; SET escape_string_warning = off; SET search_path = rs, pg_catalog, public; SET timezone = 'UTC'").ReadAll()
	if err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	return c, nil
}

// redshiftObjects are what Redshift has and PostgreSQL has not: SUPER, its functions, keys that are only told of, and the table of
// errors of COPY.
const redshiftObjects = `CREATE SCHEMA rs;
CREATE DOMAIN rs.super AS jsonb;
CREATE FUNCTION rs.json_parse(text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS 'BEGIN
 IF octet_length($1) > 65535 THEN RAISE string_data_right_truncation USING MESSAGE = ''value too long for type character varying(65535)''; END IF;
 RETURN $1::jsonb; END';
CREATE FUNCTION rs.json_serialize(jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';
CREATE TABLE rs.pg_constraint (conname name, contype "char", conrelid oid, conkey smallint[]);
CREATE TABLE rs.stl_load_errors (query integer, session integer, starttime timestamp DEFAULT clock_timestamp(), filename char(256), line_number bigint,
 colname char(127), type char(10), raw_field_value char(1024), err_code integer, err_reason char(100))`
