package dms

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Bounds of MaxRecords (DMS API reference, "DescribeEndpoints").
const (
	fewest, most = 20, 100
	mostStats    = 500 // of DescribeTableStatistics
)

// paging is where a page of an operation begins and how long it is.
type paging struct {
	operation string
	after     string // the last key of the page before
	limit     int
}

// pageOf reads Marker and MaxRecords. Zero is taken for absent, as samples of AWS send it. A marker is of one operation: by
// that of another one a walk would begin somewhere, and leave out what lies before.
func pageOf(operation string, marker *string, size *int64, most int) (paging, error) {
	p := paging{operation: operation, limit: 100}
	if n := value(size); n != 0 {
		if n < fewest || n > int64(most) {
			return p, invalidValue("Invalid MaxRecords value: %d is not between %d and %d.", n, fewest, most)
		}
		p.limit = int(n)
	}
	if value(marker) != "" {
		raw, err := base64.RawURLEncoding.DecodeString(*marker)
		after, ours := strings.CutPrefix(string(raw), operation+" ")
		if err != nil || !ours || after == "" {
			return p, p.foreign()
		}
		p.after = after
	}
	return p, nil
}

// markerOf is the marker of the page that follows a key.
func (p paging) markerOf(last string) *string {
	return new(base64.RawURLEncoding.EncodeToString([]byte(p.operation + " " + last)))
}

// foreign refuses a marker.
func (p paging) foreign() error {
	return invalidValue("Invalid Marker: it is not one that %s has answered.", p.operation)
}

// lister lists inside or outside of a transaction.
type lister interface {
	List(r store.Range) (store.Page, error)
}

func (o outside) List(r store.Range) (store.Page, error) { return o.store.List(o.ctx, r) }

// collect reads one page of the records under a prefix for which keep holds, and where the next one begins. What the records
// point to is shared with others and must not be changed.
func collect[T any](from scanner, prefix string, p paging, keep func(*T) bool) (all []T, marker *string, err error) {
	items, marker, err := collectItems(from, prefix, p, keep)
	all = make([]T, len(items))
	for i := range items {
		v, err := store.Decoded[T](items[i])
		if err != nil {
			return nil, nil, err
		}
		all[i] = *v
	}
	return all, marker, err
}

// collectItems is collect for those who make something else of the records.
func collectItems[T any](from scanner, prefix string, p paging, keep func(*T) bool) (all []store.Item, marker *string, err error) {
	err = from.scan(prefix, p.after, func(item store.Item) (more bool, err error) {
		v, err := store.Decoded[T](item)
		if err != nil || !keep(v) {
			return true, err
		}
		if len(all) == p.limit {
			marker = p.markerOf(all[len(all)-1].Key)
			return false, nil
		}
		if all == nil {
			all = make([]store.Item, 0, p.limit)
		}
		all = append(all, item)
		return true, nil
	})
	return all, marker, err
}

// filters are those of a Describe call by name.
type filters map[string][]string

// filtersOf reads the filters: names that the operation does not know and empty lists are errors. Values of one filter, or
// of filters of the same name, are alternatives.
func filtersOf(in []dmsapi.Filter, known ...string) (filters, error) {
	f := filters{}
	for _, one := range in {
		name := value(one.Name)
		if !slices.Contains(known, name) {
			if len(known) == 0 {
				return nil, invalidValue("Invalid filter name: %s. This operation knows no filters.", name)
			}
			return nil, invalidValue("Invalid filter name: %s. This operation knows %s.", name, strings.Join(known, ", "))
		}
		if len(one.Values) == 0 {
			return nil, invalidValue("Filter %s has no values.", name)
		}
		f[name] = append(f[name], one.Values...)
	}
	return f, nil
}

// allowsARN reports that a filter is absent or has the ARN of a record.
func (s *Service) allowsARN(f filters, name string, k kind, id string) bool {
	_, asked := f[name]
	return !asked || f.allow(name, s.arn(k, id))
}

// allow reports that a filter is absent or has the value.
func (f filters) allow(name, value string) bool {
	values, asked := f[name]
	return !asked || slices.Contains(values, value)
}
