package redshift

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// TestAnErrorIsNotJudgedByTheRowItQuotes: what a row, a query's number or a process's says is no reason to try a refused row for ever, nor to
// give the task up.
func TestAnErrorIsNotJudgedByTheRowItQuotes(t *testing.T) {
	for _, c := range []struct {
		code, message, detail string
		want                  connector.Class
	}{
		{"XX000", "1023", "Serializable isolation violation on table - 142443, transactions forming the cycle are: 1, 2 (pid:3)", connector.Busy},
		{"XX000", "1023", "", connector.Busy},
		{"40001", "could not serialize access", "", connector.Busy},
		{"22P02", `invalid input syntax for integer: "room 1023"`, "", connector.Data},
		{"22001", "value too long for type character varying(9)", "Failing row contains (1023, disk full).", connector.Data},
		{"23502", `null value in column "a"`, "Failing row contains (1, not associated, null).", connector.Data},
		{"23505", "duplicate key", "Key (v)=(serializable isolation violation) already exists.", connector.Data},
		{"22023", "S3ServiceException is not authorized to be a date", "", connector.Data},
		{"XX000", "Load into table 't' failed.  Check 'stl_load_errors' system table for details.", "query: 21023\npid: 1023", connector.Data},
		{"XX000", "Invalid digit, Value 'N', Pos 0, Type: Integer", "code: 1207\nquery: 51023\nprocess: query1_1023 [pid=1023]", connector.Unclassified},
		{"XX000", "JSON parsing error", "context: disk full, and not associated with it", connector.Unclassified},
		{"XX000", "Disk Full", "error: Disk Full\ncode: 1016", connector.Full},
		{"XX000", "S3ServiceException:Access Denied,Status 403,Error AccessDenied", "", connector.Denied},
		{"XX000", "The requested role arn:aws:iam::1:role/r is not associated to cluster", "", connector.Denied},
		{"XX000", "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown,Rid 1,ExtRid 2,CanRetry 1", "", connector.Busy},
		{"XX000", "S3ServiceException:We encountered an internal error. Please try again.,Status 500,Error InternalError,Rid 1", "", connector.Busy},
		{"XX000", "S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,Rid 503,Key a, Status 503", "", connector.Denied},
		{"XX000", "S3CurlException: Connection timed out, CurlError 28, multiCurlError 0, CanRetry 1", "", connector.Busy},
		{"XX000", "S3Query Exception Connection failed, retries exceeded.", "", connector.Busy},
		{"57P01", "terminating connection", "", connector.Lost},
	} {
		got, _ := classOf(&pgconn.PgError{Code: c.code, Message: c.message, Detail: c.detail})
		require.Equal(t, c.want, got, "%s %s (%s)", c.code, c.message, c.detail)
	}
}
