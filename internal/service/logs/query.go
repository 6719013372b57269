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
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// Bounds of queries: how many run at a time, how many are remembered, with how many bytes of answers, for how long, and how
// long one may run.
const (
	mostRunning    = 4
	mostRemembered = 100
	mostAnswers    = 128 << 20
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
		size    int // of rows, bytes
		scanned int64
		bytes   int64
		matched int64
		took    time.Duration
	}
}

// queries are those of this server.
type queries struct {
	mu      sync.Mutex
	all     map[string]*query
	stopped bool
	running sync.WaitGroup
}

// start runs a query's work in a goroutine of its own; ok is false when none may begin any more.
func (q *queries) start(work func()) (ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.stopped {
		q.running.Go(work)
	}
	return !q.stopped
}

// stop lets no more begin, and waits for those that run.
func (q *queries) stop() {
	q.mu.Lock()
	q.stopped = true
	q.mu.Unlock()
	q.running.Wait()
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
	running, size := 0, 0
	var rest []*query
	for id, x := range q.all {
		switch {
		case x.state() == queryRunning:
			running++
		case now.Sub(x.began) > rememberedFor:
			delete(q.all, id)
		default:
			rest, size = append(rest, x), size+x.size()
		}
	}
	if running >= mostRunning {
		return false
	}
	slices.SortFunc(rest, func(a, b *query) int { return a.began.Compare(b.began) })
	for i := 0; (len(q.all) >= mostRemembered || size > mostAnswers) && i < len(rest); i++ {
		size -= rest[i].size()
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

// end gives a query up that has not begun.
func (x *query) end(state string) {
	x.cancel()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.mu.state = state
}

func (x *query) size() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.mu.size
}

// sizeOf is about what an answer takes in memory.
func sizeOf(rows [][]insight.Cell) (size int) {
	const header = 32 // of a cell's two texts
	for _, row := range rows {
		for _, c := range row {
			size += header + len(c.Field) + len(c.Value)
		}
	}
	return size
}

func (x *query) state() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.mu.state
}

// begin starts a query, which goes on when the call that began it has been answered, and ends with the server.
func (s *Service) begin(text string, parsed *insight.Query, groups []string, from, till logstore.Place, limit int, now time.Time) (*query, error) {
	x := &query{id: uuid.NewString(), text: text, groups: groups, began: now}
	x.mu.state = queryRunning
	var ctx context.Context
	ctx, x.cancel = context.WithTimeout(s.life, longestQuery)
	if !s.queries.add(x, now) {
		x.cancel()
		return nil, logsapi.Service.NewError("LimitExceededException", "%d queries are running, which is as many as may at a time.", mostRunning)
	}
	if !s.queries.start(func() { s.answer(ctx, x, parsed, limit, from, till) }) {
		x.end(queryCancelled)
		return nil, logsapi.Service.NewError("ServiceUnavailableException", "The server is about to stop.")
	}
	return x, nil
}

// answer runs a query to its end, at the latest after longestQuery. A fault of the program in it fails this query alone.
func (s *Service) answer(ctx context.Context, x *query, parsed *insight.Query, limit int, from, till logstore.Place) {
	defer x.cancel()
	began := time.Now()
	run := parsed.Start(limit)
	var rows [][]insight.Cell
	var bytes int64
	err := rescue.Run(func() (err error) {
		rows, bytes, err = s.runQuery(ctx, run, x.groups, from, till)
		return err
	})
	x.mu.Lock()
	defer x.mu.Unlock()
	x.mu.rows, x.mu.scanned, x.mu.bytes, x.mu.matched, x.mu.took = rows, run.Scanned, bytes, run.Matched, time.Since(began)
	switch {
	case x.mu.state == queryCancelled:
		x.mu.rows = nil
	case err != nil && s.life.Err() != nil:
		x.mu.state, x.mu.rows = queryCancelled, nil
	case err != nil:
		x.mu.state, x.mu.rows = queryFailed, nil
		s.Log.Warn("a query of logs failed", "query", x.id, "error", err)
		if p := rescue.In(err); p != nil {
			s.Log.Error("where the fault in Whimbrel is", "query", x.id, "stack", string(p.Stack))
		}
	default:
		x.mu.state, x.mu.size = queryComplete, sizeOf(rows)
	}
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
