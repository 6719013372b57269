package logs

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/logstore/insight"
)

// Bounds of queries: how many run at a time, how many are remembered, for how long, and how long one may run.
const (
	mostRunning    = 4
	mostRemembered = 100
	rememberedFor  = time.Hour
	longestQuery   = 5 * time.Minute
)

// The states of queries.
const (
	queryRunning   = "Running"
	queryComplete  = "Complete"
	queryFailed    = "Failed"
	queryCancelled = "Cancelled"
)

// query is one that runs or has run.
type query struct {
	id, text string
	groups   []string
	began    time.Time
	cancel   context.CancelFunc

	mu struct {
		sync.Mutex
		state   string
		rows    [][]insight.Cell
		scanned int64
		bytes   int64
		matched int64
		took    time.Duration
	}
}

// queries are those of this server.
type queries struct {
	mu  sync.Mutex
	all map[string]*query
}

func (q *queries) find(id string) *query {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.all[id]
}

// add remembers a query, and forgets old ones; ok is false when too many run.
func (q *queries) add(one *query, now time.Time) (ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.all == nil {
		q.all = map[string]*query{}
	}
	running := 0
	var rest []*query
	for id, x := range q.all {
		switch {
		case x.state() == queryRunning:
			running++
		case now.Sub(x.began) > rememberedFor:
			delete(q.all, id)
		default:
			rest = append(rest, x)
		}
	}
	if running >= mostRunning {
		return false
	}
	slices.SortFunc(rest, func(a, b *query) int { return a.began.Compare(b.began) })
	for i := 0; len(q.all) >= mostRemembered && i < len(rest); i++ {
		delete(q.all, rest[i].id)
	}
	q.all[one.id] = one
	return true
}

// list are all of them, the newest first.
func (q *queries) list() []*query {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []*query
	for _, x := range q.all {
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *query) int { return cmp.Or(b.began.Compare(a.began), cmp.Compare(a.id, b.id)) })
	return all
}

func (x *query) state() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.mu.state
}

// begin makes a query and lets it run.
func (s *Service) begin(ctx context.Context, text string, parsed *insight.Query, groups []string, from, till logstore.Place, limit int, now time.Time) (*query, error) {
	x := &query{id: uuid.NewString(), text: text, groups: groups, began: now}
	x.mu.state = queryRunning
	ctx, x.cancel = context.WithTimeout(context.WithoutCancel(ctx), longestQuery)
	if !s.queries.add(x, now) {
		x.cancel()
		return nil, logsapi.Service.NewError("LimitExceededException", "%d queries are running, which is as many as may at a time.", mostRunning)
	}
	go func() { // ends with the query, at the latest after longestQuery
		defer x.cancel()
		began := time.Now()
		run := parsed.Start(limit)
		rows, bytes, err := s.runQuery(ctx, run, groups, from, till)
		x.mu.Lock()
		defer x.mu.Unlock()
		x.mu.rows, x.mu.scanned, x.mu.bytes, x.mu.matched, x.mu.took = rows, run.Scanned, bytes, run.Matched, time.Since(began)
		switch {
		case x.mu.state == queryCancelled:
			x.mu.rows = nil
		case err != nil:
			x.mu.state, x.mu.rows = queryFailed, nil
			s.Log.Warn("a query of logs failed", "query", x.id, "error", err)
		default:
			x.mu.state = queryComplete
		}
	}()
	return x, nil
}

func (s *Service) runQuery(ctx context.Context, run *insight.Run, groups []string, from, till logstore.Place) (rows [][]insight.Cell, bytes int64, err error) {
	for _, group := range groups {
		streams, err := s.Store.Streams(ctx, group)
		if err != nil {
			return nil, bytes, err
		}
		var problem error
		_, _, err = s.Store.Scan(ctx, &logstore.Scan{Streams: streams, From: from, Till: till, See: func(stream int, e *logstore.Event) bool {
			bytes += int64(len(e.Message))
			problem = run.See(group, streams[stream].Name, e)
			return problem == nil && ctx.Err() == nil
		}})
		if err == nil {
			err = problem
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, bytes, err
		}
	}
	rows, err = run.Rows()
	return rows, bytes, err
}
