package transform

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// lobLimit cuts values to so many bytes; texts lose whole characters.
type lobLimit int

func (l lobLimit) apply(t *Transformer, dst, src *change.Vector, column string) error {
	dst.Reset(src.Layout)
	for i := range src.Len() {
		if src.IsNull(i) {
			dst.AppendNull()
			continue
		}
		p := src.Value(i)
		if len(p) <= int(l) {
			dst.AppendData(p)
			continue
		}
		n := int(l)
		if src.Layout == change.Text {
			n = change.CutUTF8(p, n)
		}
		dst.AppendData(p[:n])
		reason := fmt.Sprintf("the value of %d bytes was cut to %d, the LOB size limit being %d", len(p), n, int(l))
		if err := t.report(i, column, change.TruncationFault, reason, true); err != nil {
			return err
		}
	}
	return nil
}
