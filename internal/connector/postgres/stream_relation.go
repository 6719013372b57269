package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// followed is a table whose changes are delivered.
type followed struct {
	f       connector.Followed
	layouts []change.Layout
	places  map[string]int // of columns by name
	since   lsn            // transactions that have committed before are in the target already
}

func newFollowed(f connector.Followed) *followed {
	t := &followed{f: f, places: map[string]int{}}
	for i, c := range f.Columns {
		t.layouts = append(t.layouts, c.Layout)
		t.places[c.Column.Name] = i
	}
	return t
}

// streamed is a table as the stream describes it.
type streamed struct {
	relationMessage
	name    catalog.Name
	root    catalog.Name // the followed table whose partition it is
	f       *followed
	ignored bool
	audit   bool // our record of DDL
	loop    bool // marks what has come from elsewhere
	offered bool // as a new table
	settled bool // its structure has been compared with the followed one
	// unrenamed says that no column has got another name, however much it looks so.
	unrenamed bool
	// steps says that what is followed comes from an earlier place of the stream, so that any other type is a step behind it.
	steps   bool
	types   []string
	numbers []int // of the columns, where the table itself was looked at
	// computed are the numbers of the columns that it does not send, where the audit has told of them.
	computed []int
	// alias leads from columns to the names under which they are followed, which they get later.
	alias map[string]string
	plan  *relationPlan
	// arrived counts the descriptions in the order in which the server has sent them.
	arrived uint64
}

// relationPlan is how the rows of a relation become rows of the followed table.
type relationPlan struct {
	columns []planColumn
	missing []int // columns of the followed table that the stream does not send
	// computed are those that the server computes of what it sends.
	computed []*computed
	// always says that every update must tell which row it changes: the table's primary key is not what identifies it.
	always bool
}

type planColumn struct {
	name         string
	to           int  // place in the followed table; -1 when nobody wants it
	key          bool // part of what identifies the row
	binary, text decoder
}

// relation takes the description of a table, which comes before its first change and again after every change of its
// structure.
func (s *stream) relation(ctx context.Context, m *message) error {
	message, ok := m.relation()
	if !ok {
		return errMalformed
	}
	return s.described(ctx, tableDescription{message, s.progress.arrival()})
}

// described takes a description of a table.
func (s *stream) described(ctx context.Context, d tableDescription) error {
	return s.related(ctx, &streamed{relationMessage: d.relationMessage, name: catalog.Name{Schema: d.schema, Name: d.name}, arrived: d.arrived})
}

// related takes a table as the stream describes it from here on.
func (s *stream) related(ctx context.Context, rel *streamed) error {
	s.numbered(rel)
	before := s.relations[rel.id]
	if s.progress.known(before, rel) {
		return nil
	}
	if before != nil {
		rel.root = before.root
		if before.f != nil && before.name != rel.name && before.root == (catalog.Name{}) && s.numbers[before.f.f.Number] == before.f {
			rel.f = before.f // it has been renamed
		}
	}
	s.relations[rel.id] = rel
	if rel.name == s.r.Loopback {
		rel.loop = true
		return nil
	}
	if rel.name == (catalog.Name{Schema: s.src.settings.artifacts, Name: auditTable}) {
		rel.audit = true
		return nil
	}
	return s.settle(ctx, rel)
}

// settle finds whose changes a relation brings, and tells when its structure is another than before.
func (s *stream) settle(ctx context.Context, rel *streamed) error {
	if err := s.visible(ctx); err != nil {
		return err
	}
	rel.settled, rel.plan, rel.ignored = true, nil, false
	if rel.f == nil {
		rel.f = s.ids[s.identifierOf(rel)]
	}
	if rel.f == nil {
		rel.f = s.names[rel.name]
		if rel.f != nil && rel.f.isAnother(s.identifierOf(rel)) {
			s.giveUp(rel.f, "another table has got its name")
			rel.f, rel.ignored = nil, true
			return nil
		}
	}
	if rel.f == nil {
		if err := s.findRoot(ctx, rel); err != nil {
			return err
		}
	}
	if rel.f == nil {
		rel.ignored = true
		return s.newcomer(ctx, rel)
	}
	if rel.root != (catalog.Name{}) {
		return nil // the root's own DDL tells
	}
	return s.compare(ctx, rel)
}

