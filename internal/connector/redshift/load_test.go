package redshift

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// bench is a cluster with a target on it.
type bench struct {
	*servertest.Redshift
	t *testing.T
}

func newBench(t *testing.T) *bench { return &bench{servertest.NewRedshift(t), t} }

func (b *bench) open(pairs ...string) *target {
	b.t.Helper()
	return b.openAt(b.URL(), pairs...)
}

func (b *bench) openAt(at string, pairs ...string) *target {
	b.t.Helper()
	target, err := b.try(at, pairs...)
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = target.Close() })
	return target
}

func (b *bench) try(at string, pairs ...string) (*target, error) {
	values := map[string]string{"BucketName": b.Bucket.Name, "BucketFolder": "stage"}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	out, err := Engine().OpenTarget(context.Background(), connector.Config{URL: at, Settings: values})
	if err != nil {
		return nil, err
	}
	return out.(*target), nil
}

// column reads the first column of a query of the database behind.
func (b *bench) column(query string) []string {
	b.t.Helper()
	out, err := servertest.Column(servertest.OpenDB(b.t, "pgx", b.Behind.URL+"&default_query_exec_mode=simple_protocol"), query, "NULL")
	require.NoError(b.t, err)
	return out
}

// objects are the files in the bucket.
func (b *bench) objects() (files []string) {
	b.t.Helper()
	require.NoError(b.t, filepath.WalkDir(b.Bucket.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	return files
}

func (b *bench) make(t *target, ddl string) { // of public.t
	b.t.Helper()
	require.NoError(b.t, t.Exec(b.t.Context(), []catalog.Statement{{SQL: "DROP TABLE IF EXISTS public.t"}, {SQL: "CREATE TABLE public.t (" + ddl + ")"}}))
}

// described is public.t as the target tells of it.
func (b *bench) described(t *target) *catalog.Table {
	b.t.Helper()
	n := catalog.Name{Schema: "public", Name: "t"}
	found, err := t.Describe(b.t.Context(), []catalog.Name{n})
	require.NoError(b.t, err)
	require.NotNil(b.t, found[n])
	return found[n].Table
}

// texts makes a batch of texts, "NULL" being one.
func texts(rows [][]string) *change.Batch {
	var b change.Batch
	layouts := make([]change.Layout, len(rows[0]))
	for i := range layouts {
		layouts[i] = change.Text
	}
	b.Reset(layouts)
	for _, r := range rows {
		for c, v := range r {
			if v == "NULL" {
				b.Columns[c].AppendNull()
			} else {
				b.Columns[c].AppendString(v)
			}
		}
		b.EndRow()
	}
	return &b
}

// loading is a load of rows into public.t.
type loading struct {
	careful bool
	mark    connector.Mark
	rejects []change.Reject
}

func (b *bench) load(t *target, l *loading, rows [][]string) error {
	b.t.Helper()
	table := b.described(t)
	r := connector.LoadRequest{Table: table, Mark: l.mark, Careful: l.careful, Reject: func(no change.Reject) error {
		l.rejects = append(l.rejects, no)
		return nil
	}}
	for _, c := range table.Columns {
		r.Columns = append(r.Columns, connector.LoadColumn{Column: c, Layout: change.Text})
	}
	loader, err := t.Load(b.t.Context(), r)
	if err != nil {
		return err
	}
	defer loader.Abort()
	if err := loader.Write(b.t.Context(), texts(rows)); err != nil {
		return err
	}
	return loader.Commit(b.t.Context(), connector.Counts{Rows: int64(len(rows) - len(l.rejects))})
}

func TestSettingsOfALoad(t *testing.T) {
	b := newBench(t)
	awkward := [][]string{{"1", "a,\"b\"\n\r\n'c' \\N \\"}, {"2", ""}, {"3", "NULL"}, {"4", "  é  "}, {"5", `"quoted"`}}
	whole := []string{"1:a,\"b\"\n\r\n'c' \\N \\", "2:", "3:NULL", "4:  é  ", `5:"quoted"`}
	for _, c := range []struct {
		set     []string
		want    []string
		option  string // that COPY was given; a - before it says that it was not
		rejects int
	}{
		{nil, whole, "COMPUPDATE OFF", 0},
		{[]string{"CompressCsvFiles", "false"}, whole, "-GZIP", 0},
		{[]string{"CompUpdate", "true"}, whole, "COMPUPDATE ON", 0},
		{[]string{"ExplicitIds", "true"}, whole, "EXPLICIT_IDS", 0},
		{[]string{"AcceptAnyDate", "true"}, whole, "ACCEPTANYDATE", 0},
		{[]string{"EmptyAsNull", "true"}, append(slices.Clone(whole[:1]), "2:NULL", "3:NULL", "4:  é  ", `5:"quoted"`), "GZIP", 0},
		{[]string{"TrimBlanks", "true"}, append(slices.Clone(whole[:3]), "4:  é", `5:"quoted"`), "GZIP", 0},
		{[]string{"RemoveQuotes", "true"}, append(slices.Clone(whole[:4]), "5:quoted"), "GZIP", 0},
		{[]string{"ReplaceInvalidChars", "é\\", "ReplaceChars", "_"}, append([]string{"1:a,\"b\"\n\r\n'c' _N _"}, "2:", "3:NULL", "4:  _  ", `5:"quoted"`), "GZIP", 0},
		{[]string{"WriteBufferSize", "1", "FileTransferUploadStreams", "1"}, whole, "GZIP", 0},
	} {
		target := b.open(c.set...)
		b.make(target, "id integer, v varchar(40)")
		l := &loading{}
		require.NoError(t, b.load(target, l, awkward), c.set)
		require.Equal(t, c.want, b.column("SELECT id || ':' || coalesce(v, 'NULL') FROM public.t ORDER BY id"), c.set)
		require.Len(t, l.rejects, c.rejects)
		last := b.Copies()[len(b.Copies())-1]
		if option, not := strings.CutPrefix(c.option, "-"); not {
			require.NotContains(t, last.Options, option)
		} else {
			require.Contains(t, last.Options, c.option)
		}
		require.Empty(t, last.Role, "COPY was given the keys")
		require.Empty(t, b.objects(), "staged files are left")
	}
}

func TestRolesKeysAndDates(t *testing.T) {
	b := newBench(t)
	target := b.open("ServiceAccessRoleArn", b.Role)
	b.make(target, "d date, at timestamp")
	l := &loading{}
	require.NoError(t, b.load(target, l, [][]string{{"2024-02-29", "2024-01-01 10:00:00.5"}, {"0000-00-00", "NULL"}}))
	require.Len(t, l.rejects, 1)
	require.Equal(t, "d", l.rejects[0].Column)
	require.Equal(t, b.Role, b.Copies()[0].Role)
	other := b.open("ServiceAccessRoleArn", "arn:aws:iam::111122223333:role/other")
	err := b.load(other, &loading{}, [][]string{{"2024-02-29", "NULL"}})
	require.Equal(t, connector.Denied, connector.ClassOf(err), err)
	require.ErrorContains(t, err, "not associated")
	require.NotContains(t, err.Error(), b.Bucket.Secret)
	lenient := b.open("AcceptAnyDate", "true")
	require.NoError(t, b.load(lenient, &loading{}, [][]string{{"0000-00-00", "no time"}}))
	require.Equal(t, []string{"2024-02-29", "NULL"}, b.column("SELECT d::text FROM public.t ORDER BY 1"))
	require.Empty(t, b.objects())
}

// TestFilesHaveTheirSize: a load goes in several files, none of them larger than MaxFileSize.
func TestFilesHaveTheirSize(t *testing.T) {
	b := newBench(t)
	target := b.open("MaxFileSize", "4", "CompressCsvFiles", "false")
	b.make(target, "id integer, v varchar(400)")
	var rows [][]string
	for i := range 500 {
		rows = append(rows, []string{fmt.Sprint(i), strings.Repeat("x", 90)})
	}
	require.NoError(t, b.load(target, &loading{}, rows))
	c := b.Copies()[0]
	require.EqualValues(t, 500, c.Rows)
	require.LessOrEqual(t, c.Largest, int64(4<<10))
	require.GreaterOrEqual(t, c.Files, 12)
	require.LessOrEqual(t, c.Files, 24)
	require.Equal(t, []string{"500"}, b.column("SELECT count(DISTINCT id) FROM public.t"))
}

// TestLargeFilesTravelInParts: one of more than a request takes is a multipart upload.
func TestLargeFilesTravelInParts(t *testing.T) {
	b := newBench(t)
	target := b.open("CompressCsvFiles", "false")
	b.make(target, "id integer, v varchar(65535)")
	var rows [][]string
	for i := range 200 {
		rows = append(rows, []string{fmt.Sprint(i), strings.Repeat("y", 60_000)})
	}
	require.NoError(t, b.load(target, &loading{}, rows))
	require.Equal(t, 1, b.Copies()[0].Files)
	require.Equal(t, []string{"12000000"}, b.column("SELECT sum(length(v)) FROM public.t"))
	require.Empty(t, b.objects())
}

// TestRefusedRowsAreFound: what only the server finds wrong fails a load with what stl_load_errors says; a careful one leaves out those rows.
func TestRefusedRowsAreFound(t *testing.T) {
	b := newBench(t)
	target := b.open()
	b.make(target, "id integer PRIMARY KEY, v varchar(10) NOT NULL, w varchar(20)")
	rows := [][]string{{"1", "one", "NULL"}, {"2", "NULL", "a"}, {"3", "three\n3", "\n"}, {"4", "NULL", "\n"}, {"5", "five", "x"}, {"6", "much too long", "NULL"}}
	l := &loading{}
	err := b.load(target, l, rows)
	require.Equal(t, connector.Data, connector.ClassOf(err), err)
	require.ErrorContains(t, err, "Missing data for not-null field")
	require.Len(t, l.rejects, 1, "what is too long is known before")
	require.Equal(t, []string{"0"}, b.column("SELECT count(*) FROM public.t"))

	l = &loading{careful: true, mark: connector.Mark{Run: "r", Table: catalog.Name{Schema: "public", Name: "t"}, Segment: connector.Segment{Number: 1, Of: 1}}}
	require.NoError(t, target.Journal().Plan(t.Context(), []connector.Mark{l.mark}))
	require.NoError(t, b.load(target, l, rows))
	var keys []string
	for _, r := range l.rejects {
		keys = append(keys, r.Key+" "+r.Column)
	}
	slices.Sort(keys)
	require.Equal(t, []string{"id=2 v", "id=4 v", "id=6 v"}, keys)
	require.Equal(t, []string{"1", "3", "5"}, b.column("SELECT id FROM public.t ORDER BY id"))
	known, err := target.Journal().Read(t.Context(), "r")
	require.NoError(t, err)
	require.Len(t, known, 1)
	require.True(t, known[0].Done)
	require.EqualValues(t, 3, known[0].Counts.Rows)
	require.NoError(t, target.Journal().Close(t.Context(), "r"))
	require.Equal(t, []string{"NULL"}, b.column("SELECT to_regclass('public.awsdms_load_progress')"))
	require.Empty(t, b.objects())
}

// TestASegmentLoadedTwiceIsTold: nothing keeps two processes of one run apart, but the journal knows.
func TestASegmentLoadedTwiceIsTold(t *testing.T) {
	b := newBench(t)
	target := b.open()
	b.make(target, "id integer")
	m := connector.Mark{Run: "r", Table: catalog.Name{Schema: "public", Name: "t"}, Segment: connector.Segment{Number: 1, Of: 1}}
	require.NoError(t, target.Journal().Plan(t.Context(), []connector.Mark{m}))
	for range 2 {
		require.NoError(t, b.load(target, &loading{mark: m}, [][]string{{"1"}}))
	}
	_, err := target.Journal().Read(t.Context(), "r")
	require.ErrorContains(t, err, "loaded twice")
}

func TestWhatOpeningShows(t *testing.T) {
	b := newBench(t)
	_, err := b.try(b.URLAs(b.User, "wrong"))
	require.Equal(t, connector.Denied, connector.ClassOf(err), err)
	_, err = b.try(b.URL(), "BucketName", "nowhere")
	require.Equal(t, connector.Missing, connector.ClassOf(err), err)
	plain := servertest.PostgreSQL(t, servertest.PostgreSQL15)
	u, err := url.Parse(strings.Replace(plain.URL, "postgres:", "redshift:", 1))
	require.NoError(t, err)
	u.RawQuery = url.Values{"sslmode": {"disable"}, "s3_endpoint": {b.Bucket.Endpoint}, "s3_key": {b.Bucket.Key}, "s3_secret": {b.Bucket.Secret}}.Encode()
	_, err = b.try(u.String())
	require.ErrorContains(t, err, "no Redshift")
	target := b.open()
	require.NoError(t, target.Probe(t.Context()))
	require.NoError(t, target.Rehearse(t.Context()))
	require.Empty(t, b.objects(), "the test of a connection leaves nothing behind")
	err = b.open("ServiceAccessRoleArn", "arn:aws:iam::111122223333:role/other").Rehearse(t.Context())
	require.ErrorContains(t, err, "not associated")
	b.open("AfterConnectScript", "SET query_group TO 'x'")
	require.Contains(t, b.Statements(), "SET query_group TO 'x'")
	_, err = b.try(b.URL(), "AfterConnectScript", "SELECT nonsense")
	require.ErrorContains(t, err, "AfterConnectScript")
}

// TestADeniedBucket: the store lets nobody write; the error says so, and names no secret.
func TestADeniedBucket(t *testing.T) {
	b := newBench(t)
	to, err := url.Parse(b.Bucket.Endpoint)
	require.NoError(t, err)
	var kms atomic.Value
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			kms.Store(r.Header.Get("x-amz-server-side-encryption") + " " + r.Header.Get("x-amz-server-side-encryption-aws-kms-key-id"))
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>`))
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(b.URL())
	require.NoError(t, err)
	q := u.Query()
	q.Set("s3_endpoint", s.URL)
	u.RawQuery = q.Encode()
	target := b.openAt(u.String(), "EncryptionMode", "sse-kms", "ServerSideEncryptionKmsKeyId", "key-1")
	b.make(target, "id integer")
	err = b.load(target, &loading{}, [][]string{{"1"}})
	require.Equal(t, connector.Denied, connector.ClassOf(err), err)
	require.NotContains(t, err.Error(), b.Bucket.Secret)
	require.Equal(t, "aws:kms key-1", kms.Load())
	require.Equal(t, []string{"0"}, b.column("SELECT count(*) FROM public.t"))
}

func TestLoadTimeout(t *testing.T) {
	b := newBench(t)
	target := b.open("LoadTimeout", "1")
	b.make(target, "id integer")
	held := make(chan struct{})
	t.Cleanup(func() { close(held) })
	b.Before(func(sql string) error {
		if strings.HasPrefix(sql, "COPY") {
			<-held
		}
		return nil
	})
	err := b.load(target, &loading{}, [][]string{{"1"}})
	require.ErrorContains(t, err, "LoadTimeout")
	require.Equal(t, connector.Lost, connector.ClassOf(err))
}

func TestIdentityColumns(t *testing.T) {
	b := newBench(t)
	strict, explicit := b.open(), b.open("ExplicitIds", "true")
	b.make(strict, "id integer IDENTITY(1,1), v varchar(9)")
	require.ErrorContains(t, b.load(strict, &loading{}, [][]string{{"7", "x"}}), "EXPLICIT_IDS")
	require.NoError(t, b.load(explicit, &loading{}, [][]string{{"7", "x"}}))
	require.Equal(t, []string{"7"}, b.column("SELECT id FROM public.t"))
}

// TestNamesAndCase: names are in small letters, unless CaseSensitiveNames keeps them.
func TestNamesAndCase(t *testing.T) {
	b := newBench(t)
	n := catalog.Name{Schema: "Shop", Name: "Item"}
	table := &catalog.Table{Name: n, Columns: []*catalog.Column{column("Id", "integer")}}
	for name, want := range map[string][]string{"false": {"shop.item.id"}, "true": {"Shop.Item.Id", "shop.item.id"}} {
		target := b.open("CaseSensitiveNames", name)
		ss := append(target.Dialect().CreateSchema(&catalog.Schema{Name: "Shop"}), target.Dialect().Script(table, false).Create...)
		if name == "false" || len(b.column("SELECT 1 FROM pg_class WHERE relname = 'Item'")) == 0 {
			require.NoError(t, target.Exec(t.Context(), ss))
		}
		got := b.column("SELECT n.nspname || '.' || relname || '.' || attname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute a ON attrelid = c.oid WHERE lower(relname) = 'item' AND attnum > 0 ORDER BY 1")
		for _, w := range want[:1] {
			require.Contains(t, got, w)
		}
		found, err := target.Describe(t.Context(), []catalog.Name{n})
		require.NoError(t, err)
		require.Contains(t, slices.Collect(maps.Keys(found)), n)
		there, err := target.Exists(t.Context(), catalog.Ref{Kind: catalog.TableRef, Name: n})
		require.NoError(t, err)
		require.True(t, there)
	}
}

// TestALostAnswer: the connection is cut while COPY runs; nothing of the load is there, and the error says that it may be tried again.
func TestALostAnswer(t *testing.T) {
	b := newBench(t)
	target := b.open()
	b.make(target, "id integer")
	var cut atomic.Bool
	b.Before(func(sql string) error {
		if sql == "COMMIT" && !cut.Swap(true) {
			b.Cut()
			return errors.New("cut")
		}
		return nil
	})
	err := b.load(target, &loading{}, [][]string{{"1"}})
	require.Equal(t, connector.Lost, connector.ClassOf(err), err)
	require.NoError(t, b.load(target, &loading{}, [][]string{{"2"}}))
	require.Equal(t, []string{"2"}, b.column("SELECT id FROM public.t"))
}
