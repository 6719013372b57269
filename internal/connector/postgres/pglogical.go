package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// pglogicalStream makes of what pglogical's output plugin says in its native protocol (pglogical 2.4, internals-doc/protocol.txt and
// pglogical_proto_native.c) what pgoutput would say, for the stream to take in. That protocol tells columns by name alone, so
// that their types come from elsewhere; it tells generated columns too, and TRUNCATE as a row of a queue.
type pglogicalStream struct {
	stream *stream
	sets   replicationSets
	// audited says that each change of structure is told where it stands.
	audited bool
	tables  map[uint32]*pglogicalTable
	// emptied are partitioned tables that were emptied by what is being told: their partitions follow, each by itself.
	emptied map[catalog.Name]bool
	out     []byte
}

// pglogicalTable is a table as the plugin has described it.
type pglogicalTable struct {
	columns []string
	skipped []bool // computed by the database
	queue   bool   // pglogical.queue
}

// pglogicalSchema is where the extension lives; it cannot be moved.
const pglogicalSchema = "pglogical"

func newPglogicalStream(s *stream) *pglogicalStream {
	return &pglogicalStream{stream: s, tables: map[uint32]*pglogicalTable{}, emptied: map[catalog.Name]bool{}}
}

// prepare looks at what the stream needs to know before it begins.
func (p *pglogicalStream) prepare(ctx context.Context, w *wire) (err error) {
	if p.sets, err = p.stream.src.setsFor(ctx, w, p.stream.r, p.stream.slot); err != nil {
		return err
	}
	if err := p.stream.warnOfKeyless(ctx, w, p.sets); err != nil {
		return err
	}
	if !p.stream.src.settings.captureDDL {
		return nil
	}
	p.audited, err = auditStands(ctx, w)
	return err
}

// options ask for text in UTF-8, and for what has come from other nodes as well, as pgoutput tells it.
func (p *pglogicalStream) options() string {
	return fmt.Sprintf(`(startup_params_format '1', min_proto_version '1', max_proto_version '1', proto_format 'native', expected_encoding 'UTF8',`+
		` "pglogical.forward_origins" 'all', "pglogical.replication_set_names" %s)`, quoteLiteral(quote(p.sets.whole)+","+quote(p.sets.part)))
}

// take takes a message of the plugin.
func (p *pglogicalStream) take(ctx context.Context, body []byte, sent uint64) error {
	if len(body) < 2 {
		return errMalformed
	}
	m := &message{p: body[2:]} // flags, none of which are known, follow the kind
	if kind := body[0]; kind != 'S' && body[1] != 0 {
		return fmt.Errorf("%w: message %q with flags %x", errMalformed, kind, body[1])
	}
	switch body[0] {
	case 'S':
		return startedWith(m.p)
	case 'B':
		clear(p.emptied)
		p.out = append(append(p.out[:0], 'B'), m.p...)
	case 'C':
		p.out = append(append(p.out[:0], 'C', 0), m.p...)
	case 'O':
		return nil
	case 'R':
		return p.relation(ctx, m)
	case 'I', 'U', 'D':
		return p.change(ctx, body[0], m, sent)
	default:
		return fmt.Errorf("%w: message %q of pglogical is not known", errMalformed, body[0])
	}
	return p.stream.message(ctx, p.out, sent)
}

// startedWith checks what the plugin says it will send.
func startedWith(parameters []byte) error {
	parts := bytes.Split(parameters, []byte{0})
	for i := 0; i+1 < len(parts); i += 2 {
		if key, value := string(parts[i]), string(parts[i+1]); key == "encoding" && value != "UTF8" {
			return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("pglogical sends values in the database's encoding, %s", value), Remedy: otherPlugin}
		}
	}
	return nil
}

// otherPlugin is what serves where pglogical does not.
const otherPlugin = "set PluginName to pgoutput"

// name reads a name with its length before it.
func (m *message) name(length int) string { return string(bytes.TrimSuffix(m.take(length), []byte{0})) }

