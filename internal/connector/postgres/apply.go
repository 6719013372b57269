package postgres

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Applier = (*target)(nil)

// applySettings are those of an apply session. Notices of the server would only fill the connection. The rows of a set are
// looked up by index one after another whatever the planner thinks of the table's size, which grows under its plans; a
// table without such an index is the exception (see searching).
var applySettings = [][2]string{
	{"synchronous_commit", "off"}, // until Sync
	{"client_min_messages", "error"},
	{"check_function_bodies", "off"},
	{"search_path", ""},
	{"plan_cache_mode", "force_generic_plan"},
	{"enable_hashjoin", "off"}, {"enable_mergejoin", "off"}, {"enable_seqscan", "off"},
	{"jit", "off"},
}

// Apply implements connector.Applier.
func (t *target) Apply(ctx context.Context, o connector.ApplyOptions) (connector.ApplySession, error) {
	if err := t.makeStateTables(ctx); err != nil {
		return nil, err
	}
	setup := append(t.setup(commonSettings, applySettings), ddlSettings...)
	setup = append(setup, fmt.Sprintf("SET statement_timeout = %d", t.settings.executeTimeout.Milliseconds()))
	w, err := dial(ctx, t.cfg, setup...)
	if err != nil {
		return nil, err
	}
	w.who = t.holder()
	w.in.enlarge(4 * smallBuffer)
	s := &applySession{
		t: t, w: w, pipe: pipeline{w: w}, run: o.Run, types: &typeBook{},
		tables: map[catalog.Name]*applyTable{}, statements: newStatementCache(o.Statements),
	}
	if o.Alone {
		if err := s.alone(ctx); err != nil {
			w.close()
			return nil, classify(ctx, "open an apply session", err)
		}
	}
	if err := s.standAside(ctx); err != nil {
		w.close()
		return nil, classify(ctx, "open an apply session", err)
	}
	return s, nil
}

// standAside keeps triggers, rules and foreign keys out of the way, as far as the user may.
func (s *applySession) standAside(ctx context.Context) error {
	err := s.w.exec(ctx, "SET client_min_messages = error; SET session_replication_role = replica")
	if err == nil {
		return nil
	}
	pg := serverErrorIn(err)
	if pg == nil || pg.Code != insufficient {
		return err
	}
	s.enforced = fmt.Sprintf("triggers and foreign keys of the target stay active: the user may not set session_replication_role (%s); "+
		"GRANT SET ON PARAMETER session_replication_role"+s.t.holder().to(), pg.Message)
	return nil
}
