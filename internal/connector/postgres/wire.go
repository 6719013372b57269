package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// wire is one connection that we speak to in the protocol's own frames. pgconn opens it (login, TLS) and lets go of it.
// One goroutine uses it at a time.
type wire struct {
	net.Conn
	pg  *pgconn.PgConn // kept for its cancel request
	in  frames
	who holder
	out []byte
	// broken says that the protocol's state is unknown: the wire can only be closed.
	broken atomic.Bool
	gone   bool // its connection has been closed
}

// dial opens a wire and runs the statements that prepare its session.
func dial(ctx context.Context, cfg *pgx.ConnConfig, setup ...string) (*wire, error) {
	pg, err := connectQuiet(ctx, cfg)
	if err != nil {
		return nil, err
	}
	hijacked, err := pg.Hijack()
	if err != nil {
		return nil, fmt.Errorf("take over the connection: %w", err)
	}
	w := &wire{Conn: hijacked.Conn, pg: pg, who: holder{user: cfg.User}, in: frames{r: hijacked.Conn, buf: make([]byte, smallBuffer)}}
	for _, sql := range setup {
		if err := w.exec(ctx, sql); err != nil {
			w.close()
			return nil, classify(ctx, "prepare the session", err)
		}
	}
	return w, nil
}

// quietTries is how often a connection is made in the hope that nothing reads from it behind our back.
const quietTries = 5

// connectQuiet connects, and makes sure that pgconn reads no more: when a write of the login has taken long, as on a busy
// machine, a goroutine of pgconn has begun to read, and would take the first reply that is meant for us.
func connectQuiet(ctx context.Context, cfg *pgx.ConnConfig) (pg *pgconn.PgConn, err error) {
	for range quietTries {
		if pg, err = pgconn.ConnectConfig(ctx, &cfg.Copy().Config); err != nil {
			return nil, classify(ctx, "connect to "+identity(cfg), holder{user: cfg.User}.explain(err))
		}
		if err = pg.SyncConn(ctx); err == nil {
			return pg, nil
		}
		_ = pg.Close(ctx) // a server that does not know the ping of a replication connection
	}
	return nil, classify(ctx, "take over the connection", err)
}

// close ends an idle wire politely, and any other by cut.
func (w *wire) close() {
	if w.broken.Load() {
		w.cut()
		return
	}
	w.broken.Store(true)
	w.gone = true
	_ = w.SetDeadline(time.Now().Add(time.Second))
	_, _ = w.Write([]byte{'X', 0, 0, 0, 4})
	_ = w.Close()
}

// cancelTime bounds the wait for a server that may be silent: Ctrl-C must end the program within two seconds.
const cancelTime = 500 * time.Millisecond

// cut ends a wire whose server may still be at work: what it does is cancelled, so that it holds no lock for longer.
func (w *wire) cut() {
	w.broken.Store(true)
	if w.gone {
		return
	}
	w.gone = true
	ctx, cancel := context.WithTimeout(context.Background(), cancelTime)
	defer cancel()
	_ = w.pg.CancelRequest(ctx)
	_ = w.Close()
}

// watch makes every blocked read and write of the wire fail once the context ends. The returned function ends the watch.
func (w *wire) watch(ctx context.Context) func() {
	stop := context.AfterFunc(ctx, func() { _ = w.SetDeadline(time.Unix(1, 0)) })
	return func() {
		if !stop() {
			w.broken.Store(true)
		}
	}
}

// query runs SQL text, which may hold several statements, and hands over each row: values as text, nil for null, valid
// during the call.
func (w *wire) query(ctx context.Context, sql string, row func(values [][]byte) error) error {
	defer w.watch(ctx)()
	if err := w.send('Q', sql); err != nil {
		return err
	}
	var values [][]byte
	var failed error
	for {
		kind, body, err := w.frame()
		if err != nil {
			return err
		}
		switch kind {
		case 'D':
			if values, err = dataRow(body, values[:0]); err != nil {
				w.broken.Store(true)
				return err
			}
			if row != nil && failed == nil {
				failed = row(values)
			}
		case 'E':
			failed = w.who.explain(serverError(body), sql)
		case 'Z':
			return failed
		}
	}
}

func (w *wire) exec(ctx context.Context, sql string) error { return w.query(ctx, sql, nil) }

// send writes one frame with a text.
func (w *wire) send(kind byte, text string) error {
	w.out = append(w.out[:0], kind, 0, 0, 0, 0)
	w.out = append(w.out, text...)
	w.out = append(w.out, 0)
	binary.BigEndian.PutUint32(w.out[1:], uint32(len(w.out)-1))
	if _, err := w.Write(w.out); err != nil {
		w.broken.Store(true)
		return err
	}
	return nil
}

// frame reads one whole frame; it is not for CopyData.
func (w *wire) frame() (byte, []byte, error) {
	kind, size, err := w.in.next()
	if err == nil {
		var body []byte
		if body, err = w.in.take(size); err == nil {
			return kind, body, nil
		}
	}
	w.broken.Store(true)
	return 0, nil, err
}

// drain reads until the server is ready again and returns the first error it reported.
func (w *wire) drain() (tag string, failed error) {
	for {
		kind, body, err := w.frame()
		if err != nil {
			return tag, err
		}
		switch kind {
		case 'E':
			if failed == nil {
				failed = serverError(body)
			}
		case 'C':
			tag = cString(body)
		case 'Z':
			return tag, failed
		}
	}
}

// startCopy sends a COPY statement and waits for the server's consent: 'G' to take data, 'H' to send it.
func (w *wire) startCopy(sql string, consent byte) error {
	if err := w.send('Q', sql); err != nil {
		return err
	}
	for {
		kind, body, err := w.frame()
		if err != nil {
			return err
		}
		switch kind {
		case consent:
			return nil
		case 'E':
			failed := w.who.explain(serverError(body), sql)
			if _, err := w.drain(); w.broken.Load() {
				return err
			}
			return failed
		case 'Z':
			return fmt.Errorf("%w: no answer to COPY", errMalformed)
		}
	}
}

func serverError(body []byte) error {
	var e pgproto3.ErrorResponse
	if err := e.Decode(body); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	return pgconn.ErrorResponseToPgError(&e)
}

func dataRow(body []byte, values [][]byte) ([][]byte, error) {
	if len(body) < 2 {
		return nil, errMalformed
	}
	n := int(binary.BigEndian.Uint16(body))
	body = body[2:]
	for range n {
		if len(body) < 4 {
			return nil, errMalformed
		}
		size := int(int32(binary.BigEndian.Uint32(body)))
		body = body[4:]
		if size == -1 {
			values = append(values, nil)
			continue
		}
		if size < 0 || size > len(body) {
			return nil, errMalformed
		}
		values = append(values, body[:size:size])
		body = body[size:]
	}
	return values, nil
}

func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
