package mysql

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/rescue"
)

func TestAPanicBesideTheStreamEndsTheStreamAlone(t *testing.T) {
	s := &stream{}
	s.watch = watch(&source{}, s) // a source without a server, which makes the look at its logs panic
	s.watch.stop()
	_, err := s.Next(t.Context())
	require.NotNil(t, rescue.In(err), "%v", err)
}
