package postgres

import (
	"context"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// heap is a relation that holds rows: the table itself, or a leaf of a partitioned one.
type heap struct {
	name        catalog.Name
	file        string
	pages       int64
	bytes       int64
	rows        float64
	readable    bool
	addressable bool // its rows can be read by ranges of pages
}

// heapColumns describes the relations c. Only PostgreSQL 14 and later scan a range of pages without reading the rest.
const heapColumns = `SELECT n.nspname, c.relname, coalesce(pg_catalog.pg_relation_filenode(c.oid), 0),
  CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) / current_setting('block_size')::int ELSE 0 END,
  CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_table_size(c.oid) ELSE -1 END,
  c.reltuples, pg_catalog.has_table_privilege(c.oid, 'SELECT'),
  coalesce(a.amname = 'heap', false) AND c.relkind IN ('r', 'm') AND current_setting('server_version_num')::int >= 140000
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam`

// heapsOf lists the heaps of one table; a partitioned table is read as its leaves.
func heapsOf(name catalog.Name) string {
	root := quoteLiteral(quoteName(name)) + "::pg_catalog.regclass"
	return heapColumns + ` WHERE c.relkind <> 'p' AND c.oid IN (SELECT ` + root + `::oid UNION ALL
  SELECT relid::oid FROM pg_catalog.pg_partition_tree(` + root + `) WHERE isleaf) ORDER BY n.nspname, c.relname`
}

// plainHeaps lists all ordinary tables, each of which is its own heap.
const plainHeaps = heapColumns + ` WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'`

// enoughLookups is from how many look-ups on all tables are looked up at once: one by one, a table that small takes longer
// to look up than to read.
const enoughLookups = 8

// heaps lists where a table's rows are. Within one snapshot that does not change.
func (s *snapshot) heaps(ctx context.Context, w *wire, t *catalog.Table) ([]heap, error) {
	s.mu.Lock()
	all, ok := s.mu.heaps[t.Name]
	if !ok {
		s.mu.lookups++
	}
	bulk := s.mu.lookups == enoughLookups
	s.mu.Unlock()
	if ok {
		return all, nil
	}
	if bulk {
		if err := s.lookUp(ctx, w, plainHeaps, func(h heap) { s.mu.heaps[h.name] = []heap{h} }); err != nil {
			return nil, classify(ctx, "look up all tables", err)
		}
		return s.heaps(ctx, w, t) // views and partitioned tables are not among them
	}
	if err := s.lookUp(ctx, w, heapsOf(t.Name), func(h heap) { all = append(all, h) }); err != nil {
		return nil, classify(ctx, "look up "+t.Name.String(), err)
	}
	s.mu.Lock()
	s.mu.heaps[t.Name] = all
	s.mu.Unlock()
	return all, nil
}

// lookUp runs a query for heaps; take is called under the snapshot's lock.
func (s *snapshot) lookUp(ctx context.Context, w *wire, sql string, take func(heap)) error {
	return w.query(ctx, sql, func(v [][]byte) error {
		rows, err := strconv.ParseFloat(string(v[5]), 64)
		if err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		take(heap{
			name: catalog.Name{Schema: string(v[0]), Name: string(v[1])}, file: string(v[2]), pages: int64(signed(v[3])),
			bytes: int64(signed(v[4])), rows: rows, readable: v[6][0] == 't', addressable: v[7][0] == 't',
		})
		return nil
	})
}
