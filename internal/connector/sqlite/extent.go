package sqlite

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Extent     = (*snapshot)(nil)
	_ connector.NativeText = (*snapshot)(nil)
)

// Extent implements connector.Extent for rowids: no other column is sure to hold integers alone. SQLite is no Digester, as its rows
// are at hand: whoever reads them can digest them.
func (sn *snapshot) Extent(ctx context.Context, t *catalog.Table, c *catalog.Column) (low, high int64, ok bool, err error) {
	if rowidColumn(t) != c || c == nil {
		return 0, 0, false, nil
	}
	err = sn.with(ctx, "look at the keys of "+t.Name.Name, func(conn *conn) (err error) {
		from := ident(c.Name) + ") FROM " + quote(t.Name.Name)
		if low, err = conn.number("SELECT min(" + from); err != nil {
			return err
		}
		high, err = conn.number("SELECT max(" + from)
		return err
	})
	return low, high, err == nil, err
}

// AppendNative implements connector.NativeText.
func (sn *snapshot) AppendNative(dst []byte, v *change.Vector, i int) []byte {
	b := v.Value(i)
	switch {
	case len(b) == 9 && b[0] == tagInteger:
		return strconv.AppendInt(dst, int64(binary.BigEndian.Uint64(b[1:])), 10)
	case len(b) == 9 && b[0] == tagReal:
		f := math.Float64frombits(binary.BigEndian.Uint64(b[1:]))
		text := change.AppendFloat(nil, f, 64)
		if f == math.Trunc(f) && len(text) < 16 && f < 1e15 && f > -1e15 {
			text = append(text, ".0"...) // it is not an integer
		}
		return append(dst, text...)
	case len(b) > 0 && b[0] == tagBlob:
		return hex.AppendEncode(append(dst, `\x`...), b[1:])
	case len(b) > 0:
		return append(dst, b[1:]...)
	}
	return dst
}
