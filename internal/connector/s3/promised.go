package s3

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// promised lists the files of changes that targets of ours have committed last in a store, of which some may have yet to be published. Who reads files as
// they come must not go past one.
func promised(at store.Store) func(ctx context.Context) ([]string, error) {
	return func(ctx context.Context) ([]string, error) {
		var states []string
		err := at.List(ctx, control+"changes/", func(o store.Object) error {
			if strings.HasSuffix(o.Key, "/state.json") {
				states = append(states, o.Key)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		var keys []string
		for _, key := range states {
			var s state
			if _, err := readJSON(ctx, at, key, &s); err != nil {
				return nil, err
			}
			for _, t := range s.Work.Publish {
				keys = append(keys, t.Key)
			}
		}
		slices.Sort(keys)
		return keys, nil
	}
}
