package demo

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"net/url"
	"strings"
)

// Proof is what two tables must agree on to hold the same rows.
type Proof struct {
	Rows int64
	// Sum is the sum of the rows' SHA-256 digests, in which their order plays no part.
	Sum string
}

// Checksum computes the proof of every table of a SQLite database but the control tables, by name.
func Checksum(ctx context.Context, rawURL string) (proofs map[string]Proof, err error) {
	path, err := filePath(rawURL)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", fileURI(path, "mode=ro"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one moment for all tables
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	names, err := column(ctx, tx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
		AND name NOT LIKE 'awsdms\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("list the tables of %s: %w", path, err)
	}
	proofs = map[string]Proof{}
	for _, name := range names {
		if proofs[name], err = prove(ctx, tx, name); err != nil {
			return nil, fmt.Errorf("checksum of table %s: %w", name, err)
		}
	}
	return proofs, nil
}

func filePath(rawURL string) (string, error) {
	rest, ok := strings.CutPrefix(rawURL, "sqlite:")
	if !ok {
		return "", errors.New("checksums are computed of SQLite databases only: give a URL that begins with sqlite:")
	}
	rest, _, _ = strings.Cut(strings.TrimPrefix(rest, "//"), "?")
	path, err := url.PathUnescape(rest)
	if err != nil {
		return "", fmt.Errorf("read URL: %w", err)
	}
	return path, nil
}

// column returns the first column of a query as strings.
func column(ctx context.Context, tx *sql.Tx, query string, args ...any) (out []string, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func prove(ctx context.Context, tx *sql.Tx, table string) (Proof, error) {
	columns, err := column(ctx, tx, "SELECT name FROM pragma_table_info(?) ORDER BY name", table)
	if err != nil {
		return Proof{}, err
	}
	list := make([]string, len(columns))
	for i, c := range columns {
		// The plus makes an expression of the column: the driver would turn what is in a DATE column into a time.
		list[i] = "+" + quote(c)
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+strings.Join(list, ",")+" FROM "+quote(table))
	if err != nil {
		return Proof{}, err
	}
	defer rows.Close()
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var p Proof
	var sum [4]uint64
	var row []byte
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return Proof{}, err
		}
		row = row[:0]
		for _, v := range values {
			if row, err = appendValue(row, v); err != nil {
				return Proof{}, err
			}
		}
		add(&sum, sha256.Sum256(row))
		p.Rows++
	}
	p.Sum = fmt.Sprintf("%016x%016x%016x%016x", sum[3], sum[2], sum[1], sum[0])
	return p, rows.Err()
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// appendValue writes the class of a value, its length and its bytes, so that no two rows are written alike.
func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, 'n'), nil
	case int64:
		return binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v)), nil
	case float64:
		return binary.BigEndian.AppendUint64(append(b, 'f'), math.Float64bits(v)), nil
	case string:
		b = binary.AppendUvarint(append(b, 't'), uint64(len(v)))
		return append(b, v...), nil
	case []byte:
		b = binary.AppendUvarint(append(b, 'b'), uint64(len(v)))
		return append(b, v...), nil
	}
	return nil, fmt.Errorf("unexpected value of type %T", v)
}

// add adds a digest to the sum, as integers of 256 bits.
func add(sum *[4]uint64, digest [32]byte) {
	carry := uint64(0)
	for i := range sum {
		sum[i], carry = bits.Add64(sum[i], binary.LittleEndian.Uint64(digest[8*i:]), carry)
	}
}
