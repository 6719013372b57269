package dms

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// TestApplyExceptions pages through what a task has left out, and copies rows again only while it rests.
func TestApplyExceptions(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.control()
	defer func() { b.stop() }()
	arn := b.arn(tasks, "k")
	_, _, err := b.ApplyExceptions(t.Context(), arn, instance.TableName{}, nil, nil)
	require.ErrorContains(t, err, "ResourceNotFoundFault")
	b.create(t, "k", fullLoadAndCDC)
	b.await(t, "k", taskReady)
	b.awaitUp(t, "I1")
	var keys []string
	var marker *string
	for pages := 1; ; pages++ {
		rows, next, err := b.ApplyExceptions(t.Context(), arn, instance.TableName{}, new(int64(50)), marker)
		require.NoError(t, err)
		for _, r := range rows {
			keys = append(keys, r.Key)
		}
		if marker = next; marker == nil {
			require.Equal(t, 3, pages)
			break
		}
	}
	require.Len(t, keys, 130)
	require.Equal(t, "id=129", keys[129])
	for _, bad := range []string{"!", "YWJj", "LTE"} {
		_, _, err = b.ApplyExceptions(t.Context(), arn, instance.TableName{}, nil, &bad)
		require.ErrorContains(t, err, "Invalid Marker")
	}
	found, next, err := b.ValidationFailures(t.Context(), arn, instance.TableName{}, new(int64(60)), nil)
	require.NoError(t, err)
	require.Len(t, found, 60)
	found, next, err = b.ValidationFailures(t.Context(), arn, instance.TableName{}, nil, next)
	require.NoError(t, err)
	require.Len(t, found, 10)
	require.Equal(t, "69", found[9].Key)
	require.Nil(t, next)
	done, err := b.ReplayExceptions(t.Context(), arn, instance.TableName{Schema: "public", Name: "t1"}, []string{"id=1"})
	require.NoError(t, err)
	require.Equal(t, int64(1), done.Written)
	require.Contains(t, b.events(t, "k"), "Rows of public.t1 were copied once more: 1 written, 0 removed.")
	require.Nil(t, b.start(t, "k", WishFresh))
	b.await(t, "k", taskRunning)
	_, err = b.ReplayExceptions(t.Context(), arn, instance.TableName{Schema: "public", Name: "t1"}, nil)
	require.ErrorContains(t, err, "InvalidResourceStateFault")
	b.furnish(t, map[string]string{"start": "the table is locked"})
	_, _, err = b.ApplyExceptions(t.Context(), arn, instance.TableName{}, nil, nil)
	require.ErrorContains(t, err, "the table is locked")
}
