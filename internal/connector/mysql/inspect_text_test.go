package mysql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

func TestParseDefinition(t *testing.T) {
	d, err := parseDefinition("CREATE TABLE `a (b` (\n  `x, y` enum('a,b','c)''d') DEFAULT 'it\\'s' COMMENT '(',\n  PRIMARY KEY (`x, y`),\n" +
		"  UNIQUE KEY `u` (`z`(3),`w` DESC),\n  FULLTEXT KEY `f` (`z`) /*!50100 WITH PARSER `ngram` */ ,\n  CONSTRAINT `k``1` FOREIGN KEY (`z`) REFERENCES `p` (`q`),\n" +
		"  CONSTRAINT `c` CHECK (`z` in (1,2))\n) ENGINE=InnoDB COMMENT=')'")
	require.NoError(t, err)
	require.Equal(t, "ENGINE=InnoDB COMMENT=')'", d.options)
	kinds := []partKind{columnPart, primaryPart, uniquePart, specialPart, foreignPart, checkPart}
	names := []string{"x, y", "", "u", "f", "k`1", "c"}
	require.Len(t, d.parts, len(kinds))
	for n, p := range d.parts {
		require.Equal(t, kinds[n], p.kind, p.text)
		require.Equal(t, names[n], p.name)
	}
}

func TestParseDefinitionRefusesOtherTexts(t *testing.T) {
	for _, text := range []string{"", "CREATE TABLE `t`", "CREATE TABLE `t` (a int", "CREATE TABLE `t (a int)"} {
		_, err := parseDefinition(text)
		require.Error(t, err, text)
	}
}

func TestPrintableKeepsEveryByte(t *testing.T) {
	require.Equal(t, "`a` varbinary(9) DEFAULT 0x00ff0a5c27270d, `b` text DEFAULT 'é'",
		printable("`a` varbinary(9) DEFAULT '\\0\xff\\n\\\\''\\'\\r', `b` text DEFAULT 'é'"))
}

func TestIdentifierChains(t *testing.T) {
	require.Equal(t, [][]string{{"a", "b"}, {"c`d"}, {"e", "f", "g"}}, identifierChains("select `a`.`b`,'`no`' as `c``d`,`e`.`f`.`g`"))
}

func TestBareTriggerIsWhatWasQualified(t *testing.T) {
	for _, text := range []string{
		"CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = 'db.x'",
		"create trigger  `t``1` after update\non `x y` FOR EACH ROW BEGIN END",
		"CREATE TRIGGER IF NOT EXISTS `t` BEFORE DELETE ON `x`FOR EACH ROW BEGIN END",
		"CREATE TRIGGER ünï BEFORE UPDATE OF a, b ON x FOR EACH ROW SET @on = 1",
	} {
		h, ok := parseTrigger(text)
		require.True(t, ok, text)
		schema, bare, ok := bareTrigger(h.inSchema(text, "`d``b`."))
		require.True(t, ok, text)
		require.Equal(t, "d`b", schema)
		require.Equal(t, text, bare)
		_, _, ok = bareTrigger(text)
		require.False(t, ok, text)
	}
	_, _, ok := bareTrigger("CREATE TRIGGER `a`.`t` BEFORE INSERT ON `b`.`x` FOR EACH ROW BEGIN END")
	require.False(t, ok, "the server's error says what is wrong there")
}

func TestWithoutDefiner(t *testing.T) {
	for text, want := range map[string]string{
		"CREATE DEFINER=`a b`@`%` PROCEDURE `p`() DO 1":        "CREATE PROCEDURE `d`.`p`() DO 1",
		`CREATE DEFINER="a""b"@"x" FUNCTION "p"() RETURNS int`: "CREATE FUNCTION `d`.`p`() RETURNS int",
		"CREATE DEFINER=`role` AGGREGATE FUNCTION `p`(x int)":  "CREATE AGGREGATE FUNCTION `d`.`p`(x int)",
		"CREATE DEFINER=admin@localhost EVENT `p` ON SCHEDULE": "CREATE EVENT `d`.`p` ON SCHEDULE",
	} {
		bare, err := withoutDefiner(text)
		require.NoError(t, err)
		got, err := qualify(bare, catalog.Name{Schema: "d", Name: "p"})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := qualify("CREATE PROCEDURE `q`() DO 1", catalog.Name{Schema: "d", Name: "p"})
	require.ErrorIs(t, err, errNoName)
}

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]release{
		"10.11.19-MariaDB-0+deb12u1": {MariaDB, 101119}, "5.5.5-10.6.4-MariaDB-log": {MariaDB, 100604}, "8.0.36": {MySQL, 80036},
		"8.4.0-commercial": {MySQL, 80400}, "11.4.2-MariaDB": {MariaDB, 110402}, "odd": {MySQL, 0},
	} {
		require.Equal(t, want, parseVersion(text), text)
	}
}

func FuzzParseDefinition(f *testing.F) {
	f.Add("CREATE TABLE `t` (\n  `a` int,\n  KEY `k` (`a`)\n) ENGINE=InnoDB")
	f.Add("CREATE TABLE `t (`` (` ('\\',\"\"`)")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDefinition(text)
		if err != nil {
			return
		}
		for _, p := range d.parts {
			require.Contains(t, text, p.text)
		}
		require.True(t, strings.HasSuffix(strings.TrimSpace(text), d.options))
	})
}

func FuzzParseTrigger(f *testing.F) {
	f.Add("CREATE TRIGGER `a`.t BEFORE INSERT ON `a`.x FOR EACH ROW SET @a = 1")
	f.Fuzz(func(t *testing.T, text string) {
		if h, ok := parseTrigger(text); ok {
			require.LessOrEqual(t, h.name.to, h.table.from)
			require.LessOrEqual(t, h.table.to, len(text))
		}
	})
}
