package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// ownPrefix begins the names of what Whimbrel makes at a source.
const ownPrefix = "whimbrel_"

// runName makes a name that slots and publications may have from the name of a run.
func runName(run string) string {
	sum := sha256.Sum256([]byte(run))
	tail := "_" + hex.EncodeToString(sum[:4])
	var b strings.Builder
	for _, c := range strings.ToLower(run) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteRune(c)
		} else if s := b.String(); s != "" && s[len(s)-1] != '_' {
			b.WriteByte('_')
		}
		if b.Len() >= maxName-len(ownPrefix)-len(tail) {
			break
		}
	}
	return ownPrefix + strings.Trim(b.String(), "_") + tail
}

// publication is what the server offers under a name.
type publication struct {
	name       string
	everything bool // FOR ALL TABLES
	rooted     bool // publishes changes of partitions as those of the root
	complete   bool // all kinds of changes
	filtered   bool // rows or columns are left out
	tables     map[catalog.Name]bool
}

const publicationsSQL = `SELECT p.pubname, p.puballtables, p.pubviaroot, p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate,
 EXISTS (SELECT FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid AND (r.prqual IS NOT NULL OR r.prattrs IS NOT NULL))
 FROM pg_catalog.pg_publication p`

// publishedSQL lists tables whose changes are published, the partitions of published tables among them.
const publishedSQL = `SELECT DISTINCT n.nspname, c.relname FROM pg_catalog.pg_publication_tables p
 JOIN pg_catalog.pg_namespace rn ON rn.nspname = p.schemaname JOIN pg_catalog.pg_class r ON r.relnamespace = rn.oid AND r.relname = p.tablename
 CROSS JOIN LATERAL (SELECT r.oid AS relid UNION SELECT relid FROM pg_catalog.pg_partition_tree(r.oid) UNION SELECT relid FROM pg_catalog.pg_partition_ancestors(r.oid)) t
 JOIN pg_catalog.pg_class c ON c.oid = t.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname = `

