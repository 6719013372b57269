package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// The order is the order of execution: created in it, triggers need no FOLLOWS.
const triggersQuery = `SELECT trigger_schema, trigger_name, event_object_table, action_timing, event_manipulation, action_statement,
	sql_mode, character_set_client, collation_connection
FROM information_schema.triggers WHERE %s
ORDER BY event_object_schema, event_object_table, action_timing, event_manipulation, action_order`

// readTriggers reads triggers as they were written: the servers keep that text as it is.
func (i *inspector) readTriggers(ctx context.Context) error {
	var all []storedObject
	err := i.each(ctx, "triggers", triggersQuery, "event_object_schema", "event_object_table", func(scan scanFunc) error {
		o := storedObject{Object: catalog.Object{Kind: "trigger", Stage: catalog.AtEnd}, session: habits{setsMode: true}}
		var timing, event, body string
		err := scan(&o.Name.Schema, &o.Name.Name, &o.Table, &timing, &event, &body, &o.session.sqlMode, &o.session.charset, &o.session.collation)
		table := catalog.Name{Schema: o.Name.Schema, Name: o.Table}
		o.Needs = []catalog.Name{table}
		o.Detail = strings.ToLower(timing + " " + event)
		o.plain = fmt.Sprintf("CREATE TRIGGER %s %s %s ON %s FOR EACH ROW %s", quoteTable(o.Name), timing, event, quoteTable(table), body)
		all = append(all, o)
		return err
	})
	if err != nil {
		return err
	}
	return i.showAndFile(ctx, all)
}

// triggerHead is where the head of a CREATE TRIGGER names the trigger and its table.
type triggerHead struct{ name, table span }

// span is a name in a text, maybe qualified: what stands before last is the qualifier and its dot.
type span struct{ from, last, to int }

const createTrigger = "CREATE TRIGGER "

// parseTrigger finds the names in the head: CREATE TRIGGER [IF NOT EXISTS] name timing event ON table …
func parseTrigger(text string) (triggerHead, bool) {
	var h triggerHead
	if len(text) < len(createTrigger) || !strings.EqualFold(text[:len(createTrigger)], createTrigger) {
		return h, false
	}
	ok := true
	for at := len(createTrigger); ok; {
		var s span
		if s, ok = nameAt(text, at); !ok {
			break
		}
		switch word := strings.ToUpper(text[s.from:s.to]); {
		case h.name.to == 0 && (word == "IF" || word == "NOT" || word == "EXISTS"):
		case h.name.to == 0:
			h.name = s
		case word == "ON":
			h.table, ok = nameAt(text, s.to)
			return h, ok
		}
		at = s.to
	}
	return h, false
}

// nameAt reads the next name, skipping blanks and the commas of a column list before it.
func nameAt(s string, at int) (span, bool) {
	for at < len(s) && strings.IndexByte(" \t\r\n,", s[at]) >= 0 {
		at++
	}
	n := span{from: at, last: at, to: identifierEnd(s, at)}
	for n.to > n.last && n.to < len(s) && s[n.to] == '.' {
		n.last = n.to + 1
		n.to = identifierEnd(s, n.last)
	}
	return n, n.to > n.last
}

func identifierEnd(s string, at int) int {
	if at < len(s) && (s[at] == '`' || s[at] == '"') {
		return skipQuoted(s, at)
	}
	for at < len(s) && (s[at] == '_' || s[at] == '$' || s[at] >= 0x80 || isAlphanumeric(s[at])) {
		at++
	}
	return at
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// inSchema puts another qualifier, or none, before the names of the head, and double quotes, which mean a string
// outside ANSI_QUOTES, into backticks.
func (h triggerHead) inSchema(text, qualifier string) string {
	name := func(s span) string { return qualifier + backticked(text[s.last:s.to]) }
	return text[:h.name.from] + name(h.name) + text[h.name.to:h.table.from] + name(h.table) + text[h.table.to:]
}

func backticked(name string) string {
	if plain, _, ok := unquoted(name); ok {
		return quoteIdent(plain)
	}
	return name
}

// bareTrigger takes the database off a CREATE TRIGGER statement whose trigger and table are in it. The server stores
// the statement as it comes, and a trigger that names its database cannot be restored into another one from a dump.
func bareTrigger(sql string) (schema, bare string, ok bool) {
	h, ok := parseTrigger(sql)
	if !ok || h.name.last == h.name.from || h.table.last == h.table.from {
		return "", "", false
	}
	schema, _, ok = unquoted(sql[h.name.from:])
	if !ok || sql[h.name.from:h.name.last] != sql[h.table.from:h.table.last] {
		return "", "", false
	}
	return schema, h.inSchema(sql, ""), true
}
