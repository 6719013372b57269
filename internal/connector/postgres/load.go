package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// loader loads one segment in one transaction.
type loader struct {
	t       *target
	r       connector.LoadRequest
	w       *wire // nil once the load is over
	columns []outflow
	text    bool
	freeze  bool
	rows    rows
	copying bool
	opening string         // what begins the transaction and has not been sent
	reply   chan copyReply // holds the server's answer to the COPY that runs
	count   int64          // rows given to the server
	careful bool
	seen    int64  // rows of batches before the present one
	spare   []byte // of careful loading
}

// copyReply is how a COPY ended on the server.
type copyReply struct {
	tag string
	err error
}

var _ connector.RawLoader = (*loader)(nil)

// Load implements connector.Target.
func (t *target) Load(ctx context.Context, r connector.LoadRequest) (connector.Loader, error) {
	w, err := t.loaders.get(ctx)
	if err != nil {
		return nil, classify(ctx, "get a loading connection", err)
	}
	l := &loader{t: t, r: r, w: w, careful: r.Careful && !r.Raw}
	if err := l.begin(ctx); err != nil {
		l.Abort()
		return nil, classify(ctx, "begin to load "+r.Table.Name.String(), err)
	}
	return l, nil
}

func (l *loader) begin(ctx context.Context) error {
	sql := "BEGIN"
	for _, s := range l.r.Before {
		sql += ";\n" + s.SQL
		l.freeze = l.freeze || empties(s, l.r.Table) && l.r.Mark.Segment.Bytes >= worthFreezing
	}
	if l.r.Raw { // nothing need be known of the table: all of it goes with the COPY
		l.opening = sql + ";\n"
		return nil
	}
	if err := l.w.exec(ctx, sql); err != nil {
		return err
	}
	all, err := l.attributes(ctx)
	if err != nil {
		return err
	}
	return l.choose(all)
}

// worthFreezing is the size from which rows are stored frozen. That makes a file of its own for the visibility map, which
// costs a small table more than it will ever be worth.
const worthFreezing = 8 << 20

// empties reports whether rows that follow the statement in its transaction may be stored frozen: the table was made
// or emptied by it.
func empties(s catalog.Statement, t *catalog.Table) bool {
	if t.PartitionBy != "" {
		return false
	}
	made := s.Makes.Kind == catalog.TableRef && s.Makes.Name == t.Name
	return made || len(s.SQL) > 8 && strings.EqualFold(s.SQL[:8], "TRUNCATE")
}

func (l *loader) attributes(ctx context.Context) ([]attribute, error) {
	name := l.r.Table.Name
	l.t.mu.Lock()
	all, ok := l.t.mu.tables[name]
	l.t.mu.Unlock()
	if ok && len(l.r.Before) == 0 {
		return all, nil
	}
	all, err := l.t.types.attributes(ctx, l.w, name)
	if err != nil {
		return nil, err
	}
	if len(l.r.Before) == 0 {
		l.t.mu.Lock()
		l.t.mu.tables[name] = all
		l.t.mu.Unlock()
	}
	return all, nil
}

// choose picks the stream's format and the columns' encoders: text when a column has no binary form that its layout
// can be turned into, or when Native columns come as text (see textOnly).
func (l *loader) choose(all []attribute) error {
	found := make([]*attribute, len(l.r.Columns))
	for i, c := range l.r.Columns {
		a, err := find(all, c.Column.Name)
		if err != nil {
			return &connector.Error{Class: connector.Invalid, Err: err}
		}
		found[i] = a
		if c.Layout == change.Native && !a.portable || binaryEncoder(a, c.Layout) == nil {
			l.text = true
		}
	}
	for i, c := range l.r.Columns {
		enc := binaryEncoder(found[i], c.Layout)
		if l.text {
			enc = textField(found[i], c.Layout)
		}
		l.columns = append(l.columns, outflow{name: c.Column.Name, encode: enc})
	}
	if l.text && l.binaryNative(found) {
		// Class Data makes the caller read the segment again without Native, and then it can go.
		return &connector.Error{Class: connector.Data, Err: errors.New("values passed on in binary cannot go beside values that must travel as text")}
	}
	return nil
}

// binaryNative reports whether Native columns arrive in binary although the load has to be in text, because another
// column's layout has no binary encoder.
func (l *loader) binaryNative(found []*attribute) bool {
	native, asText := false, false
	for i, c := range l.r.Columns {
		if c.Layout == change.Native {
			native = true
			asText = asText || !found[i].portable
		}
	}
	return native && !asText
}

// Write implements connector.Loader.
func (l *loader) Write(ctx context.Context, b *change.Batch) error {
	if l.w == nil {
		return errLoadOver
	}
	if len(b.Columns) != len(l.columns) {
		return fmt.Errorf("load %s: a batch of %d columns for %d", l.r.Table.Name, len(b.Columns), len(l.columns))
	}
	if l.careful {
		return l.writeCarefully(ctx, b)
	}
	defer l.w.watch(ctx)()
	if err := l.ensureCopy(); err != nil {
		return l.failed(ctx, err)
	}
	for i := range b.Rows() {
		if no, ok := l.row(b, i); !ok {
			if err := l.reject(b, i, no); err != nil {
				return err
			}
			continue
		}
		l.count++
		if len(l.rows.refs) > 0 || len(l.rows.buf) >= flushAt {
			if err := l.flush(ctx); err != nil {
				return err
			}
		}
	}
	l.seen += int64(b.Rows())
	return l.flush(ctx)
}

var errLoadOver = errors.New("the load is over")