func readPublications(ctx context.Context, w *wire, condition string) ([]*publication, error) {
	var all []*publication
	err := w.query(ctx, publicationsSQL+condition+" ORDER BY 1", func(v [][]byte) error {
		all = append(all, &publication{
			name: string(v[0]), everything: v[1][0] == 't', rooted: v[2][0] == 't', complete: v[3][0] == 't', filtered: v[4][0] == 't',
			tables: map[catalog.Name]bool{},
		})
		return nil
	})
	if err != nil {
		return nil, classify(ctx, "look up publications", err)
	}
	for _, p := range all {
		if err := p.readTables(ctx, w); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (p *publication) readTables(ctx context.Context, w *wire) error {
	return classify(ctx, "look up publication "+p.name, w.query(ctx, publishedSQL+quoteLiteral(p.name), func(v [][]byte) error {
		p.tables[catalog.Name{Schema: string(v[0]), Name: string(v[1])}] = true
		return nil
	}))
}

// lacks lists what the publication does not publish of the names.
func (p *publication) lacks(names []catalog.Name) []catalog.Name {
	var missing []catalog.Name
	for _, n := range names {
		if !p.tables[n] {
			missing = append(missing, n)
		}
	}
	return missing
}

// unfit says why a publication that is not ours cannot serve; empty when it can.
func (p *publication) unfit(names []catalog.Name, partitions bool) string {
	switch missing := p.lacks(names); {
	case !p.complete:
		return "it does not publish all of insert, update, delete and truncate"
	case p.filtered:
		return "it leaves rows or columns out"
	case p.rooted && partitions:
		return "it publishes the changes of partitions as those of their root (publish_via_partition_root)"
	case len(missing) > 0:
		return fmt.Sprintf("it lacks %d of %d tables, %s among them", len(missing), len(names), missing[0])
	}
	return ""
}

// pubs are the publications that a stream names.
type pubs struct {
	whole string
	part  string // that of inserts and truncations alone; empty where there is none
	// from is the position from which on a stream can name part, that cannot yet.
	from lsn
	// undecided says that it is not known yet.
	undecided bool
}

// own reports whether Whimbrel has made them.
func (p pubs) own() bool { return strings.HasPrefix(p.whole, ownPrefix) }

// fitting is the publication that is there for a stream: our own, or one that has all the tables; empty if one has to be made.
func fitting(found []*publication, own string, names []catalog.Name, partitions bool) string {
	if slices.ContainsFunc(found, func(p *publication) bool { return p.name == own }) {
		return own
	}
	for _, p := range found {
		if !strings.HasPrefix(p.name, ownPrefix) && p.unfit(names, partitions) == "" {
			return p.name
		}
	}
	return ""
}

// publishedBefore refuses to begin in the past with a publication that would have to be made now: pgoutput looks publications up
// as they were when a change was written. Up to version 17 it refuses what comes before ours; later versions pass it over in
// silence ("skipped loading publication", PostgreSQL 18, pgoutput.c).
func (s *source) publishedBefore(ctx context.Context, r connector.StreamRequest, slot string) error {
	if s.settings.publication != "" || s.settings.plugin == testDecoding {
		return nil
	}
	if s.settings.plugin == pglogical {
		return s.setsBefore(ctx, r, slot)
	}
	names, partitions := followedNames(r)
	return s.withSide(ctx, func(w *wire) error {
		found, err := readPublications(ctx, w, "")
		if err != nil || fitting(found, runName(r.Run), names, partitions) != "" {
			return err
		}
		return &connector.Error{
			Class: connector.Invalid, Err: errors.New("no publication has the tables, and one that is made now does not hold for what was written before it"),
			Remedy: "make a publication of the tables before the replication slot (CREATE PUBLICATION … FOR TABLE …), or a slot of test_decoding and set PluginName to test_decoding",
		}
	})
}

// publicationFor finds or makes the publications for a stream from a position: the one the setting names, one that has all the
// tables, or our own.
func (s *source) publicationFor(ctx context.Context, w *wire, r connector.StreamRequest, from lsn) (pubs, error) {
	names, partitions := followedNames(r)
	if name := s.settings.publication; name != "" {
		return pubs{whole: name}, s.namedPublication(ctx, w, name, names, partitions)
	}
	own := runName(r.Run)
	if s.settings.plugin != pgoutput {
		return pubs{whole: own}, s.emptyPublication(ctx, w, own)
	}
	found, err := readPublications(ctx, w, "")
	if err != nil {
		return pubs{}, err
	}
	if there := fitting(found, own, names, partitions); there != "" && there != own {
		return pubs{whole: there}, nil
	}
	p, err := s.ownPublications(ctx, w, r, own, from)
	if err == nil && p.part == "" {
		err = s.addTables(ctx, w, own, names)
	}
	return p, err
}

// namedPublication checks whether the publication that the setting names can serve.
func (s *source) namedPublication(ctx context.Context, w *wire, name string, names []catalog.Name, partitions bool) error {
	found, err := readPublications(ctx, w, " WHERE p.pubname = "+quoteLiteral(name))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return &connector.Error{
			Class: connector.Missing, Err: fmt.Errorf("there is no publication %q (setting PublicationName)", name),
			Remedy: "CREATE PUBLICATION " + quote(name) + " FOR TABLE " + quoteTables(names, ""),
		}
	}
	if why := found[0].unfit(names, partitions); why != "" {
		return &connector.Error{
			Class: connector.Invalid, Err: fmt.Errorf("publication %q (setting PublicationName) cannot serve: %s", name, why),
			Remedy: "ALTER PUBLICATION " + quote(name) + " SET TABLE " + quoteTables(names, "") + ", and SET (publish = 'insert, update, delete, truncate', publish_via_partition_root = false)",
		}
	}
	return nil
}

// emptyPublication stands for a run whose plugin reads the log without publications, so that what it needs besides stays. One that
// publishes tables would do nothing but harm.
func (s *source) emptyPublication(ctx context.Context, w *wire, own string) error {
	there := false
	if err := w.query(ctx, "SELECT FROM pg_catalog.pg_publication p WHERE pubname = "+quoteLiteral(own)+
		" AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid)", func([][]byte) error {
		there = true
		return nil
	}); err != nil || there {
		return classify(ctx, "look up publication "+own, err)
	}
	if standby, err := onStandby(ctx, w); err != nil || standby {
		return err
	}
	sql := "CREATE PUBLICATION " + quote(own)
	err := w.exec(ctx, "SET client_min_messages = error; DROP PUBLICATION IF EXISTS "+quote(own)+"; "+sql+"; COMMENT ON PUBLICATION "+quote(own)+" IS '[]'")
	return withRemedy(classify(ctx, "make a publication", err), "let an administrator run: "+sql)
}

// addTables publishes tables that are there. One that is not has been dropped or renamed since: its changes up to then were
// published under its old name, which the stream still knows.
func (s *source) addTables(ctx context.Context, w *wire, name string, names []catalog.Name) error {
	p := &publication{name: name, tables: map[catalog.Name]bool{}}
	if err := p.readTables(ctx, w); err != nil {
		return err
	}
	names, err := present(ctx, w, p.lacks(names))
	if len(names) == 0 || err != nil {
		return err
	}
	sql := "ALTER PUBLICATION " + quote(name) + " ADD TABLE " + quoteTables(names, "ONLY ")
	err = w.exec(ctx, sql)
	if pg := serverErrorIn(err); pg != nil && pg.Code == "42710" { // already a member
		err = nil
	}
	return withRemedy(classify(ctx, "publish more tables", err), "let an administrator run: "+sql)
}

// present leaves out the names of tables that are not there.
func present(ctx context.Context, w *wire, names []catalog.Name) (there []catalog.Name, err error) {
	for _, n := range names {
		sql := "SELECT pg_catalog.to_regclass(" + quoteLiteral(quoteName(n)) + ") IS NOT NULL"
		if err := w.query(ctx, sql, func(v [][]byte) error {
			if v[0][0] == 't' {
				there = append(there, n)
			}
			return nil
		}); err != nil {
			return nil, classify(ctx, "look up table "+n.String(), err)
		}
	}
	return there, nil
}

// withRemedy names a remedy where the error is of missing rights.
func withRemedy(err error, remedy string) error {
	if connector.ClassOf(err) == connector.Denied {
		return &connector.Error{Class: connector.Denied, Err: err, Remedy: remedy}
	}
	return err
}

// followedNames lists the tables to publish. The server publishes partitions with their root; naming both does no harm.
func followedNames(r connector.StreamRequest) (names []catalog.Name, partitions bool) {
	for _, f := range r.Tables {
		if isUnlogged(f.Table) { // the server refuses to publish what is in no log
			continue
		}
		names = append(names, f.Table.Name)
		partitions = partitions || f.Table.PartitionOf != nil
	}
	if r.Loopback != (catalog.Name{}) {
		names = append(names, r.Loopback)
	}
	slices.SortFunc(names, func(a, b catalog.Name) int { return strings.Compare(a.String(), b.String()) })
	return names, partitions
}

// quoteTables lists names, each with something before it.
func quoteTables(names []catalog.Name, before string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = before + quoteName(n)
	}
	return strings.Join(quoted, ", ")
}
