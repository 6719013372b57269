package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// pglogicalObstacles looks at what only the plugin pglogical needs: the library, the extension, its encoding and its keys.
func (s *source) pglogicalObstacles(ctx context.Context, w *wire, r connector.StreamRequest) (all []connector.Obstacle, err error) {
	if s.settings.plugin != pglogical {
		return nil, nil
	}
	add := func(about connector.Subject, remedy, format string, args ...any) {
		all = append(all, connector.Obstacle{About: about, Fatal: true, What: fmt.Sprintf(format, args...), Remedy: remedy})
	}
	there, may, err := hasPglogical(ctx, w)
	if err != nil {
		return nil, err
	}
	// shared_preload_libraries is hidden from who may not read all settings; what the library itself defines is there for all.
	sql := "SELECT EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'pglogical.synchronous_commit'), pg_catalog.getdatabaseencoding()"
	if err := w.query(ctx, sql, func(v [][]byte) error {
		switch {
		case v[0][0] != 't':
			add(connector.Extension, mendPglogical, "the server has not loaded pglogical (shared_preload_libraries), which PluginName asks for")
		case !there:
			add(connector.Extension, "CREATE EXTENSION pglogical; or set PluginName to pgoutput", "the database does not have the extension pglogical, which PluginName asks for")
		case !may:
			add(connector.Extension, mayPglogical(w.who), "the user may not use the extension pglogical, which PluginName asks for")
		}
		if encoding := string(v[1]); encoding != "UTF8" {
			add("", otherPlugin, "the database's encoding is %s, and pglogical sends values in that, not in UTF8", encoding)
		}
		return nil
	}); err != nil {
		return nil, classify(ctx, "look for pglogical", err)
	}
	full, err := s.fullIdentities(ctx, w, r)
	return append(all, full...), err
}

// fullIdentities finds tables whose replica identity is full, which pglogical admits to no set of updates and deletes ("pglogical does not
// support REPLICA IDENTITY FULL", its README).
func (s *source) fullIdentities(ctx context.Context, w *wire, r connector.StreamRequest) (all []connector.Obstacle, err error) {
	names, _ := followedNames(r)
	for chunk := range slices.Chunk(names, namesPerLookup) {
		sql := "SELECT DISTINCT n.nspname, c.relname FROM pg_catalog.pg_class o JOIN pg_catalog.pg_namespace m ON m.oid = o.relnamespace CROSS JOIN LATERAL" +
			" (SELECT o.oid AS relid UNION SELECT relid FROM pg_catalog.pg_partition_tree(o.oid)) t JOIN pg_catalog.pg_class c ON c.oid = t.relid AND c.relkind = 'r' AND c.relreplident = 'f'" +
			" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE (m.nspname, o.relname) IN (" + nameList(chunk) + ") ORDER BY 1, 2"
		if err := w.query(ctx, sql, func(v [][]byte) error {
			n := catalog.Name{Schema: string(v[0]), Name: string(v[1])}
			all = append(all, connector.Obstacle{
				About: connector.FullIdentity, Table: n, Fatal: true, What: "its replica identity is full, of which pglogical tells no updates and deletes",
				Remedy: "ALTER TABLE " + quoteName(n) + " REPLICA IDENTITY DEFAULT (with a primary key) or USING INDEX …; or set PluginName to pgoutput",
			})
			return nil
		}); err != nil {
			return nil, classify(ctx, "look at the tables' replica identities", err)
		}
	}
	return all, nil
}

// halfOfKey says what pglogical does not tell of a table without a key that it takes.
func (t *rowIdentity) halfOfKey() (what, remedy string) {
	if t.keyed || t.root || t.persistence == 'u' || t.replica == 'f' { // the first has all, of a root its partitions count, the others are told of elsewhere
		return "", ""
	}
	return "it has no primary key, or one that identifies no row in the log: its updates and deletes are not followed",
		strings.Join([]string{"ALTER TABLE " + quoteName(t.name) + " ADD PRIMARY KEY (…)", "REPLICA IDENTITY USING INDEX …", otherPlugin + " and its replica identity to full"}, ", or ")
}
