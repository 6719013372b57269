package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// A run has two publications. That of its name has all changes of tables whose rows the log identifies. The tables of the other
// have inserts and truncations alone: were their updates published, the server would refuse the application's own.
const (
	partSuffix = "_i"
	partStem   = "61" // of the name that is left before the suffix
	// inUse is the comment of a second publication that streams name.
	inUse = "in use"
	// madeAt begins the comment of one that was made for a run that had none, and whose slot keeps changes from before, for
	// which the server knows no such publication. A position follows, from which on it does.
	madeAt = "made at "
)

// partName is the second publication of a run.
func partName(own string) string {
	if stem := maxName - len(partSuffix); len(own) > stem {
		own = own[:stem]
	}
	return own + partSuffix
}

// ownPublications makes the publications of a run, or brings them to what is to be published now, and returns those that a stream
// from a position can name. What was published before there was a second one is taken over when the stream has got that far.
func (s *source) ownPublications(ctx context.Context, w *wire, r connector.StreamRequest, own string, from lsn) (p pubs, err error) {
	p.whole = own
	there := false
	sql := "SELECT coalesce(pg_catalog.obj_description(i.oid, 'pg_publication'), ''), f.pubname IS NOT NULL, i.pubname IS NOT NULL FROM (VALUES (1)) v" +
		" LEFT JOIN pg_catalog.pg_publication f ON f.pubname = " + quoteLiteral(own) + " LEFT JOIN pg_catalog.pg_publication i ON i.pubname = " + quoteLiteral(partName(own))
	second, comment := false, ""
	if err := w.query(ctx, sql, func(v [][]byte) error {
		comment, there, second = string(v[0]), v[1][0] == 't', v[2][0] == 't'
		return nil
	}); err != nil {
		return p, classify(ctx, "look up publication "+own, err)
	}
	names, _ := followedNames(r)
	switch {
	case !there:
		if err := s.makeOwn(ctx, w, own); err != nil {
			return p, err
		}
		comment = inUse
	case comment != inUse:
		if p.from, err = s.takeOver(ctx, w, own, second, comment); err != nil {
			return p, err
		}
		if p.from == 0 || from < p.from {
			p.undecided = p.from == 0
			return p, nil
		}
		p.from = 0
		if err := w.exec(ctx, "COMMENT ON PUBLICATION "+quote(partName(own))+" IS '"+inUse+"'"); err != nil {
			return p, classify(ctx, "take over publication "+own, err)
		}
	}
	p.part = partName(own)
	if err := s.tellSelection(ctx, w, own, r); err != nil {
		return p, err
	}
	return p, s.publish(ctx, w, own, names)
}

func (s *source) makeOwn(ctx context.Context, w *wire, own string) error {
	sql := "CREATE PUBLICATION " + quote(own)
	second := "CREATE PUBLICATION " + quote(partName(own)) + " WITH (publish = 'insert, truncate')"
	if err := w.exec(ctx, "SET client_min_messages = error; BEGIN; DROP PUBLICATION IF EXISTS "+quote(partName(own))+"; "+sql+"; "+second+"; COMMENT ON PUBLICATION "+quote(partName(own))+" IS '"+inUse+"'; COMMIT"); err != nil {
		if !w.broken.Load() {
			_ = w.exec(ctx, "ROLLBACK")
		}
		return withRemedy(classify(ctx, "make publications", err), "let an administrator run: "+sql+"; "+second)
	}
	return nil
}

// takeOverPatience is how long the transactions that run when a second publication is made are waited for.
const takeOverPatience = 5 * time.Second

// takeOver makes the second publication of a run that has none and returns the position from which on streams can name it; zero
// when that is not to be told yet.
func (s *source) takeOver(ctx context.Context, w *wire, own string, second bool, comment string) (lsn, error) {
	part := partName(own)
	if rest, ok := strings.CutPrefix(comment, madeAt); ok {
		return parseLSN(rest)
	}
	if !second {
		if err := w.exec(ctx, "CREATE PUBLICATION "+quote(part)+" WITH (publish = 'insert, truncate')"); err != nil {
			return 0, withRemedy(classify(ctx, "make a publication for tables without a key", err), "let an administrator run: CREATE PUBLICATION "+quote(part)+" WITH (publish = 'insert, truncate')")
		}
	}
	const running = "SELECT %s(pg_catalog.pg_current_snapshot())::text::numeric, pg_catalog.pg_current_wal_insert_lsn()"
	var last, at string
	look := func(what string, value *string) error {
		return classify(ctx, "look at running transactions", w.query(ctx, fmt.Sprintf(running, what), func(v [][]byte) error {
			*value, at = string(v[0]), string(v[1])
			return nil
		}))
	}
	if err := look("pg_catalog.pg_snapshot_xmax", &last); err != nil {
		return 0, err
	}
	oldest := ""
	for deadline := time.Now().Add(takeOverPatience); ; {
		if err := look("pg_catalog.pg_snapshot_xmin", &oldest); err != nil {
			return 0, err
		}
		if signed([]byte(oldest)) >= signed([]byte(last)) {
			break
		}
		if time.Now().After(deadline) {
			return 0, nil
		}
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-time.After(claimPause):
		}
	}
	position, err := parseLSN(at)
	if err != nil {
		return 0, err
	}
	return position, classify(ctx, "note where publication "+part+" begins", w.exec(ctx, "COMMENT ON PUBLICATION "+quote(part)+" IS "+quoteLiteral(madeAt+at)))
}

