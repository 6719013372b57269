package edge_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// from dials the server from an address of this machine.
func (h *house) from(t *testing.T, address string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patient}
	conn, err := d.DialContext(t.Context(), "tcp", "127.0.0.1:"+h.url[strings.LastIndexByte(h.url, ':')+1:])
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// closed reports whether the server has closed a connection, and does not wait for it.
func closed(t *testing.T, c net.Conn) bool {
	t.Helper()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Millisecond)))
	_, err := c.Read(make([]byte, 1))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// TestStrangersTakeNoOtherConnection opens thousands of connections that say nothing, from the address of a client that is known and from
// others: it goes on, over the connection that it has and over new ones, and what has not begun is dropped in time.
func TestStrangersTakeNoOtherConnection(t *testing.T) {
	h := openWithin(t, limit, nil) // 1,200 connections, 600 of an address
	h.well(t)
	var strangers []net.Conn
	for i := range 3000 {
		strangers = append(strangers, h.from(t, []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"}[i%3]))
		require.LessOrEqual(t, h.connections.Held(), 1200)
		if i%300 == 0 {
			h.well(t) // over the connection that it has
		}
	}
	for range 20 {
		h.http.CloseIdleConnections()
		h.well(t)
	}
	require.Eventually(t, func() bool { return closed(t, strangers[0]) && closed(t, strangers[1000]) }, patient, time.Millisecond, "the oldest make room")
	// Those that were let in last and never began are dropped when the time for a handshake is over.
	require.Eventually(t, func() bool { return h.connections.Held() <= 1 }, patient, 10*time.Millisecond)
	require.True(t, closed(t, strangers[2999]))
	h.well(t)
}

// TestAnAddressHasItsShare: of connections that are all known none makes room, and other addresses have theirs.
func TestAnAddressHasItsShare(t *testing.T) {
	h := open(t, nil)
	h.connections.Bound(8, 3)
	var mine []*http.Client
	for range 3 {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: h.tls.Clone()}}
		t.Cleanup(client.CloseIdleConnections)
		h.call(t, client)
		mine = append(mine, client)
	}
	require.Equal(t, 3, h.connections.Held())
	refused := h.from(t, "127.0.0.1")
	require.Eventually(t, func() bool { return closed(t, refused) }, patient, time.Millisecond)
	other := h.from(t, "127.0.0.2")
	require.Eventually(t, func() bool { return h.connections.Held() == 4 }, patient, time.Millisecond)
	require.False(t, closed(t, other))
	for _, client := range mine {
		h.call(t, client)
	}
	require.Equal(t, 4, h.connections.Held(), "no connection was made anew")
	mine[0].CloseIdleConnections()
	require.Eventually(t, func() bool { return h.connections.Held() == 3 }, patient, time.Millisecond)
	mine[0].CloseIdleConnections()
	h.call(t, mine[0])
}

// call is answered to a client of its own.
func (h *house) call(t *testing.T, client *http.Client) {
	t.Helper()
	answer, err := client.Do(h.signed(t, "Encrypt", `{"KeyId":"k","Plaintext":"aA=="}`, nil))
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 200, answer.StatusCode)
}
