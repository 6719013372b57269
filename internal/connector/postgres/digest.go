package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Digester = (*snapshot)(nil)
	_ connector.Extent   = (*snapshot)(nil)
)

// firstRecordHash is the version that can hash a whole row, firstTrimScale the one that can trim a numeric.
const (
	firstRecordHash = 140000
	firstTrimScale  = 130000
)

// Renders implements connector.Digester.
func (s *snapshot) Renders(c *catalog.Column, f connector.Form) bool {
	_, ok := render(c, f)
	return ok && s.encoding == "UTF8" && (f != connector.Number || s.version >= firstTrimScale)
}

// render writes a column in a form; ok is false when its type has none.
func render(c *catalog.Column, f connector.Form) (sql string, ok bool) {
	column, base := quote(c.Name), c.BaseType
	switch f {
	case connector.Number:
		return renderNumber(column, base)
	case connector.Float:
		if base == "float4" || base == "float8" {
			return "encode(float8send(" + column + "::float8 + 0), 'hex')", true
		}
	case connector.Exact, connector.Padded:
		text := column + "::pg_catalog.text" // as it is read, see inflowOf
		if base == "inet" {
			text = inetText(column)
		}
		if f == connector.Padded {
			text = "rtrim(" + text + ", ' ')"
		}
		return text, base != "bytea"
	case connector.Hex:
		return "'x' || encode(" + column + ", 'hex')", base == "bytea"
	case connector.Day:
		return column + "::text", base == "date"
	case connector.Clock:
		return column + "::text", base == "time"
	case connector.Moment:
		if base == "timestamptz" {
			return "(" + column + " AT TIME ZONE 'UTC')::text", true
		}
		return column + "::text", base == "timestamp"
	}
	return "", false
}

func renderNumber(column, base string) (sql string, ok bool) {
	switch base {
	case "bool":
		return column + "::int", true
	case "int2", "int4", "int8", "oid":
		return column, true
	case "numeric":
		return "trim_scale(" + column + ")", true
	case "money":
		return "trim_scale(" + column + "::numeric)", true
	}
	return "", false
}

// fieldsOfCall is how many fields one call of concat_ws() joins: a function has no more than a hundred arguments.
const fieldsOfCall = 90

// written is a row in the form of connector.Digester. concat_ws() takes half of the operator's time, but leaves out nulls: rows that have some are
// written otherwise. Every column is asked whether it is null, as a constraint may not have been validated.
func written(columns []connector.Rendered) string {
	var present, plain, careful []string
	for _, c := range columns {
		present = append(present, quote(c.Column.Name)+" IS NOT NULL")
		for _, f := range fields(c) {
			plain = append(plain, f)
			careful = append(careful, "coalesce(("+f+")::pg_catalog.text, '')")
		}
	}
	return "CASE WHEN " + strings.Join(present, " AND ") + " THEN " + joinedFields(plain) + " ELSE " + joinedFields(careful) + " END"
}

// fields are those of a column's value that is not null.
func fields(c connector.Rendered) []string {
	text, _ := render(c.Column, c.Form)
	switch {
	case c.Alike && c.Column.BaseType == "money":
		return []string{fmt.Sprintf("%s::numeric(38, %d)", quote(c.Column.Name), c.Column.Type.Scale)}
	case c.Alike:
		return []string{quote(c.Column.Name)}
	case c.Form.Delimited():
		return []string{text}
	}
	return []string{"octet_length(" + text + ")", text}
}

func joinedFields(fields []string) string {
	var calls []string
	for some := range slices.Chunk(fields, fieldsOfCall) {
		calls = append(calls, "concat_ws(';', "+strings.Join(some, ", ")+")")
	}
	return strings.Join(calls, " || ';' || ")
}

// shaPart is the first bytes of the SHA-256 of columns, as a number.
func shaPart(columns []connector.Rendered, bytes int) string {
	return shaOf(written(columns), bytes)
}

func shaOf(text string, bytes int) string {
	return fmt.Sprintf("('x' || encode(substr(sha256(convert_to(%s, 'UTF8')), 1, %d), 'hex'))::bit(%d)::bigint", text, bytes, 8*bytes)
}

// rowHash is the digest of a row.
func rowHash(columns []connector.Rendered, own bool) string {
	if own {
		return ownHash(columns)
	}
	return shaPart(columns, 8)
}

