package cdc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBacklog: the oldest change that is not committed is told, whatever has been read behind it.
func TestBacklog(t *testing.T) {
	var b backlog
	require.Zero(t, b.oldest())
	b.add(10)
	b.add(20)
	b.add(30)
	require.EqualValues(t, 10, b.oldest())
	b.wrote(true)
	require.EqualValues(t, 10, b.oldest(), "written is not committed")
	b.commit(false)
	require.EqualValues(t, 20, b.oldest(), "what was read before the commit still waits")
	b.wrote(true)
	b.wrote(true)
	b.add(0) // nobody knows when
	require.EqualValues(t, 20, b.oldest(), "one transaction holds both")
	b.commit(false)
	require.Zero(t, b.oldest())
	b.wrote(true)
	b.add(40)
	b.wrote(false)
	require.Zero(t, b.oldest(), "there was nothing to write")
}

// TestBacklogThatIsLost: what was lost waits until it has come again and is committed, or the source says that there is nothing.
func TestBacklogThatIsLost(t *testing.T) {
	var b backlog
	b.add(10)
	b.wrote(true)
	b.add(20)
	b.lose(50)
	require.EqualValues(t, 10, b.oldest())
	b.lose(60)
	require.EqualValues(t, 10, b.oldest(), "a second time before anything came")
	b.commit(false)
	require.EqualValues(t, 10, b.oldest(), "a commit of nothing")
	b.add(10)
	b.add(20)
	b.wrote(true)
	b.commit(false)
	require.EqualValues(t, 20, b.oldest())
	b.wrote(true)
	b.commit(false)
	require.Zero(t, b.oldest())

	b.lose(70)
	require.EqualValues(t, 70, b.oldest(), "nothing was lost, and nobody knows what there is since")
	b.settle()
	require.Zero(t, b.oldest())
}

// TestBacklogThatIsHeld: what the target keeps back waits, whatever is committed behind it, until the target has all of it.
func TestBacklogThatIsHeld(t *testing.T) {
	var b backlog
	write := func(oldest int64) {
		b.add(oldest)
		b.wrote(true)
	}
	write(10)
	b.commit(true)
	require.EqualValues(t, 10, b.oldest())
	write(20)
	b.commit(true)
	b.settle()
	require.EqualValues(t, 10, b.oldest(), "a quiet source says nothing about the target")
	write(30)
	b.release()
	require.EqualValues(t, 30, b.oldest(), "the open transaction still waits")
	b.commit(true)
	write(40)
	b.commit(false)
	require.Zero(t, b.oldest(), "a commit that is not kept back takes along what was")

	write(50)
	b.commit(true)
	b.lose(60)
	require.EqualValues(t, 50, b.oldest(), "what was kept back is lost with the session")
	write(50)
	b.commit(true)
	require.EqualValues(t, 50, b.oldest(), "it has come again, and is kept back again")
	b.release()
	require.Zero(t, b.oldest())
}
