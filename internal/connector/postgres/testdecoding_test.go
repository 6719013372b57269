package postgres

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// textPair has its source read through test_decoding.
func textPair(t *testing.T, from, to servertest.PostgreSQLVersion, settings ...string) *pair {
	t.Helper()
	return pairThrough(t, freshPair(t, from, to), "test-decoding", settings...)
}

// pairThrough has the source of a pair read through a plugin.
func pairThrough(t *testing.T, p *pair, plugin string, settings ...string) *pair {
	t.Helper()
	s := map[string]string{"PluginName": plugin}
	for i := 0; i < len(settings); i += 2 {
		s[settings[i]] = settings[i+1]
	}
	source, err := Engine().OpenSource(t.Context(), connector.Config{URL: p.from.URL, Settings: s})
	require.NoError(t, err)
	t.Cleanup(func() { _ = source.Close() })
	require.True(t, source.(connector.PlainStreamer).StreamsPlain())
	p.source = source
	return p
}

// TestTestDecoding does with the plugin test_decoding what is done with pgoutput.
func TestTestDecoding(t *testing.T) {
	const a, b = servertest.PostgreSQL15, servertest.PostgreSQL18
	t.Run("types", func(t *testing.T) { carryEveryType(t, textPair(t, a, b), false) })
	t.Run("writers", func(t *testing.T) { meetUnderWriters(t, textPair(t, b, a), false) })
	t.Run("positions", func(t *testing.T) { goOnFromAnyPosition(t, textPair(t, a, a), false) })
	t.Run("structure", func(t *testing.T) { structureAtItsPlace(t, textPair(t, a, b), false, true) })
	t.Run("structure without audit", func(t *testing.T) {
		structureAtItsPlace(t, textPair(t, b, a, "CaptureDdls", "false"), false, false)
	})
	t.Run("new tables", func(t *testing.T) { newTablesJoin(t, textPair(t, a, b), false) })
	t.Run("later capture", func(t *testing.T) { laterCapture(t, textPair(t, a, b), false) })
	t.Run("large transaction", func(t *testing.T) { largeTransaction(t, textPair(t, a, a), false, 600_000) })
}

// TestTestDecodingOfOddNames has names and values that look like the plugin's own words.
func TestTestDecodingOfOddNames(t *testing.T) {
	p := textPair(t, servertest.PostgreSQL15, servertest.PostgreSQL15)
	p.both(`CREATE TYPE "od]d ""t[y:pe" AS ENUM ('a''b', 'null')`,
		`CREATE TABLE "t: INSERT: x[y]:" ("id[integer]:1" int PRIMARY KEY, "new-tuple:" text, "null" text, e "od]d ""t[y:pe", a "od]d ""t[y:pe"[], b bit(3), c bool, d varchar(20))`)
	f := p.follow(false, "t: INSERT: x[y]:")
	f.capture()
	const table = `"t: INSERT: x[y]:"`
	execute(t, p.from,
		`INSERT INTO `+table+` VALUES (1, 'it''s new-tuple: x[text]:''y''', 'null', 'a''b', ARRAY['null', NULL]::"od]d ""t[y:pe"[], B'101', true, 'true'),
		 (2, NULL, 'unchanged-toast-datum', 'null', NULL, NULL, false, E'line\n''\\')`,
		`UPDATE `+table+` SET "id[integer]:1" = 3, c = NOT c WHERE "id[integer]:1" = 1`, `DELETE FROM `+table+` WHERE "id[integer]:1" = 2`,
		`INSERT INTO `+table+` VALUES (4, '', '''', NULL, '{}', B'000', NULL, ' ')`)
	f.catchUp()
	f.sameTable(table)
	require.Equal(t, 5, f.applied)
}

