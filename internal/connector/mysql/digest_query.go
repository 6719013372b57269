package mysql

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// unionBytes is how long a statement that asks for several ranges may become.
const unionBytes = 64 << 10

// digestStatements are the queries for the digests of a part.
func digestStatements(r *connector.DigestRequest) (out []string, err error) {
	where := make([]string, 0, len(r.Where)+2)
	for _, p := range r.Where {
		w, err := predicate(r.Table, p)
		if err != nil {
			return nil, err
		}
		where = append(where, w)
	}
	if !clustered(r) {
		return []string{digestSelect(r, bucket(r.Part), append(where, partConditions(r.Part)...)) + " GROUP BY 1 ORDER BY NULL"}, nil // a name could be that of a column
	}
	var b strings.Builder
	for _, u := range bucketRanges(r.Part) {
		one := digestSelect(r, strconv.FormatInt(u.number, 10), append(where[:len(where):len(where)], partConditions(connector.Part{Range: &u.Range})...))
		if b.Len() > 0 && b.Len()+len(one) > unionBytes {
			out = append(out, b.String())
			b.Reset()
		}
		if b.Len() > 0 {
			b.WriteString(" UNION ALL ")
		}
		b.WriteString(one)
	}
	return append(out, b.String()), nil
}

func digestSelect(r *connector.DigestRequest, bucket string, where []string) string {
	sql := fmt.Sprintf("SELECT %s, COUNT(*), SUM(%s) FROM %s", bucket, rowHash(r.Columns, r.Own), quoteTable(r.Table.Name))
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	return sql
}

// clustered reports whether the rows of each bucket lie side by side, so that each is asked for by itself: grouping them in a table in
// memory takes a fifth to a quarter of a digest's time.
func clustered(r *connector.DigestRequest) bool {
	k := r.Table.PrimaryKey
	return r.Part.Range != nil && r.Part.Modulus == 0 && k != nil && len(k.Columns) > 0 && k.Columns[0] == r.Part.Range.Column.Name
}

// bucketRange is a bucket as a range of its own.
type bucketRange struct {
	number int64
	connector.Range
}

// bucketRanges are the buckets of a range. Division is toward zero, so that bucket 0 reaches to both of its sides.
func bucketRanges(p connector.Part) (out []bucketRange) {
	width := max(p.Width, 1)
	last := p.Range.High / width
	for n, low := p.Range.Low/width, p.Range.Low; ; n++ {
		high := p.Range.High
		if n < last && n < 0 {
			high = n * width
		} else if n < last {
			high = n*width + (width - 1)
		}
		out = append(out, bucketRange{n, connector.Range{Column: p.Range.Column, Low: low, High: high}})
		if n >= last {
			return out
		}
		low = high + 1
	}
}
