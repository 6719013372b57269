package store

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestObjectsWhoseFolderIsEmptied: a store that keeps objects in folders removes one with its last object, while another request
// puts the next one there.
func TestObjectsWhoseFolderIsEmptied(t *testing.T) {
	c := openBucket(servertest.S3(t), usualPace).BucketConfig
	c.Attempts = DefaultAttempts
	s := NewBucket(c)
	var g errgroup.Group
	for worker := range 3 {
		g.Go(func() error {
			for i := range 500 {
				key := fmt.Sprintf("run/load/%d/%d", worker, i)
				if err := s.Put(t.Context(), key, []byte("rows")); err != nil {
					return err
				}
				if err := s.Delete(t.Context(), []string{key}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
}
