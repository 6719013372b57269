package serve_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	whimbrel "github.com/whimbreldb/whimbrel/internal/server"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/service/dms"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd"
)

// BenchmarkDescribeEndpoints compares signed and authorized pages with a bare TLS handler that writes the same bytes, with 100 and with 100,000
// endpoints in the store: the first page, the one that begins in the midst, and that of one endpoint by its name.
func BenchmarkDescribeEndpoints(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		dir := servertest.ShortDir(b)
		fillEndpoints(b, dir, n)
		s, err := whimbrel.Start(b.Context(), whimbrel.Config{DataDir: dir, Listen: "127.0.0.1:0", Region: region, Account: account, Log: slog.New(slog.DiscardHandler)})
		require.NoError(b, err)
		there := &server{dir: dir, url: s.About().URL}
		middle := base64.RawURLEncoding.EncodeToString([]byte("DescribeEndpoints " + dms.Prefix + "endpoint/" + benchID(n/2-1)))
		for _, page := range []struct{ name, body, has string }{
			{"first", `{"MaxRecords":100}`, `"bench-0"`},
			{"middle", `{"MaxRecords":100,"Marker":"` + middle + `"}`, fmt.Sprintf(`"bench-%d"`, n/2)},
			{"one", fmt.Sprintf(`{"Filters":[{"Name":"endpoint-id","Values":["bench-%d"]}]}`, n/2), fmt.Sprintf(`"bench-%d"`, n/2)},
		} {
			header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"AmazonDMSv20160101.DescribeEndpoints"}}
			request := presigned(b, there, "dms", header, page.body)
			answer := ask(b, there.http(b), request())
			require.Contains(b, string(answer), page.has)
			bare := bareHandler(b, answer)
			b.Run(fmt.Sprintf("endpoints=%d/page=%s", n, page.name), func(b *testing.B) { compare(b, there, request, bare) })
		}
		require.NoError(b, s.Stop(context.Background()))
	}
}

func benchID(i int) string { return fmt.Sprintf("BENCH%021d", i) }

// fillEndpoints writes records as CreateEndpoint does.
func fillEndpoints(b *testing.B, dir string, n int) {
	b.Helper()
	st, err := etcd.Embed(b.Context(), dir, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	const batch = 1000
	for at := 0; at < n; at += batch {
		_, err := st.Update(b.Context(), func(tx store.Tx) error {
			for i := at; i < min(at+batch, n); i++ {
				id := benchID(i)
				e := dms.Endpoint{
					ID: id, Name: fmt.Sprintf("bench-%d", i), Type: "source", Engine: "postgres", Status: "active", User: "app", Server: "db.example.com", Port: 5432, Database: "shop",
					SSLMode: "none", KMSKey: "arn:aws:kms:" + region + ":" + account + ":key/bench", Created: time.Now().UTC(), Tags: map[string]string{"team": "data"},
				}
				if err := store.Write(tx, dms.Prefix+"endpoint/"+id, e); err != nil {
					return err
				}
				tx.Put(dms.Prefix+"name/endpoint/"+e.Name, []byte(id))
			}
			return nil
		})
		require.NoError(b, err)
	}
	require.NoError(b, st.Close())
}
