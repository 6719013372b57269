package change

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

var two = []Layout{Text, Bytes}

func TestOneHugeBufferIsKept(t *testing.T) {
	p := NewPool(3, 0)
	value := make([]byte, hugeBuffer+1)
	get := func() *Batch {
		b, err := p.Get(t.Context(), two)
		require.NoError(t, err)
		return b
	}
	b := get()
	for i := range two {
		b.Columns[i].AppendData(value)
	}
	kept := cap(b.Columns[0].Data)
	p.Put(b)
	require.Same(t, b, get(), "the batch with the huge buffer goes first")
	require.Equal(t, kept, cap(b.Columns[0].Data))
	require.Zero(t, cap(b.Columns[1].Data), "one huge buffer alone")

	other := get()
	other.Columns[0].AppendData(value)
	p.Put(other)
	p.Put(b)
	require.Same(t, b, get())
	require.Same(t, other, get())
	require.Zero(t, cap(other.Columns[0].Data))

	b.Columns[0].Data = append(b.Columns[0].Data[:0], make([]byte, keptBuffer+1)...)
	p.Put(b)
	require.Zero(t, cap(get().Columns[0].Data))
}

func TestPoolHoldsItsReaderBack(t *testing.T) {
	p := NewPool(1, 0)
	b, err := p.Get(t.Context(), two)
	require.NoError(t, err)
	ctx, cancel := context.WithCancelCause(t.Context())
	asked := errors.New("asked")
	cancel(asked)
	_, err = p.Get(ctx, two)
	require.ErrorIs(t, err, asked)
	got := make(chan *Batch)
	go func() {
		b, _ := p.Get(context.Background(), two)
		got <- b
	}()
	p.Put(b)
	require.Same(t, b, <-got)
}
