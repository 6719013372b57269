package serve_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"
)

// fromMemory sends the bodies of requests from memory. A body of the SDK's answers io.EOF to WriteTo once it is closed, and the SDK closes it
// as soon as an answer has begun: over HTTP/1.1 net/http may not have looked for its end by then, takes that for a failed write, and
// closes the connection with the answer on it.
type fromMemory struct{ http.RoundTripper }

func (m fromMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	sent := r.Clone(r.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	return m.RoundTripper.RoundTrip(sent)
}

// TestLiveTailWithTheGoSDK follows a group with the stock client, over both versions of HTTP; the client puts stream- before
// the server's name, which the server's certificate knows. Who has no right to it is told so before anything begins.
func TestLiveTailWithTheGoSDK(t *testing.T) {
	t.Parallel()
	s := first(t)
	s.must(t, "logs", "create-log-group", "--log-group-name", "shop")
	s.must(t, "logs", "create-log-stream", "--log-group-name", "shop", "--log-stream-name", "till")
	group := "arn:aws:logs:" + region + ":" + account + ":log-group:shop"
	put := func(text string) {
		s.must(t, "logs", "put-log-events", "--log-group-name", "shop", "--log-stream-name", "till", "--log-events", fmt.Sprintf("timestamp=%d,message=%s", time.Now().UnixMilli(), text))
	}
	put("wanted-before")
	for _, version := range []string{"h2", "http/1.1"} {
		config := s.through(t, "localhost")
		if version == "http/1.1" {
			client := config.HTTPClient.(*http.Client)
			transport := client.Transport.(*http.Transport)
			transport.ForceAttemptHTTP2, transport.TLSNextProto = false, map[string]func(string, *tls.Conn) http.RoundTripper{}
			client.Transport = fromMemory{transport}
		}
		out, err := cloudwatchlogs.NewFromConfig(config).StartLiveTail(t.Context(), &cloudwatchlogs.StartLiveTailInput{
			LogGroupIdentifiers: []string{group}, LogStreamNamePrefixes: []string{"ti"}, LogEventFilterPattern: aws.String("wanted"),
		})
		require.NoError(t, err, s.log)
		stream := out.GetStream()
		begin, ok := (<-stream.Events()).(*types.StartLiveTailResponseStreamMemberSessionStart)
		require.True(t, ok, stream.Err())
		require.Equal(t, []string{group}, begin.Value.LogGroupIdentifiers)
		put("other")
		put("wanted-" + version)
		var found []types.LiveTailSessionLogEvent
		for len(found) == 0 {
			update, ok := (<-stream.Events()).(*types.StartLiveTailResponseStreamMemberSessionUpdate)
			require.True(t, ok, stream.Err())
			require.False(t, update.Value.SessionMetadata.Sampled)
			found = update.Value.SessionResults
		}
		require.Len(t, found, 1)
		require.Equal(t, "wanted-"+version, *found[0].Message)
		require.Equal(t, "till", *found[0].LogStreamName)
		require.Equal(t, group, *found[0].LogGroupIdentifier)
		require.NoError(t, stream.Close())
	}
	api := cloudwatchlogs.NewFromConfig(s.through(t, "localhost"))
	_, err := api.StartLiveTail(t.Context(), &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{group + "s"}})
	var missing *types.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)

	// A server that stops does not wait for sessions.
	out, err := api.StartLiveTail(t.Context(), &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{group}})
	require.NoError(t, err)
	stream := out.GetStream()
	defer func() { _ = stream.Close() }()
	<-stream.Events()
	s.stop(t)
	for range stream.Events() { // until it ends
	}
	var over *types.SessionStreamingException
	require.ErrorAs(t, stream.Err(), &over)
}