// relation takes the description of a table.
func (p *pglogicalStream) relation(ctx context.Context, m *message) error {
	r := relationMessage{id: m.uint32(), identity: 'n'}
	r.schema = m.name(int(m.byte()))
	r.name = m.name(int(m.byte()))
	if m.byte() != 'A' {
		return errMalformed
	}
	t := &pglogicalTable{queue: r.schema == pglogicalSchema && r.name == "queue"}
	for range m.uint16() {
		if m.byte() != 'C' {
			return errMalformed
		}
		key := m.byte()&1 != 0
		if m.byte() != 'N' {
			return errMalformed
		}
		c := relationColumn{name: m.name(m.uint16()), modifier: -1, key: key}
		if key {
			r.identity = 'd'
		}
		r.columns = append(r.columns, c)
		t.columns = append(t.columns, c.name)
	}
	if m.bad {
		return errMalformed
	}
	p.tables[r.id] = t
	if t.queue {
		return nil
	}
	return p.tell(ctx, &r, t)
}

// tell describes a table to the stream as pgoutput would.
func (p *pglogicalStream) tell(ctx context.Context, r *relationMessage, t *pglogicalTable) error {
	s := p.stream
	if err := s.visible(ctx); err != nil {
		return err
	}
	known, err := p.columnsOf(ctx, r)
	if err != nil {
		return err
	}
	t.skipped = make([]bool, len(r.columns))
	rel := &streamed{relationMessage: *r, name: catalog.Name{Schema: r.schema, Name: r.name}, types: []string{}}
	rel.columns = nil
	for i, c := range r.columns {
		k := known[c.name]
		if t.skipped[i] = k.Generated; k.Generated {
			continue
		}
		if c.oid, err = p.typeOf(ctx, k.Type); err != nil {
			return err
		}
		rel.columns, rel.types = append(rel.columns, c), append(rel.types, k.Type)
	}
	f := s.ids[r.id]
	if r.identity == 'n' && f != nil && f.f.Table.PrimaryKey != nil && !p.joins() { // else it is told, and taken out of the set of updates
		s.giveUp(f, "it has lost its primary key, or has another replica identity: its updates and deletes are not told any more")
		return nil
	}
	return s.related(ctx, rel)
}

// joins reports whether new tables, and those with another key, join the sets by themselves where they stand in the log.
func (p *pglogicalStream) joins() bool {
	return p.audited && strings.HasPrefix(p.sets.whole, ownPrefix)
}

// columnsOf finds the types of a table's columns at this place of the log: as the audit has told them; else as they are followed, where the
// audit would have told of another; else as the catalog has them by now.
func (p *pglogicalStream) columnsOf(ctx context.Context, r *relationMessage) (map[string]toldColumn, error) {
	known := map[string]toldColumn{}
	if told, ok := p.stream.told[r.id]; ok {
		for _, c := range told {
			known[c.Name] = c
		}
		return known, nil
	}
	sql := fmt.Sprintf("SELECT attname, pg_catalog.format_type(atttypid, atttypmod), attgenerated <> '' FROM pg_catalog.pg_attribute WHERE attrelid = %d AND attnum > 0 AND NOT attisdropped", r.id)
	if err := p.stream.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up the columns of "+r.schema+"."+r.name, w.query(ctx, sql, func(v [][]byte) error {
			known[string(v[0])] = toldColumn{Name: string(v[0]), Type: string(v[1]), Generated: v[2][0] == 't'}
			return nil
		}))
	}); err != nil {
		return nil, err
	}
	if f := p.stream.ids[r.id]; f != nil && (p.audited || len(known) == 0) {
		for _, c := range f.f.Table.Columns {
			known[c.Name] = toldColumn{Name: c.Name, Type: c.NativeType, Generated: c.Generated != ""}
		}
	}
	return known, nil
}

// typeOf is the identifier of a type, that of text where the source has none of the name any more: its values come as text.
func (p *pglogicalStream) typeOf(ctx context.Context, native string) (id uint32, err error) {
	if native == "" {
		return oidText, nil
	}
	err = p.stream.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up type "+native, w.query(ctx, fmt.Sprintf("SELECT coalesce(pg_catalog.to_regtype(%s)::pg_catalog.oid, %d)", quoteLiteral(native), oidText), func(v [][]byte) error {
			id = number(v[0])
			return nil
		}))
	})
	return id, err
}