const ancestorsSQL = `SELECT n.nspname, c.relname FROM pg_catalog.pg_partition_ancestors(%d) a
 JOIN pg_catalog.pg_class c ON c.oid = a.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`

// findRoot looks whether the relation is a partition of a table that is followed as a whole.
func (s *stream) findRoot(ctx context.Context, rel *streamed) error {
	partitioned := false
	for _, t := range s.numbers {
		partitioned = partitioned || t.f.Table.PartitionBy != ""
	}
	if !partitioned {
		return nil
	}
	return s.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up the partitions of "+rel.name.String(), w.query(ctx, fmt.Sprintf(ancestorsSQL, rel.id), func(v [][]byte) error {
			n := catalog.Name{Schema: string(v[0]), Name: string(v[1])}
			if t := s.names[n]; t != nil && rel.f == nil && n != rel.name {
				rel.f, rel.root = t, n
			}
			return nil
		}))
	})
}

// planOf works out how rows are decoded. It returns nil when the relation's changes are not wanted any more.
func (s *stream) planOf(ctx context.Context, rel *streamed) (*relationPlan, error) {
	if rel.plan != nil {
		return rel.plan, nil
	}
	if !rel.settled {
		if err := s.settle(ctx, rel); err != nil || rel.ignored {
			return nil, err
		}
	}
	if rel.f == nil {
		return nil, nil
	}
	all := make([]attribute, len(rel.columns))
	for i, c := range rel.columns {
		all[i] = attribute{name: c.name, oid: c.oid, modifier: c.modifier}
	}
	if err := s.knowTypes(ctx, all); err != nil {
		return nil, err
	}
	var err error
	p := &relationPlan{}
	sent := map[string]bool{}
	for i, c := range rel.columns {
		name := c.name
		if later, ok := rel.alias[name]; ok {
			name = later
		}
		sent[name] = true
		pc := planColumn{name: name, to: -1}
		if to, ok := rel.f.places[name]; ok {
			pc.to = to
			l := rel.f.layouts[to]
			if l == change.Native && !s.binary {
				return nil, &connector.Error{Class: connector.Lost, Err: fmt.Errorf("the stream is in text, and %s is asked for in binary: it must be opened again", rel.name)}
			}
			pc.binary, pc.text = s.decoders(&all[i], l)
			if column := rel.f.f.Columns[to].Column; l == change.Native {
				if pc.binary, err = s.nativeDecoder(ctx, rel, i, &all[i], column.NativeType, pc.binary); err != nil {
					return nil, err
				}
			}
		}
		p.columns = append(p.columns, pc)
	}
	for i, c := range rel.f.f.Columns {
		if !sent[c.Column.Name] {
			p.missing = append(p.missing, i)
		}
	}
	if err := s.computes(ctx, rel, p); err != nil {
		return nil, err
	}
	p.always = p.chooseKey(rel)
	rel.plan = p
	return p, nil
}

// chooseKey marks the columns that identify a row: the primary key, or what the replica identity says where that is
// something else.
func (p *relationPlan) chooseKey(rel *streamed) (always bool) {
	var primary []string
	if k := rel.f.f.Table.PrimaryKey; k != nil {
		primary = k.Columns
	}
	whole := len(primary) > 0 && !rel.f.f.Table.PrimaryKey.Deferrable // which two rows may have until a statement ends
	for _, n := range primary {
		whole = whole && slices.ContainsFunc(p.columns, func(c planColumn) bool { return c.name == n && c.to >= 0 })
	}
	same := true
	for i := range p.columns {
		c := &p.columns[i]
		inPrimary := slices.Contains(primary, c.name)
		if rel.identity == 'f' && whole {
			c.key = inPrimary
			continue
		}
		c.key = rel.columns[i].key || rel.identity == 'f'
		same = same && c.key == inPrimary
	}
	return !whole || !same
}

