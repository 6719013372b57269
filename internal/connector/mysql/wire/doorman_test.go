package wire

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// greeting is that of a server of MySQL's protocol, without TLS.
func greeting(plugin string) []byte {
	b := append([]byte{10}, "8.0.40\x00\x01\x00\x00\x0012345678\x00"...)
	b = append(b, 0x0a, 0xa2, 45, 2, 0, 0x0b, 0, 21) // PROTOCOL_41, SECURE_CONNECTION, LOCAL_FILES, PLUGIN_AUTH, CONNECT_WITH_DB, …
	b = append(append(b, make([]byte, 10)...), "123456789012\x00"...)
	return append(append(b, plugin...), 0)
}

// rogue answers every client with its greeting, and then with each of the replies when the client has sent something. It returns its address
// and what the last client has sent.
func rogue(t *testing.T, first []byte, replies ...[]byte) (address string, heard func() []byte) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	said := make(chan []byte, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			close(said)
			return
		}
		_, _ = c.Write(first)
		var all []byte
		piece := make([]byte, 4096)
		for _, reply := range replies {
			n, err := c.Read(piece)
			all = append(all, piece[:n]...)
			if err != nil {
				break
			}
			_, _ = c.Write(reply)
		}
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second)) // the client hangs up before
		rest, _ := io.ReadAll(c)
		said <- append(all, rest...)
		_ = c.Close()
	}()
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String(), func() []byte { return <-said }
}

func framed(seq byte, payload []byte) []byte { return packet(&seq, payload) }

// TestThePasswordIsNotSentInClearText asks for it as a rogue server would, or whoever sits between.
func TestThePasswordIsNotSentInClearText(t *testing.T) {
	t.Parallel()
	for _, changes := range []bool{false, true} {
		address, heard := rogue(t, framed(0, greeting("mysql_native_password")), framed(2, []byte("\xfemysql_clear_password\x00")))
		_, err := Dial(t.Context(), Options{Network: "tcp", Address: address, User: "mover", Password: "hunter-2-in-clear", Timeout: 10 * time.Second, Changes: changes})
		require.ErrorIs(t, err, ErrClearPassword)
		require.False(t, bytes.Contains(heard(), []byte("hunter-2-in-clear")))
	}
}

// TestOddServersEndNoProcess: what answers may be anything.
func TestOddServersEndNoProcess(t *testing.T) {
	t.Parallel()
	hello := framed(0, greeting("mysql_native_password"))
	for name, c := range map[string]struct {
		first   []byte
		replies [][]byte
	}{
		"ssh":                 {[]byte("SSH-2.0-OpenSSH_9.6\r\n"), nil},
		"http":                {[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), nil},
		"an empty greeting":   {framed(0, nil), nil},
		"a greeting cut":      {framed(0, greeting("")[:20]), nil},
		"a version unended":   {framed(0, []byte("\x0aabcdefgh")), nil},
		"an empty verdict":    {hello, [][]byte{framed(2, nil)}},
		"a short scramble":    {hello, [][]byte{framed(2, []byte("\xfemysql_native_password\x00abc"))}},
		"a key that is none":  {hello, [][]byte{framed(2, []byte("\xfesha256_password\x0012345678901234567890\x00")), framed(4, []byte("\x01no key"))}},
		"a verdict cut":       {hello, [][]byte{framed(2, []byte{0})}},
		"a verdict cut later": {hello, [][]byte{framed(2, []byte{0xff})}},
	} {
		t.Run(name, func(t *testing.T) {
			address, _ := rogue(t, c.first, c.replies...)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := Dial(ctx, Options{Network: "tcp", Address: address, User: "mover", Password: "secret", Timeout: 300 * time.Millisecond})
			require.Error(t, err)
		})
	}
}
