package source

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/external"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// Parquet files of changes lie beside those of the load, in the folder of their table or in folders of dates below it, and are named by the time at
// which they were written (AWS DMS user guide, "Using Parquet-format files in Amazon S3 as a source for AWS DMS"). They are read in the order of
// those names, whichever table they are of.

// A writer publishes the files of one moment side by side, and what comes first by its name may be seen last. So files are read once nothing
// has come for the time of settle; or after so many looks, where they never stop coming, those that were there at the last two.
const (
	settle = time.Second
	looks  = 10
)

// order is what positions are compared by.
func (p position) order() string { return orderOf(p.File) }

func orderOf(key string) string {
	if isParquet(key) {
		return path.Base(key) + "\x00" + key
	}
	return key
}

func byOrder(a, b file) int { return cmp.Compare(orderOf(a.key), orderOf(b.key)) }

// dated lists the Parquet files of changes as changes does those of CSV, each with the number of those that come before it. past is how many there are up to
// the one to begin with, itself included.
func (s *source) dated(ctx context.Context, from string) (out []file, past int, err error) {
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(together)
	for _, t := range s.Tables {
		g.Go(rescue.Func(func() error {
			return s.Store.List(ctx, t.Path, func(o store.Object) error {
				name := path.Base(o.Key)
				if !isParquet(name) || !changeFile.MatchString(name) || o.Size == 0 {
					return nil
				}
				f := file{key: o.Key, size: o.Size, modified: o.Modified, changes: true, table: t}
				mu.Lock()
				defer mu.Unlock()
				switch {
				case from == "" || orderOf(o.Key) > orderOf(from):
					out = append(out, f)
				case o.Key == from:
					past, out = past+1, append(out, f)
				default:
					past++
				}
				if from != "" && len(out) >= 2*mostListed {
					slices.SortFunc(out, byOrder)
					out = out[:mostListed]
				}
				return nil
			})
		}))
	}
	if err := g.Wait(); err != nil {
		return nil, 0, fmt.Errorf("list the files of changes: %w", err)
	}
	slices.SortFunc(out, byOrder)
	for i := range out {
		out[i].before = past + i
		if past > 0 && out[0].key == from {
			out[i].before--
		}
	}
	return out, past, nil
}

// settled lists the files from the position on that are to be read. more says that there are others, which have just come or are yet to.
func (st *stream) settled(ctx context.Context) (all []file, more bool, err error) {
	before, err := st.list(ctx)
	if err != nil || len(before) == 0 || len(before) == 1 && before[0].key == st.at.File {
		return before, false, err
	}
	n := 0
	for range looks {
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		}
		var certain int
		if all, certain, err = st.certain(ctx); err != nil {
			return nil, false, err
		}
		if n = min(alike(before, all), certain); n == len(before) && n == len(all) {
			break
		}
		before = all
	}
	if n == 0 && len(all) > 0 && all[0].key == st.at.File { // which was read already, or in part
		n = 1
	}
	return all[:n], n < len(all), nil
}

// certain lists the files, and says how many of them come before each that a target of ours has promised and not published yet. None does while promises
// change: what was promised first may have come behind the list was made.
func (st *stream) certain(ctx context.Context) (all []file, n int, err error) {
	if st.source.Promised == nil {
		all, err = st.list(ctx)
		return all, len(all), err
	}
	first, err := st.source.Promised(ctx)
	if err == nil {
		all, err = st.list(ctx)
	}
	var again []string
	if err == nil {
		again, err = st.source.Promised(ctx)
	}
	if err != nil || !slices.Equal(first, again) {
		return all, 0, err
	}
	there := map[string]bool{}
	for _, f := range all {
		there[f.key] = true
	}
	n = len(all)
	for _, key := range again {
		if name := path.Base(key); !isParquet(name) || !changeFile.MatchString(name) || there[key] || orderOf(key) <= st.at.order() {
			continue
		}
		if !slices.ContainsFunc(st.source.Tables, func(t *external.Table) bool { return strings.HasPrefix(key, t.Path) }) {
			continue
		}
		n = min(n, sort.Search(len(all), func(i int) bool { return orderOf(all[i].key) > orderOf(key) }))
		if !st.waits {
			st.waits = true
			st.source.Log.Warn("a file of changes is promised and not there yet: what comes behind it waits for the task that writes it", "file", key)
		}
	}
	return all, n, nil
}

// alike is how many files two lists begin with alike.
func alike(a, b []file) (n int) {
	for n < len(a) && n < len(b) && a[n].key == b[n].key && a[n].size == b[n].size {
		n++
	}
	return n
}

func (st *stream) list(ctx context.Context) ([]file, error) {
	all, past, err := st.source.dated(ctx, st.at.File)
	if err == nil {
		err = st.late(past)
	}
	return all, err
}

// late refuses to go on when there is a file that has come after those behind it were read: its changes would be left out.
func (st *stream) late(past int) error {
	if st.at.Files == 0 || past <= st.at.Files {
		return nil
	}
	return &connector.Error{
		Class: connector.Missing, Err: fmt.Errorf("there are %d files of changes up to %s by now, and there were %d when it was read: a file has come whose name is before those that were read", past, st.at.File, st.at.Files),
		Remedy: "let files appear in the order of their names, and start the task anew",
	}
}
