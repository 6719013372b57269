package redshift

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// manifest names the files of a COPY (Database Developer Guide, "Using a manifest to specify data files").
type manifest struct {
	Entries []entry `json:"entries"`
}

type entry struct {
	URL       string `json:"url"`
	Mandatory bool   `json:"mandatory"`
}

// stageManifest writes a manifest beside the files, and returns its key.
func (t *target) stageManifest(ctx context.Context, keys []string) (string, error) {
	var m manifest
	for _, k := range keys {
		m.Entries = append(m.Entries, entry{t.location(k), true})
	}
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("write a manifest: %w", err)
	}
	key := keys[0] + ".manifest"
	return key, t.store.Put(ctx, key, text)
}

// location is the URL of an object as COPY takes it.
func (t *target) location(key string) string {
	return "s3://" + t.settings.bucket + "/" + t.settings.folder + key
}

// copying is what a COPY is to do.
type copying struct {
	into     string // the table, quoted
	columns  []string
	manifest string
	null     string
	explicit bool // EXPLICIT_IDS
	update   bool // COMPUPDATE
	most     int  // MAXERROR
}

// copySQL writes the COPY. It may hold keys, so that it is never shown.
func (t *target) copySQL(c copying) string {
	var b strings.Builder
	b.WriteString("COPY " + c.into + " (" + quoteNames(c.columns) + ") FROM " + literal(t.location(c.manifest)) + " ")
	switch a := t.reach.access; {
	case t.settings.role != "":
		b.WriteString("IAM_ROLE " + literal(t.settings.role))
	default:
		b.WriteString("ACCESS_KEY_ID " + literal(a.id) + " SECRET_ACCESS_KEY " + literal(a.secret))
		if a.token != "" {
			b.WriteString(" SESSION_TOKEN " + literal(a.token))
		}
	}
	b.WriteString(" REGION " + literal(t.reach.store.Region) + " MANIFEST CSV NULL AS " + literal(c.null) + " DATEFORMAT 'auto' TIMEFORMAT 'auto'")
	if t.settings.compress {
		b.WriteString(" GZIP")
	}
	if t.settings.anyDate {
		b.WriteString(" ACCEPTANYDATE")
	}
	if c.explicit {
		b.WriteString(" EXPLICIT_IDS")
	}
	if c.most > 0 {
		b.WriteString(" MAXERROR " + strconv.Itoa(c.most))
	}
	if c.update {
		b.WriteString(" COMPUPDATE ON")
	} else {
		b.WriteString(" COMPUPDATE OFF")
	}
	return b.String()
}

// copyIn runs a COPY and makes sure that it has taken all rows; with most set, refused ones may be missing. loaded is how many
// it took.
func (t *target) copyIn(ctx context.Context, c *conn, sql string, rows int64, most int) (loaded int64, err error) {
	within := ctx
	if d := t.settings.loadTimeout; d > 0 {
		var stop context.CancelFunc
		within, stop = context.WithTimeoutCause(ctx, d, fmt.Errorf("COPY has not ended within LoadTimeout (%s)", d))
		defer stop()
	}
	if _, err := c.run(within, sql); err != nil {
		if within.Err() != nil && ctx.Err() == nil {
			return 0, &connector.Error{Class: connector.Lost, Err: context.Cause(within), Remedy: "raise LoadTimeout, or lower MaxFileSize and the number of tables loaded at once"}
		}
		return 0, t.explain(ctx, c, err)
	}
	found, err := c.rows(ctx, "SELECT pg_last_copy_count()")
	if err != nil {
		return 0, err
	}
	loaded = -1
	if len(found) == 1 && len(found[0]) == 1 {
		if loaded, err = strconv.ParseInt(found[0][0], 10, 64); err != nil {
			return 0, fmt.Errorf("read how many rows COPY has taken: %w", err)
		}
	}
	if loaded != rows && most == 0 {
		return loaded, fmt.Errorf("COPY has taken %d rows of %d that were staged", loaded, rows)
	}
	return loaded, nil
}

// explainWithin is how long the server is asked why it refused rows.
const explainWithin = 30 * time.Second

// explain adds to the refusal of a COPY what stl_load_errors says of the first row. It asks over a connection of its own: the
// transaction has failed.
func (t *target) explain(ctx context.Context, c *conn, refused error) error {
	if class, _ := classOf(refused); class != connector.Data || ctx.Err() != nil {
		return refused
	}
	ctx, stop := context.WithTimeout(ctx, explainWithin)
	defer stop()
	other, err := t.dial(ctx)
	if err != nil {
		return refused
	}
	defer other.end()
	found, err := other.rows(ctx, fmt.Sprintf("SELECT trim(colname), trim(type), trim(err_reason) FROM stl_load_errors WHERE session = %d ORDER BY starttime DESC LIMIT 1", c.PID()))
	if err != nil || len(found) == 0 {
		return refused
	}
	return fmt.Errorf("column %q (%s): %s: %w", found[0][0], found[0][1], found[0][2], refused)
}

// loadErrors reads which rows the last COPY of the connection has left out.
func loadErrors(ctx context.Context, c *conn) ([][]string, error) {
	return c.rows(ctx, "SELECT trim(filename), line_number, trim(colname), trim(err_reason) FROM stl_load_errors WHERE query = pg_last_copy_id() ORDER BY 1, 2")
}
