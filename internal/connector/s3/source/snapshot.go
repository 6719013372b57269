package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// snapshot is the files as they were when each table was first looked at.
type snapshot struct {
	source   *source
	position string
	mu       struct {
		sync.Mutex
		files map[catalog.Name][]file
	}
}

var _ connector.Sequential = (*snapshot)(nil)

// Sequential implements connector.Sequential.
func (sn *snapshot) Sequential() {}

// Snapshot implements connector.Source.
func (s *source) Snapshot(context.Context, int) (connector.Snapshot, error) {
	return s.snapshot(""), nil
}

func (s *source) snapshot(position string) *snapshot {
	sn := &snapshot{source: s, position: position}
	sn.mu.files = map[catalog.Name][]file{}
	return sn
}

// Position implements connector.Snapshot.
func (sn *snapshot) Position() string { return sn.position }

// Layout implements connector.Snapshot.
func (sn *snapshot) Layout(c *catalog.Column) change.Layout { return change.LayoutOf(c.Type) }

// Close implements connector.Snapshot.
func (sn *snapshot) Close() error { return nil }

// files are those of a table, the same at every call.
func (sn *snapshot) files(ctx context.Context, t *catalog.Table) ([]file, error) {
	sn.mu.Lock()
	known, ok := sn.mu.files[t.Name]
	sn.mu.Unlock()
	if ok {
		return known, nil
	}
	definition, err := sn.source.table(t)
	if err != nil {
		return nil, err
	}
	found, err := sn.source.filesOf(ctx, definition)
	if err != nil {
		return nil, err
	}
	sn.mu.Lock()
	defer sn.mu.Unlock()
	if known, ok := sn.mu.files[t.Name]; ok {
		return known, nil // another was faster
	}
	sn.mu.files[t.Name] = found
	return found, nil
}

// span is the Spec of a segment: the files from one to another, both included.
type span struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Split implements connector.Snapshot: a file is not cut, small ones are read one behind the other.
func (sn *snapshot) Split(ctx context.Context, t *catalog.Table, o connector.SplitOptions) ([]connector.Segment, error) {
	if o.Parallel != nil {
		return nil, invalid("leave parallel-load out: files are read side by side anyway", "table %s: parallel-load %q is not possible with files", t.Name, o.Parallel.Type)
	}
	files, err := sn.files(ctx, t)
	if err != nil {
		return nil, err
	}
	if hasChanges(files) { // the last record of a key may be in any file
		return []connector.Segment{{Number: 1, Of: 1, Rows: -1, Bytes: -1}}, nil
	}
	var segments []connector.Segment
	for size := max(o.SegmentBytes, 1); ; size *= 2 {
		segments = group(files, size)
		if o.MaxSegments <= 0 || len(segments) <= o.MaxSegments {
			break
		}
	}
	if len(segments) == 0 {
		segments = []connector.Segment{{Rows: 0, Bytes: 0}}
	}
	for i := range segments {
		segments[i].Number, segments[i].Of = i+1, len(segments)
	}
	return segments, nil
}

// group makes segments of about a size.
func group(files []file, size int64) (segments []connector.Segment) {
	for from := 0; from < len(files); {
		to, bytes := from, files[from].size
		for to+1 < len(files) && bytes+files[to+1].size <= size {
			to++
			bytes += files[to].size
		}
		spec, _ := json.Marshal(span{files[from].key, files[to].key}) // two texts cannot fail
		segments = append(segments, connector.Segment{Spec: string(spec), Rows: -1, Bytes: bytes})
		from = to + 1
	}
	return segments
}

// within are the files of a segment.
func within(files []file, spec string) ([]file, error) {
	if spec == "" {
		return files, nil
	}
	var s span
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		return nil, invalid("", "read segment %q: %w", spec, err)
	}
	var out []file
	for _, f := range files {
		if f.key >= s.From && f.key <= s.To {
			out = append(out, f)
		}
	}
	return out, nil
}

// Witness implements connector.Snapshot: a digest of the list of files.
func (sn *snapshot) Witness(ctx context.Context, t *catalog.Table) (string, error) {
	files, err := sn.files(ctx, t)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, f := range files {
		_, _ = fmt.Fprintf(h, "%q %d %d\n", f.key, f.size, f.modified.UnixNano())
	}
	return "files " + hex.EncodeToString(h.Sum(nil)), nil
}

// Unmoved implements connector.Snapshot.
func (sn *snapshot) Unmoved(ctx context.Context, t *catalog.Table, witness string) (bool, error) {
	now, err := sn.Witness(ctx, t)
	return err == nil && now == witness, err
}