// publish adds tables to the publications, each to the one where it belongs, and moves those that belong to the other one by now.
// One that is not there has been dropped or renamed since: its changes up to then were published under its old name, which the
// stream still knows.
func (s *source) publish(ctx context.Context, w *wire, own string, names []catalog.Name) error {
	for chunk := range slices.Chunk(names, namesPerLookup) {
		if err := s.publishSome(ctx, w, own, chunk); err != nil {
			return err
		}
	}
	return s.settlePublications(ctx, w, own, "")
}

// namesPerLookup bounds the length of a statement.
const namesPerLookup = 500

const unpublishedSQL = `SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname), ` + fit + ` FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND (n.nspname, c.relname) IN (%s) AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication_rel r
 JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = c.oid AND p.pubname IN (%s))`

func (s *source) publishSome(ctx context.Context, w *wire, own string, names []catalog.Name) error {
	part := partName(own)
	missing := map[string][]string{}
	err := w.query(ctx, fmt.Sprintf(unpublishedSQL, nameList(names), quoteLiteral(own)+", "+quoteLiteral(part)), func(v [][]byte) error {
		to := part
		if v[1][0] == 't' {
			to = own
		}
		missing[to] = append(missing[to], "ONLY "+string(v[0]))
		return nil
	})
	if err != nil {
		return classify(ctx, "look up what is published", err)
	}
	for to, tables := range missing {
		sql := "ALTER PUBLICATION " + quote(to) + " ADD TABLE " + strings.Join(tables, ", ")
		if err := published(w.exec(ctx, sql)); err != nil {
			return withRemedy(classify(ctx, "publish tables", err), "let an administrator run: "+sql)
		}
	}
	return nil
}

// published passes over the error of a table that somebody else has added or dropped meanwhile.
func published(err error) error {
	if pg := serverErrorIn(err); pg != nil && (pg.Code == "42710" || pg.Code == "42704") {
		return nil
	}
	return err
}

// settlePublications moves tables that have got a key, or lost it; first comes before each statement.
func (s *source) settlePublications(ctx context.Context, w *wire, own, first string) error {
	var moves []string
	if err := w.query(ctx, fmt.Sprintf(movesSQL, "f.pubname = "+quoteLiteral(own), "true"), func(v [][]byte) error {
		moves = append(moves, string(v[0]))
		return nil
	}); err != nil {
		return classify(ctx, "look which published tables have keys", err)
	}
	for _, sql := range moves {
		if err := published(w.exec(ctx, first+sql)); err != nil {
			return withRemedy(classify(ctx, "publish a table as its key allows", err), "let an administrator run: "+sql)
		}
	}
	return nil
}

func nameList(names []catalog.Name) string {
	items := make([]string, len(names))
	for i, n := range names {
		items[i] = "(" + quoteLiteral(n.Schema) + ", " + quoteLiteral(n.Name) + ")"
	}
	return strings.Join(items, ", ")
}

// tellSelection notes with the publication which tables that come into being later are to join it, where the audit of DDL reads it.
func (s *source) tellSelection(ctx context.Context, w *wire, own string, r connector.StreamRequest) error {
	text, err := selectionText(r)
	if err != nil {
		return err
	}
	told := false // then it need not wait for a transaction that has made a table and is open, or prepared
	if err := w.query(ctx, "SELECT FROM pg_catalog.pg_publication WHERE pubname = "+quoteLiteral(own)+" AND pg_catalog.obj_description(oid, 'pg_publication') = "+quoteLiteral(text), func([][]byte) error {
		told = true
		return nil
	}); err != nil || told {
		return classify(ctx, "look up what is selected with publication "+own, err)
	}
	sql := "COMMENT ON PUBLICATION " + quote(own) + " IS " + quoteLiteral(text)
	return classify(ctx, "note what is selected with publication "+own, w.exec(ctx, sql))
}

// chosen is a pattern of names as the audit of DDL reads it, in regular expressions of the server.
type chosen struct {
	Schema   string `json:"schema"`
	Table    string `json:"table"`
	Excluded bool   `json:"excluded"`
}

func selectionText(r connector.StreamRequest) (string, error) {
	all := []chosen{}
	switch {
	case r.Aside: // for a table that is there
	case r.Selected == nil:
		all = append(all, chosen{Schema: "^.*$", Table: "^.*$"})
	default:
		for _, p := range r.Selected {
			all = append(all, chosen{Schema: expression(p.Schema), Table: expression(p.Table), Excluded: p.Excluded})
		}
	}
	text, err := json.Marshal(all)
	return string(text), err
}

// expression writes a pattern of selection rules as a regular expression of the server.
func expression(pattern string) string {
	b, runes := strings.Builder{}, []rune(pattern)
	b.WriteByte('^')
	for i := 0; i < len(runes); i++ {
		switch runes[i] {
		case '%':
			b.WriteString(".*")
		case '_':
			b.WriteByte('.')
		case '[':
			i += setExpression(&b, runes[i+1:])
		default:
			fmt.Fprintf(&b, `\U%08x`, runes[i])
		}
	}
	return b.String() + "$"
}

// setExpression writes a set of characters, whose first one may be any, and returns how many it takes.
func setExpression(b *strings.Builder, runes []rune) int {
	b.WriteByte('[')
	for i := 0; i < len(runes); i++ {
		if runes[i] == ']' && i > 0 {
			b.WriteByte(']')
			return i + 1
		}
		fmt.Fprintf(b, `\U%08x`, runes[i])
		if i+2 < len(runes) && runes[i+1] == '-' && runes[i+2] != ']' {
			fmt.Fprintf(b, `-\U%08x`, runes[i+2])
			i += 2
		}
	}
	return len(runes)
}
