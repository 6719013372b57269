package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/rescue"
)

type madReader struct{}

func (madReader) Read([]byte) (int, error) { panic("the reader is mad") }

func TestAPanicBesideTheStreamEndsTheStreamAlone(t *testing.T) {
	p := newPump(madReader{})
	_, err := p.Read(make([]byte, 1))
	require.NotNil(t, rescue.In(err), "%v", err)
	p.stop()

	s := &stream{side: newSide(nil)} // which makes the keeper's look at the slot panic
	s.keeper.start(s, 0)
	require.Eventually(t, func() bool { return s.keeper.fault.Err() != nil }, time.Minute, time.Millisecond)
	s.keeper.stop()
	_, err = s.Next(t.Context())
	require.NotNil(t, rescue.In(err), "%v", err)
}
