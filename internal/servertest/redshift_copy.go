package servertest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5/pgproto3"
)

// copyStatement is a COPY as it was asked for.
type copyStatement struct {
	table    tokens
	columns  []string
	from     string
	role     string
	id       string
	secret   string
	null     string
	manifest bool
	gzip     bool
	csv      bool
	truncate bool
	anyDate  bool
	explicit bool
	most     int
	options  []string
}

// readCopy reads COPY table (columns) FROM 's3://…' with its options; one that it does not know is an error.
func readCopy(st tokens) (c copyStatement, err error) {
	i := 1
	for i < len(st) && !st[i].is("(", "from") {
		i++
	}
	c.table = st[1:i]
	if st.at(i, "(") {
		parts, end := elements(st, i)
		for _, p := range parts {
			c.columns = append(c.columns, p.String())
		}
		i = end
	}
	if !st.at(i, "from") || i+1 >= len(st) || st[i+1].kind != 's' {
		return c, refuse("42601", "COPY reads from a location in Amazon S3")
	}
	c.from = st[i+1].value()
	c.null = `\N`
	for i += 2; i < len(st); i++ {
		if err := c.option(st, &i); err != nil {
			return c, err
		}
	}
	switch {
	case len(c.columns) == 0:
		return c, unsupported("COPY without a list of columns in this stand-in")
	case !c.csv:
		return c, unsupported("a format other than CSV in this stand-in")
	case c.role == "" && (c.id == "" || c.secret == ""):
		return c, refuse("XX000", "CREDENTIALS or IAM_ROLE are needed to access S3")
	}
	return c, nil
}

// option reads one option, and moves to its last word.
func (c *copyStatement) option(st tokens, at *int) error {
	i := *at
	next := func() string {
		*at++
		if *at < len(st) {
			return st[*at].value()
		}
		return ""
	}
	text := i+1 < len(st) && st[i+1].kind == 's'
	secret := false
	switch {
	case st.at(i, "iam_role") && text:
		c.role, secret = next(), true
	case st.at(i, "access_key_id") && text:
		c.id, secret = next(), true
	case st.at(i, "secret_access_key") && text:
		c.secret, secret = next(), true
	case st.at(i, "session_token") && text:
		next()
		secret = true
	case st.at(i, "region") && text, st.at(i, "dateformat") && text, st.at(i, "timeformat") && text:
		next()
	case st.at(i, "manifest"):
		c.manifest = true
	case st.at(i, "csv"):
		c.csv = true
	case st.at(i, "gzip"):
		c.gzip = true
	case st.at(i, "null") && st.at(i+1, "as"):
		*at++
		c.null = next()
	case st.at(i, "truncatecolumns"):
		c.truncate = true
	case st.at(i, "acceptanydate"):
		c.anyDate = true
	case st.at(i, "explicit_ids"):
		c.explicit = true
	case st.at(i, "maxerror") && i+1 < len(st):
		n, err := strconv.Atoi(next2(st, at))
		if err != nil || n < 0 || n > 100000 {
			return refuse("22023", "MAXERROR is a number from 0 to 100000")
		}
		c.most = n
	case st.at(i, "compupdate", "statupdate") && st.at(i+1, "on", "off"):
		*at++
	default:
		return refuse("42601", "syntax error at or near %q", st[i].text)
	}
	if !secret {
		c.options = append(c.options, strings.ToUpper(st[i:min(*at+1, len(st))].String()))
	}
	return nil
}

func next2(st tokens, at *int) string {
	*at++
	return st[*at].text
}

// copy carries a COPY out.
func (s *redshiftSession) copy(ctx context.Context, st tokens) error {
	c, err := readCopy(s.folded(st))
	if err != nil {
		return err
	}
	files, err := s.files(ctx, &c)
	if err != nil {
		return err
	}
	table, err := s.copyTable(ctx, &c)
	if err != nil {
		return err
	}
	s.lastCopy++
	s.lastCopy += int(s.pg.PID()) * 1000 // unlike those of other sessions
	done := Copy{Table: c.table.String(), Options: c.options, Role: c.role, Files: len(files)}
	var good bytes.Buffer
	var bad []badRow
	for _, f := range files {
		text, err := s.content(ctx, &c, f)
		if err != nil {
			return err
		}
		done.Largest = max(done.Largest, int64(len(text)))
		done.Rows += table.read(&c, f, text, &good, &bad)
	}
	if err := s.noteErrors(ctx, bad); err != nil {
		return err
	}
	if len(bad) > c.most {
		return refuse("XX000", "Load into table '%s' failed.  Check 'stl_load_errors' system table for details.", strings.Trim(c.table[len(c.table)-1].text, `"`))
	}
	if _, err := s.pg.CopyFrom(ctx, &good, "COPY "+c.table.String()+" ("+strings.Join(c.columns, ", ")+") FROM STDIN"); err != nil {
		return err
	}
	s.lastCount = done.Rows
	s.r.mu.Lock()
	s.r.mu.copies = append(s.r.mu.copies, done)
	s.r.mu.Unlock()
	s.be.Send(&pgproto3.CommandComplete{CommandTag: []byte("COPY")})
	return nil
}