// bucket is the expression that puts a row into its bucket.
func bucket(p connector.Part) string {
	switch {
	case p.Modulus == 0 && p.Range == nil:
		return "0::bigint"
	case p.Modulus == 0 && p.Range.Column.BaseType == "numeric":
		return fmt.Sprintf("div(%s, %d)::bigint", quote(p.Range.Column.Name), max(p.Width, 1))
	case p.Modulus == 0:
		return fmt.Sprintf("(%s / %d)::bigint", quote(p.Range.Column.Name), max(p.Width, 1))
	}
	of := p.Key
	if len(of) == 0 {
		of = p.Row
	}
	if p.Own {
		return fmt.Sprintf("((%s & 9223372036854775807) %% %d)", ownHash(of), p.Modulus)
	}
	return fmt.Sprintf("(%s %% %d)", shaPart(of, 4), p.Modulus)
}

// partConditions restrict a query to a part.
func partConditions(p connector.Part) (out []string) {
	if p.Range != nil {
		out = append(out, fmt.Sprintf("%s BETWEEN %d AND %d", quote(p.Range.Column.Name), p.Range.Low, p.Range.High))
	}
	if p.Buckets != nil {
		out = append(out, bucket(p)+" = ANY ('{"+joinInts(p.Buckets)+"}'::bigint[])")
	}
	return out
}