// decoders returns how a column is read in either form. Native values that name objects of the source are spelled out.
func (s *stream) decoders(a *attribute, l change.Layout) (fromBinary, fromText decoder) {
	if l == change.Native && a.names != "" {
		return s.nameDecoder(a.names), decodeVerbatim
	}
	if fromBinary = binaryDecoder(a, l); fromBinary == nil {
		fromBinary = s.convertingDecoder(*a, l)
	}
	if l == change.Decimal && a.base == oidMoney {
		return fromBinary, s.moneyDecoder(a)
	}
	return fromBinary, textDecoder(a, l)
}

// nativeDecoder is decode, which takes the bytes as they are, unless the stream is at a place where the column has another type than the
// one it is followed by: then the server makes a value of that type of each.
func (s *stream) nativeDecoder(ctx context.Context, rel *streamed, i int, a *attribute, followed string, decode decoder) (decoder, error) {
	if err := s.nameTypes(ctx, rel); err != nil || rel.types[i] == followed {
		return decode, err
	}
	var oid uint32
	plain := "" // without a length or precision, beyond which a cast would cut the value
	sql := "SELECT t::pg_catalog.oid, pg_catalog.format_type(t, NULL) FROM pg_catalog.to_regtype(" + quoteLiteral(followed) + ") t WHERE t IS NOT NULL"
	err := s.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up type "+followed, w.query(ctx, sql, func(v [][]byte) error {
			oid, plain = number(v[0]), string(v[1])
			return nil
		}))
	})
	switch {
	case err != nil:
		return nil, err
	case oid == a.oid:
		return decode, nil
	case oid == 0:
		return nil, &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("column %s of %s is %s here and was %s, which the source does not know any more", a.name, rel.name, rel.types[i], followed), Remedy: "reload the table"}
	}
	from := a.oid
	return func(v *change.Vector, p []byte) error {
		ctx, cancel := context.WithTimeout(s.pump.ctx, connectTimeout)
		defer cancel()
		return s.side.do(ctx, func(w *wire) error {
			return w.convert(ctx, "CAST($1 AS "+plain+")", from, p, func(made []byte) error { return decodeVerbatim(v, made) })
		})
	}, nil
}

// nameDecoder spells the objects that identifiers stand for, as they are called now.
func (s *stream) nameDecoder(typeName string) decoder {
	spelled := map[uint32]string{}
	return func(v *change.Vector, p []byte) error {
		if len(p) != 4 {
			return wrongSize(p, 4)
		}
		id := binary.BigEndian.Uint32(p)
		text, ok := spelled[id]
		if !ok {
			ctx, cancel := context.WithTimeout(s.pump.ctx, connectTimeout)
			defer cancel()
			sql := fmt.Sprintf("SELECT %d::pg_catalog.oid::pg_catalog.%s::pg_catalog.text", id, typeName)
			if err := s.side.do(ctx, func(w *wire) error {
				return w.query(ctx, sql, func(row [][]byte) error {
					text = string(row[0])
					return nil
				})
			}); err != nil {
				return err
			}
			spelled[id] = text
		}
		v.AppendString(text)
		return nil
	}
}

// knowTypes completes attributes by what the server says of their types.
func (s *stream) knowTypes(ctx context.Context, all []attribute) error {
	book := s.src.types
	known := true
	for i := range all {
		t, ok := book.lookup(all[i].oid)
		known = known && ok
		all[i].wireType = t
		if all[i].modifier < 0 {
			all[i].modifier = t.modifier
		}
	}
	if known {
		return nil
	}
	return s.side.do(ctx, func(w *wire) error { return book.know(ctx, w, all) })
}

// chooseFormat decides between binary and text. Native asks for binary; a layout that only the server could make of the
// binary form asks for text; where both are asked for the server makes it of each value.
func (s *stream) chooseFormat(ctx context.Context) (bool, error) {
	if s.lines != nil || s.sets != nil {
		return false, nil
	}
	native, text := false, false
	err := s.side.do(ctx, func(w *wire) error {
		for _, t := range s.numbers {
			all, err := s.src.types.attributes(ctx, w, t.f.Table.Name)
			if pg := serverErrorIn(err); pg != nil && (pg.Code == "42P01" || pg.Code == "3F000") {
				continue // dropped or renamed since: the stream will tell
			}
			if err != nil {
				return err
			}
			for i := range all {
				to, ok := t.places[all[i].name]
				if !ok {
					continue
				}
				l := t.layouts[to]
				native = native || l == change.Native
				text = text || binaryDecoder(&all[i], l) == nil
			}
		}
		return nil
	})
	return native || !text, err
}