// change takes a row.
func (p *pglogicalStream) change(ctx context.Context, kind byte, m *message, sent uint64) error {
	id := m.uint32()
	t := p.tables[id]
	if t == nil {
		return fmt.Errorf("%w: a change of a table that was not described", errMalformed)
	}
	if t.queue {
		return p.queued(ctx, kind, t, m)
	}
	clear(p.emptied)
	out := binary.BigEndian.AppendUint32(append(p.out[:0], kind), id)
	for len(m.p) > 0 {
		part := m.byte()
		if part != 'K' && part != 'N' && part != 'O' {
			return errMalformed
		}
		out = t.row(append(out, part), m)
	}
	p.out = out
	if m.bad {
		return errMalformed
	}
	return p.stream.message(ctx, out, sent)
}

// row writes a row as pgoutput would: without the columns that the database computes, and the zero byte that ends every text.
func (t *pglogicalTable) row(out []byte, m *message) []byte {
	if m.byte() != 'T' || m.uint16() != len(t.columns) {
		m.bad, m.p = true, nil
		return out
	}
	count := 0
	for _, skipped := range t.skipped {
		if !skipped {
			count++
		}
	}
	out = binary.BigEndian.AppendUint16(out, uint16(count))
	for i := range t.columns {
		kind := m.byte()
		var value []byte
		switch kind {
		case 'n', 'u':
		case 't':
			value = bytes.TrimSuffix(m.take(int(int32(m.uint32()))), []byte{0})
		default:
			m.bad, m.p = true, nil
		}
		if m.bad {
			return out
		}
		if t.skipped[i] {
			continue
		}
		out = append(out, kind)
		if kind == 't' {
			out = append(binary.BigEndian.AppendUint32(out, uint32(len(value))), value...)
		}
	}
	return out
}

// queued takes a row of pglogical's queue: what its triggers tell of TRUNCATE. All else is for nodes of its own.
func (p *pglogicalStream) queued(ctx context.Context, kind byte, t *pglogicalTable, m *message) error {
	if kind != 'I' {
		m.p = nil
		return nil
	}
	var row tuple
	t.skipped = make([]bool, len(t.columns))
	if m.byte() != 'N' || !row.read(&message{p: t.row(nil, m)}) || m.bad {
		return errMalformed
	}
	field := func(name string) []byte {
		if i := slices.Index(t.columns, name); i >= 0 {
			return row.values[i]
		}
		return nil
	}
	if string(field("message_type")) != "T" {
		return nil
	}
	var table struct {
		Schema string `json:"schema_name"`
		Name   string `json:"table_name"`
	}
	if err := json.Unmarshal(field("message"), &table); err != nil {
		return fmt.Errorf("%w: a TRUNCATE in pglogical's queue: %w", errMalformed, err)
	}
	return p.truncate(ctx, catalog.Name{Schema: table.Schema, Name: table.Name})
}

// truncate tells of an emptied table. One that is partitioned is told of first, then each of its partitions.
func (p *pglogicalStream) truncate(ctx context.Context, name catalog.Name) error {
	s := p.stream
	if s.echoed {
		return nil
	}
	f := s.names[name]
	if f == nil {
		root, err := p.rootOf(ctx, name)
		if root == nil || err != nil || p.emptied[root.f.Table.Name] || s.final < root.since {
			return err
		}
		s.giveUp(root, fmt.Sprintf("partition %s was truncated by itself: which rows went is not said", name))
		return nil
	}
	if s.final < f.since {
		return nil
	}
	if f.f.Table.PartitionBy != "" {
		p.emptied[name] = true
	}
	s.announce(&connector.Structure{Kind: connector.Truncated, Number: f.f.Number, Table: f.f.Table, SQL: "TRUNCATE TABLE " + quoteName(name)})
	return nil
}

// rootOf finds the table that is followed as a whole whose partition another is.
func (p *pglogicalStream) rootOf(ctx context.Context, name catalog.Name) (*followed, error) {
	rel := &streamed{name: name}
	if err := p.stream.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up table "+name.String(), w.query(ctx, "SELECT coalesce(pg_catalog.to_regclass("+quoteLiteral(quoteName(name))+")::pg_catalog.oid, 0)", func(v [][]byte) error {
			rel.id = number(v[0])
			return nil
		}))
	}); err != nil {
		return nil, err
	}
	for _, known := range p.stream.relations {
		if known.name == name {
			rel.id = known.id
		}
	}
	err := p.stream.findRoot(ctx, rel)
	return rel.f, err
}
