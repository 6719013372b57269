package redshift

import (
	"context"
	"fmt"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.ReadBack = (*target)(nil)
	_ connector.Source   = (*reader)(nil)
	_ connector.Snapshot = (*view)(nil)
	_ connector.Extent   = (*view)(nil)
)

// reader reads what was written, for validation alone.
type reader struct{ target *target }

// ReadBack implements connector.ReadBack.
func (t *target) ReadBack(context.Context) (connector.Source, error) { return &reader{t}, nil }

// Inspect implements connector.Source: nothing is moved from here.
func (r *reader) Inspect(ctx context.Context, _ connector.InspectOptions) (*catalog.Catalog, error) {
	_, err := openSource(ctx, connector.Config{})
	return nil, err
}

// Identity implements connector.Source.
func (r *reader) Identity() string { return r.target.Identity() }

// Close implements connector.Source. The target is closed by whoever has opened it.
func (r *reader) Close() error { return nil }

// allDigits has floating-point numbers written so that they can be read again, bit by bit (Database Developer Guide, "extra_float_digits"):
// 17 digits of a double precision one. A real one would have no more than 8, and is read as a double precision one.
const allDigits = "SET extra_float_digits TO 2"

// Snapshot implements connector.Source. Redshift's sessions share no snapshot, so that each query has a moment of its own: a
// transaction kept open for the whole would have DDL on the tables wait, and none would be the same as another's.
func (r *reader) Snapshot(_ context.Context, readers int) (connector.Snapshot, error) {
	open := func(ctx context.Context) (*conn, error) {
		c, err := r.target.dial(ctx)
		if err != nil {
			return nil, err
		}
		for _, sql := range []string{setup, allDigits} { // AfterConnectScript may have said otherwise
			if _, err := c.run(ctx, sql); err != nil {
				c.end()
				return nil, classify(ctx, "prepare the session for reading", err)
			}
		}
		return c, nil
	}
	return &view{newPool(max(readers, 1), open)}, nil
}

// view is the target as each query finds it.
type view struct{ readers *pool }

// Position implements connector.Snapshot: there is no stream of changes.
func (v *view) Position() string { return "" }

// Layout implements connector.Snapshot.
func (v *view) Layout(c *catalog.Column) change.Layout { return change.LayoutOf(c.Type) }

// Split implements connector.Snapshot: validation names the rows that it wants itself.
func (v *view) Split(context.Context, *catalog.Table, connector.SplitOptions) ([]connector.Segment, error) {
	return []connector.Segment{{Number: 1, Of: 1, Rows: -1, Bytes: -1}}, nil
}

// Witness implements connector.Snapshot.
func (v *view) Witness(context.Context, *catalog.Table) (string, error) { return "", nil }

// Unmoved implements connector.Snapshot: it cannot tell.
func (v *view) Unmoved(context.Context, *catalog.Table, string) (bool, error) { return false, nil }

// Close implements connector.Snapshot.
func (v *view) Close() error {
	v.readers.close()
	return nil
}

// Extent implements connector.Extent.
func (v *view) Extent(ctx context.Context, t *catalog.Table, c *catalog.Column) (low, high int64, ok bool, err error) {
	f := field{column: c}
	if !c.NotNull || !f.settle() || f.form != intForm && (f.form != decimalForm || f.part > 0) {
		return 0, 0, false, nil
	}
	sql := fmt.Sprintf("SELECT coalesce(min(%[1]s), 0), coalesce(max(%[1]s), -1) FROM %[2]s", quote(c.Name), quoteName(t.Name))
	err = v.readers.with(ctx, "look at the keys of "+t.Name.String(), func(c *conn) error {
		rows, err := c.rows(ctx, sql)
		if err != nil {
			return err
		}
		var beyond error
		if low, beyond = strconv.ParseInt(rows[0][0], 10, 64); beyond == nil {
			high, beyond = strconv.ParseInt(rows[0][1], 10, 64)
		}
		ok = beyond == nil // else a number beyond 64 bits: no range
		return nil
	})
	return low, high, ok, err
}
