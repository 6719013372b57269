package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// undecidedFor is when a stream is opened again that could not be told from where on it can name both publications.
const undecidedFor = 10 * time.Minute

// partDue ends a stream that has got to where it can name both publications of its run, so that it is opened again with them.
func (s *stream) partDue() error {
	waits := s.pubs.from == 0 || s.keeper.durable() < s.pubs.from
	if s.pubs.undecided && time.Since(s.opened) > undecidedFor {
		waits = false
	}
	if waits || len(s.events) > 0 {
		return nil
	}
	return &connector.Error{Class: connector.Lost, Err: errors.New("the stream is at the place from which on tables without a key have a publication of their own: it must be opened again")}
}

// warnedOf bounds how many tables a warning names.
const warnedOf = 20

// warnOfPart says which tables are followed without their updates and deletes.
func (s *stream) warnOfPart(ctx context.Context, w *wire) error {
	if s.pubs.part == "" || s.log == nil {
		return nil
	}
	var names []string
	sql := "SELECT n.nspname, c.relname FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid JOIN pg_catalog.pg_class c ON c.oid = r.prrelid" +
		" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname = " + quoteLiteral(s.pubs.part) + " ORDER BY 1, 2"
	if err := w.query(ctx, sql, func(v [][]byte) error {
		if n := (catalog.Name{Schema: string(v[0]), Name: string(v[1])}); s.names[n] != nil {
			names = append(names, n.String())
		}
		return nil
	}); err != nil {
		return classify(ctx, "look up publication "+s.pubs.part, err)
	}
	s.warnOfHalves(ctx, names, "ALTER TABLE … REPLICA IDENTITY FULL, then reload the table")
	return nil
}

// warnOfHalves names tables, if any.
func (s *stream) warnOfHalves(ctx context.Context, names []string, remedy string) {
	if len(names) == 0 || s.log == nil {
		return
	}
	listed := strings.Join(names[:min(len(names), warnedOf)], ", ")
	if more := len(names) - warnedOf; more > 0 {
		listed += fmt.Sprintf(" and %d more", more)
	}
	s.log.WarnContext(ctx, "tables without a primary key or replica identity: their updates and deletes are not followed",
		"tables", listed, "remedy", remedy)
}

// lost tells of a table that has lost what identified its rows. With pglogical it was followed whole, and is so no more.
func (s *stream) lost(ctx context.Context, id uint32, name catalog.Name) {
	t := s.followedAs(id, name)
	if s.sets == nil || t == nil {
		s.warnOfLoss(ctx, id, name)
		return
	}
	s.giveUp(t, "it has lost its primary key, or has another replica identity, and pglogical tells no updates and deletes of it from here on")
}

// settleEvery is how often it is looked whether tables have got keys or lost them, where no event trigger tells.
const settleEvery = time.Minute

func (s *stream) settleKeys(ctx context.Context, w *wire) {
	if s.pubs.part == "" {
		return
	}
	if err := s.src.settlePublications(ctx, w, s.pubs.whole, "SET LOCAL lock_timeout = '2s'; "); err != nil && ctx.Err() == nil && s.log != nil {
		s.log.WarnContext(ctx, "tables that have got a key or lost it could not be published as it allows", "error", err)
	}
}

// warnOfLoss says that a table's updates and deletes are not followed any more.
func (s *stream) warnOfLoss(ctx context.Context, id uint32, name catalog.Name) {
	if s.followedAs(id, name) == nil || s.log == nil || s.pubs.part == "" {
		return
	}
	s.log.WarnContext(ctx, "a table has lost its primary key or replica identity: its updates and deletes are not followed from here on",
		"table", name.String(), "remedy", "ALTER TABLE "+quoteName(name)+" REPLICA IDENTITY FULL, then reload the table")
}