func (l *loader) row(b *change.Batch, i int) (refusal, bool) {
	if l.text {
		return l.rows.textRow(l.columns, b, i)
	}
	return l.rows.binaryRow(l.columns, b, i)
}

// ensureCopy starts the COPY when none runs.
func (l *loader) ensureCopy() error {
	if l.copying {
		return nil
	}
	if err := l.w.startCopy(l.open()+l.copySQL(), 'G'); err != nil {
		return err
	}
	l.copying = true
	l.reply = make(chan copyReply, 1)
	reply, w := l.reply, l.w
	go rescue.Else(func() {
		tag, err := w.drain()
		reply <- copyReply{tag, err}
	}, func(err error) {
		w.broken.Store(true) // nobody knows how far it was read
		reply <- copyReply{err: err}
	})()
	l.rows.reset()
	if !l.text && !l.r.Raw {
		l.rows.buf = append(l.rows.buf, copySignature...)
		l.rows.buf = append(l.rows.buf, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	return nil
}

// open returns what is to be sent before the first statement.
func (l *loader) open() string {
	sql := l.opening
	l.opening = ""
	return sql
}

func (l *loader) copySQL() string {
	names := make([]string, len(l.r.Columns))
	for i, c := range l.r.Columns {
		names[i] = quote(c.Column.Name)
	}
	format := "binary"
	if l.text {
		format = "text"
	}
	if l.freeze && !l.careful { // the table was not made under the savepoint
		format += ", FREEZE"
	}
	list := ""
	if len(names) > 0 { // a table without columns has rows all the same, and an empty list is no grammar
		list = " (" + strings.Join(names, ", ") + ")"
	}
	return "COPY " + quoteName(l.r.Table.Name) + list + " FROM STDIN (FORMAT " + format + ")"
}

// flush sends the rows. The server's early refusal ends the load here, not at the end of a long stream.
func (l *loader) flush(ctx context.Context) error {
	select {
	case r := <-l.reply:
		l.copying = false
		return l.failed(ctx, r.err)
	default:
	}
	if l.rows.empty() {
		return nil
	}
	if err := l.rows.writeTo(l.w); err != nil {
		return l.failed(ctx, l.reasonOf(ctx, err))
	}
	return nil
}

// reasonOf prefers what the server said before it hung up to the failure of our write.
func (l *loader) reasonOf(ctx context.Context, err error) error {
	l.w.broken.Store(true)
	if ctx.Err() == nil { // else nobody waits for the reason
		_ = l.w.SetReadDeadline(time.Now().Add(time.Second))
	}
	r := <-l.reply
	l.copying = false
	var pg *pgconn.PgError
	if errors.As(r.err, &pg) {
		return r.err
	}
	return err
}

func (l *loader) failed(ctx context.Context, err error) error {
	if err == nil {
		err = fmt.Errorf("%w: COPY ended by itself", errMalformed)
	}
	return classify(ctx, "load "+l.r.Table.Name.String(), l.w.who.explain(err, quoteName(l.r.Table.Name)))
}

// endCopy tells the server that all rows are there and waits until it has them. It returns their number.
func (l *loader) endCopy(ctx context.Context) (int64, error) {
	if !l.text && !l.r.Raw {
		l.rows.buf = append(l.rows.buf, 0xff, 0xff)
	}
	if err := l.flush(ctx); err != nil {
		return 0, err
	}
	if _, err := l.w.Write([]byte{'c', 0, 0, 0, 4}); err != nil {
		return 0, l.failed(ctx, l.reasonOf(ctx, err))
	}
	r := <-l.reply
	l.copying = false
	if r.err != nil {
		return 0, l.failed(ctx, r.err)
	}
	return strconv.ParseInt(strings.TrimPrefix(r.tag, "COPY "), 10, 64)
}

// Commit implements connector.Loader. The commit is asynchronous: it becomes durable with the journal's Close at the
// latest, and a server that crashes before loses rows and mark together.
func (l *loader) Commit(ctx context.Context, c connector.Counts) error {
	if l.w == nil {
		return errLoadOver
	}
	defer l.w.watch(ctx)()
	if l.copying {
		n, err := l.endCopy(ctx)
		if err != nil {
			return err
		}
		want := l.count
		if l.r.Raw {
			want = c.Rows
		}
		if n != want {
			return fmt.Errorf("load %s: the server counted %d rows where %d were sent", l.r.Table.Name, n, want)
		}
	}
	var sql strings.Builder
	sql.WriteString(l.open())
	for _, s := range l.r.After {
		sql.WriteString(s.SQL + ";\n")
	}
	if l.r.Mark.Run != "" {
		sql.WriteString(l.t.doneSQL(l.r.Mark, c) + ";\n")
	}
	sql.WriteString("COMMIT")
	if err := markError(l.r.Mark, l.w.exec(ctx, sql.String())); err != nil {
		return classify(ctx, "commit the load of "+l.r.Table.Name.String(), err)
	}
	l.t.loaders.put(l.w, !l.w.broken.Load())
	l.w = nil
	return nil
}

// Abort implements connector.Loader.
func (l *loader) Abort() {
	if l.w == nil {
		return
	}
	w := l.w
	l.w = nil
	if l.copying || w.broken.Load() {
		w.cut()
		if l.copying {
			<-l.reply
		}
		l.t.loaders.put(w, false)
		return
	}
	if l.opening != "" {
		l.t.loaders.put(w, true)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cancelGrace)
	defer cancel()
	err := w.exec(ctx, "ROLLBACK")
	l.t.loaders.put(w, err == nil && !w.broken.Load())
}
