package etcd

import (
	"log/slog"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddressesThatCannotBe(t *testing.T) {
	for _, address := range []string{"x", "https://h", "https://h:1/x", "ftp://h:1", ":1", "https://root:s3cret@h:1", "u@h:1"} {
		c := Config{Endpoints: []string{"http://127.0.0.1:2379", address}}
		_, err := Dial(t.Context(), c, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, "want https://HOST:PORT")
		require.NotContains(t, err.Error(), "s3cret")
	}
	for _, address := range []string{"https://etcd-1:2379", "http://127.0.0.1:1", "[::1]:2379", "h:1"} {
		require.NoError(t, (&Config{Endpoints: []string{address}}).Check())
	}
}

func TestNoAnswerIsAdvisedOn(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, silent.Close()) }()
	_, err = Dial(t.Context(), Config{Endpoints: []string{"http://" + silent.Addr().String()}}, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "check that it runs there")
}