func joinInts(ns []int64) string {
	b := make([]byte, 0, 8*len(ns))
	for i, n := range ns {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return string(b)
}

// Digest implements connector.Digester.
func (s *snapshot) Digest(ctx context.Context, r connector.DigestRequest) (out []connector.Digest, err error) {
	w, err := s.readers.get(ctx)
	if err != nil {
		return nil, classify(ctx, "get a reader", err)
	}
	defer func() { s.give(w, err) }()
	all, err := s.attributes(ctx, w, r.Table.Name)
	if err != nil {
		return nil, err
	}
	side, err := sideBySide(ctx, w, &r)
	if err != nil {
		return nil, classify(ctx, "look at the rows of "+r.Table.Name.String(), err)
	}
	if r.Joined && !side {
		return nil, connector.ErrNotJoined
	}
	sql, err := digestSQL(&r, side, all)
	if err != nil {
		return nil, invalid(r.Table, err)
	}
	err = w.query(ctx, sql, func(v [][]byte) error {
		n, err := strconv.ParseInt(string(v[0]), 10, 64)
		if err != nil {
			return fmt.Errorf("%w: bucket %q", errMalformed, v[0])
		}
		rows, err := strconv.ParseInt(string(v[1]), 10, 64)
		if err != nil {
			return fmt.Errorf("%w: count %q", errMalformed, v[1])
		}
		out = append(out, connector.Digest{Bucket: n, Rows: rows, Sum: wrapped(v[2])})
		return nil
	})
	var refused *pgconn.PgError
	if r.Joined && errors.As(err, &refused) && (refused.Code == programLimit || refused.Code == outOfMemory) {
		return nil, fmt.Errorf("%w: %w", connector.ErrNotJoined, err)
	}
	return out, classify(ctx, "digest the rows of "+r.Table.Name.String(), err)
}

// The codes of a text that is too long.
const (
	programLimit = "54000"
	outOfMemory  = "53200"
)

// digestSQL asks for the digests of a part. Rows of a bucket that lie side by side are asked for bucket by bucket, in the order of the key's index: to group rows
// takes a third to a half of a digest's time. Others are grouped as they lie.
func digestSQL(r *connector.DigestRequest, side bool, all []attribute) (string, error) {
	request := connector.ReadRequest{Table: r.Table, Where: r.Where}
	if side {
		return rangesSQL(&request, r, all)
	}
	request.Part = &r.Part
	sql, err := selectSQL(&request, []string{bucket(r.Part), "count(*)", "sum(" + rowHash(r.Columns, r.Own) + ")"}, all)
	return unsorted(sql + " GROUP BY 1"), err
}

// sideRows is how many rows are looked at to know how a table's rows lie; of a quarter of them the one before may lie elsewhere.
const sideRows = 400

// sideBySide reports whether rows whose keys are neighbours lie in one block or the next. Where they do not, reading a table in the order of its keys reads its
// blocks over and over.
func sideBySide(ctx context.Context, w *wire, r *connector.DigestRequest) (side bool, err error) {
	k := r.Table.PrimaryKey
	if r.Part.Range == nil || r.Part.Modulus != 0 || k == nil || k.Columns[0] != r.Part.Range.Column.Name || r.Table.PartitionBy != "" {
		return false, nil
	}
	key, middle := quote(k.Columns[0]), r.Part.Range.Low/2+r.Part.Range.High/2
	err = w.query(ctx, fmt.Sprintf(`SET LOCAL enable_seqscan = off; SELECT count(*) <= %[1]d FROM (SELECT block - lag(block) OVER (ORDER BY key) AS step FROM
		(SELECT %[2]s AS key, (ctid::text::point)[0] AS block FROM ONLY %[3]s WHERE %[2]s >= %[4]d ORDER BY 1 LIMIT %[5]d) AS seen) AS steps WHERE step NOT IN (0, 1);
		SET LOCAL enable_seqscan TO DEFAULT`, sideRows/4, key, quoteName(r.Table.Name), middle, sideRows), func(v [][]byte) error {
		side = string(v[0]) == "t"
		return nil
	})
	return side, err
}

// rangesSQL asks for each bucket as a range of its own.
func rangesSQL(request *connector.ReadRequest, r *connector.DigestRequest, all []attribute) (string, error) {
	key, order, digest := quote(r.Part.Range.Column.Name), "", "whimbrel_rows.digest"
	expressions := []string{"count(*) AS count", "sum(" + rowHash(r.Columns, r.Own) + ") AS digest"}
	if r.Joined {
		expressions, order, digest = []string{written(r.Columns) + " AS line"}, " ORDER BY "+key, shaOf(digest, 8)
	}
	rows, err := selectSQL(request, expressions, all)
	if err != nil {
		return "", err
	}
	where := " WHERE "
	if len(request.Where) > 0 {
		where = " AND "
	}
	rows += where + key + " BETWEEN whimbrel_bucket.low AND whimbrel_bucket.high" + order
	if r.Joined {
		rows = "SELECT count(*) AS count, string_agg(line, ';') AS digest FROM (" + rows + ") AS whimbrel_line"
	}
	var ranges []string
	for _, u := range r.Part.Ranges() {
		ranges = append(ranges, fmt.Sprintf("(%d::bigint,%d::bigint,%d::bigint)", u.Number, u.Low, u.High))
	}
	return "SET LOCAL enable_seqscan = off; SELECT whimbrel_bucket.number, whimbrel_rows.count, " + digest + " FROM (VALUES " + strings.Join(ranges, ",") +
		") AS whimbrel_bucket(number, low, high), LATERAL (" + rows + ") AS whimbrel_rows WHERE whimbrel_rows.count > 0; SET LOCAL enable_seqscan TO DEFAULT", nil
}

// unsorted has a server group rows without sorting them. It takes the buckets to be as many as the keys that they are computed from, and would rather
// sort the rows on disk than bear so many groups in memory.
func unsorted(sql string) string {
	return "SET LOCAL enable_sort = off; " + sql + "; SET LOCAL enable_sort TO DEFAULT"
}

// wrapped reads a whole number modulo 2^64.
func wrapped(text []byte) (sum uint64) {
	for _, c := range text {
		if c >= '0' && c <= '9' {
			sum = sum*10 + uint64(c-'0')
		}
	}
	if len(text) > 0 && text[0] == '-' {
		return -sum
	}
	return sum
}

// Extent implements connector.Extent.
func (s *snapshot) Extent(ctx context.Context, t *catalog.Table, c *catalog.Column) (low, high int64, ok bool, err error) {
	switch {
	case c.BaseType == "numeric" && c.Type.Precision > 0 && c.Type.Scale == 0:
	case c.BaseType == "int2", c.BaseType == "int4", c.BaseType == "int8":
	default:
		return 0, 0, false, nil
	}
	if !c.NotNull {
		return 0, 0, false, nil
	}
	w, err := s.readers.get(ctx)
	if err != nil {
		return 0, 0, false, classify(ctx, "get a reader", err)
	}
	defer func() { s.give(w, err) }()
	only := "ONLY "
	if t.PartitionBy != "" {
		only = ""
	}
	sql := fmt.Sprintf("SELECT coalesce(min(%[1]s), 0), coalesce(max(%[1]s), -1) FROM %[2]s%[3]s", quote(c.Name), only, quoteName(t.Name))
	err = w.query(ctx, sql, func(v [][]byte) error {
		var failed error
		if low, failed = strconv.ParseInt(string(v[0]), 10, 64); failed != nil {
			return nil //nolint:nilerr // a NaN, or a number beyond 64 bits: no range
		}
		high, failed = strconv.ParseInt(string(v[1]), 10, 64)
		ok = failed == nil
		return nil
	})
	return low, high, ok, classify(ctx, "look at the keys of "+t.Name.String(), err)
}