// files are the keys of the objects that are to be loaded.
func (s *redshiftSession) files(ctx context.Context, c *copyStatement) ([]string, error) {
	b := s.r.Bucket
	switch {
	case c.role != "" && c.role != s.r.Role:
		return nil, refuse("XX000", "The IAM role %s is not associated with the cluster", c.role)
	case c.role == "" && (c.id != b.Key || c.secret != b.Secret):
		return nil, refuse("XX000", "S3ServiceException:The AWS Access Key Id you provided does not exist in our records.,Status 403,Error InvalidAccessKeyId")
	case !c.manifest:
		return nil, unsupported("COPY without a manifest in this stand-in")
	}
	raw, err := s.object(ctx, c.from)
	if err != nil {
		return nil, err
	}
	var m struct {
		Entries []struct {
			URL       string `json:"url"`
			Mandatory bool   `json:"mandatory"`
		} `json:"entries"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil || len(m.Entries) == 0 {
		return nil, refuse("XX000", "The manifest is not valid JSON: %v", err)
	}
	var keys []string
	for _, e := range m.Entries {
		keys = append(keys, e.URL)
	}
	return keys, nil
}

// object reads an object by its s3:// URL.
func (s *redshiftSession) object(ctx context.Context, location string) ([]byte, error) {
	bucket, key, ok := strings.Cut(strings.TrimPrefix(location, "s3://"), "/")
	if !ok || !strings.HasPrefix(location, "s3://") {
		return nil, refuse("XX000", "Invalid location %q", location)
	}
	out, err := s.r.store.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return nil, refuse("XX000", "S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,Key %s", key)
	}
	defer func() { _ = out.Body.Close() }()
	return io.ReadAll(out.Body)
}

func (s *redshiftSession) content(ctx context.Context, c *copyStatement, location string) ([]byte, error) {
	raw, err := s.object(ctx, location)
	if err != nil || !c.gzip {
		return raw, err
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, refuse("XX000", "The file %s is not in gzip format", location)
	}
	return io.ReadAll(z)
}

// copyTable looks the columns of a COPY up.
func (s *redshiftSession) copyTable(ctx context.Context, c *copyStatement) (*copyTarget, error) {
	name := strings.ReplaceAll(c.table.String(), "'", "''")
	results, err := s.pg.Exec(ctx, "SELECT quote_ident(attname), attname, format_type(atttypid, atttypmod), attnotnull, attidentity <> '' FROM pg_attribute WHERE attrelid = '"+name+"'::regclass AND attnum > 0 AND NOT attisdropped").ReadAll()
	if err != nil {
		return nil, err
	}
	t := &copyTarget{}
	for _, column := range c.columns {
		bare := strings.ToLower(column)
		if strings.HasPrefix(column, `"`) {
			bare = strings.ReplaceAll(strings.Trim(column, `"`), `""`, `"`)
		}
		i := slices.IndexFunc(results[0].Rows, func(r [][]byte) bool { return string(r[1]) == bare })
		if i < 0 {
			return nil, refuse("42703", "column %q of relation %q does not exist", bare, c.table.String())
		}
		r := results[0].Rows[i]
		if string(r[4]) == "t" && !c.explicit {
			return nil, refuse("0A000", "cannot copy explicit values into the identity column %q without EXPLICIT_IDS", bare)
		}
		t.columns = append(t.columns, copyColumn{name: bare, native: string(r[2]), notNull: string(r[3]) == "t"})
	}
	return t, nil
}

// badRow is a row that was left out.
type badRow struct {
	file           string
	line           int
	column, native string
	value          string
	code           int
	reason         string
}

// noteErrors writes stl_load_errors over a connection of its own: what stands there stays whatever becomes of the transaction.
func (s *redshiftSession) noteErrors(ctx context.Context, bad []badRow) (err error) {
	if len(bad) == 0 {
		return nil
	}
	c, err := s.r.behind(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	text := func(v string, most int) string {
		v = strings.ToValidUTF8(v, "?")
		if len(v) > most {
			v = strings.ToValidUTF8(v[:most], "?")
		}
		return "'" + strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(v, "\x00", ""), `\`, `\\`), "'", "''") + "'"
	}
	for _, b := range bad {
		sql := fmt.Sprintf("INSERT INTO rs.stl_load_errors (query, session, filename, line_number, colname, type, raw_field_value, err_code, err_reason) VALUES (%d, %d, %s, %d, %s, %s, %s, %d, %s)",
			s.lastCopy, s.pg.PID(), text(b.file, 256), b.line, text(b.column, 127), text(b.native, 10), text(b.value, 1024), b.code, text(b.reason, 100))
		if _, err := c.Exec(ctx, sql).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}