// TestTestDecodingWithoutIdentity gives a table up whose rows nobody can tell apart, instead of leaving changes out.
func TestTestDecodingWithoutIdentity(t *testing.T) {
	p := textPair(t, servertest.PostgreSQL15, servertest.PostgreSQL15)
	p.both(`CREATE TABLE t (id int PRIMARY KEY)`, `CREATE TABLE bare (v int)`)
	f := p.follow(false, "t", "bare")
	f.capture()
	execute(t, p.from, `INSERT INTO bare VALUES (1)`, `DROP PUBLICATION `+quote(runName(f.request.Run)), `DELETE FROM bare`, `INSERT INTO t VALUES (1)`)
	f.catchUp()
	require.Len(t, f.seen, 1)
	require.Equal(t, connector.Unreadable, f.seen[0].Kind)
	require.Contains(t, f.seen[0].Why, "REPLICA IDENTITY FULL")
	f.sameTable("t")
}

func TestParseTextChange(t *testing.T) {
	c, err := parseTextChange([]byte(`table s."T a": UPDATE: old-key: id[integer]:-1 "K ""x"[text]:'a''b' new-tuple: id[integer]:2 "K ""x"[text]:null v[numeric(3)[]]:unchanged-toast-datum b[bit varying]:B'01' f[double precision]:NaN o[boolean]:true`))
	require.NoError(t, err)
	require.Equal(t, []catalog.Name{{Schema: "s", Name: "T a"}}, c.tables)
	require.Equal(t, []textColumn{{"id", "integer", 't', []byte("-1")}, {`K "x`, "text", 't', []byte("a'b")}}, c.old)
	require.Equal(t, []textColumn{{"id", "integer", 't', []byte("2")}, {`K "x`, "text", 'n', nil}, {"v", "numeric(3)[]", 'u', nil},
		{"b", "bit varying", 't', []byte("01")}, {"f", "double precision", 't', []byte("NaN")}, {"o", "boolean", 't', []byte("t")}}, c.row)
	c, err = parseTextChange([]byte(`table a.b, c."d, e": TRUNCATE: restart_seqs cascade`))
	require.NoError(t, err)
	require.Equal(t, []catalog.Name{{Schema: "a", Name: "b"}, {Schema: "c", Name: "d, e"}}, c.tables)
	c, err = parseTextChange([]byte(`table a.b: DELETE: (no-tuple-data)`))
	require.NoError(t, err)
	require.True(t, c.bare)
	for _, bad := range []string{
		"", "table ", "table a", "table a.b: ", "table a.b: INSERT: v[text]:'x", "table a.b: INSERT: v[text:'x'", "table a.b: INSERT: v[text]:",
		"table a.b: INSERT: v[text]:1 ", "table a.b, c.d: INSERT: v[text]:1", "table a.b: UPDATE: old-key: v[text]:1", `table a."b: INSERT: v[text]:1`, "table a.b: SELECT: v[text]:1",
	} {
		_, err := parseTextChange([]byte(bad))
		require.ErrorIs(t, err, errMalformed, bad)
	}
}

func FuzzParseTextChange(f *testing.F) {
	f.Add([]byte(`table s."T a": UPDATE: old-key: id[integer]:-1 new-tuple: id[integer]:2 v[text[]]:'a''b' b[bit]:B'01'`))
	f.Add([]byte(`table a.b, c.d: TRUNCATE: (no-flags)`))
	f.Fuzz(func(t *testing.T, line []byte) {
		before := string(line)
		c, err := parseTextChange(line)
		require.Equal(t, before, string(line))
		if err != nil {
			return
		}
		require.NotEmpty(t, c.tables)
		for _, col := range append(c.old, c.row...) {
			require.LessOrEqual(t, len(col.value), len(line))
			require.Contains(t, "ntu", string(rune(col.kind)))
		}
	})
}

// TestSpoolGivesBackWhatItKept, in memory and in its file.
func TestSpoolGivesBackWhatItKept(t *testing.T) {
	for _, size := range []int{0, 100, spoolMemory / 3, spoolMemory + 5} {
		s := newSpool(nil, &spoolRoom{})
		want := []string{"first", strings.Repeat("x", size), "", strings.Repeat("y", size), strings.Repeat("z", size), "last"}
		for range 2 {
			for _, line := range want {
				require.NoError(t, s.add([]byte(line)))
			}
			require.NoError(t, s.rewind())
			for _, line := range want {
				got, err := s.next()
				require.NoError(t, err)
				require.Equal(t, line, string(got))
			}
			require.Zero(t, s.lines)
			s.reset()
		}
	}
}