// newcomer reports a table that is wanted and not followed yet.
func (s *stream) newcomer(ctx context.Context, rel *streamed) error {
	if s.r.Wanted == nil || rel.offered || strings.HasPrefix(rel.name.Name, "awsdms_") {
		return nil
	}
	t, err := s.describeAs(ctx, s.identifierOf(rel), rel.name)
	if err != nil || t.Table == nil || !s.wants(t) {
		return err
	}
	st := &connector.Structure{Kind: connector.Created, Number: -1, Table: t.Table, Parents: t.parents, Entered: true}
	asMade, err := s.asMade(ctx, rel)
	if err != nil {
		return err
	}
	if !asMade {
		st.Before, st.Why = true, "it is not as it was made, and may have had another name and rows under that, which are no changes: reload the table"
	}
	rel.ignored, rel.settled, rel.offered = false, false, true
	s.announce(st)
	return nil
}

// asMade reports whether a table has had its name since it was made. Nothing tells of that but that the transaction that has written its row
// in pg_class last, as renaming does, is the one that has made its column ctid, which nothing changes.
func (s *stream) asMade(ctx context.Context, rel *streamed) (asMade bool, err error) {
	table := "pg_catalog.to_regclass(" + quoteLiteral(quoteName(rel.name)) + ")"
	if id := s.identifierOf(rel); id != 0 {
		table = fmt.Sprint(id)
	}
	sql := "SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'ctid' WHERE c.xmin = a.xmin AND c.oid = " + table
	err = s.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up how old "+rel.name.String()+" is", w.query(ctx, sql, func([][]byte) error {
			asMade = true
			return nil
		}))
	})
	return asMade, err
}

// truncate tells of emptied tables.
func (s *stream) truncate(ctx context.Context, m *message) error {
	if err := s.visible(ctx); err != nil {
		return err
	}
	n := int(m.uint32())
	m.byte() // CASCADE, RESTART IDENTITY: every table concerned is listed
	listed, told := map[uint32]bool{}, map[*followed]bool{}
	var rels []*streamed
	for range n {
		id := m.uint32()
		if m.bad {
			return errMalformed
		}
		if s.echoed {
			continue
		}
		listed[id] = true
		rel := s.relations[id]
		if rel != nil && !rel.settled && !rel.audit && !rel.loop { // it is followed otherwise since it was described
			if err := s.settle(ctx, rel); err != nil {
				return err
			}
		}
		if rel != nil && rel.f != nil && !rel.ignored && !rel.audit && s.final >= rel.f.since {
			rels = append(rels, rel)
		}
	}
	for _, rel := range rels {
		if told[rel.f] {
			continue
		}
		told[rel.f] = true
		whole := rel.root == (catalog.Name{})
		if !whole {
			var err error
			if whole, err = s.wholeRoot(ctx, rel.root, listed); err != nil {
				return err
			}
		}
		st := &connector.Structure{Kind: connector.Truncated, Number: rel.f.f.Number, Table: rel.f.f.Table, SQL: "TRUNCATE TABLE " + quoteName(rel.f.f.Table.Name)}
		if !whole {
			st.Kind, st.SQL = connector.Unreadable, ""
			st.Why = fmt.Sprintf("partition %s was truncated by itself: which rows went is not said", rel.name)
		}
		s.announce(st)
	}
	return nil
}

// wholeRoot reports whether all partitions of a table are among the listed.
func (s *stream) wholeRoot(ctx context.Context, root catalog.Name, listed map[uint32]bool) (bool, error) {
	whole := true
	sql := "SELECT relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(" + quoteLiteral(quoteName(root)) + "::pg_catalog.regclass) WHERE isleaf"
	err := s.side.do(ctx, func(w *wire) error {
		return w.query(ctx, sql, func(v [][]byte) error {
			whole = whole && listed[number(v[0])]
			return nil
		})
	})
	return whole, classify(ctx, "look up the partitions of "+root.String(), err)
}
