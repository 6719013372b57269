package sqlite

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// rescaled is the value of a column that becomes a decimal which is kept as text. SQLite would take the digits over as they are, and a source
// now has as many of them behind the point as the type says, by which its rows are found. Digits that are too many stay, and so does what is no digits
// even when it is written without an exponent.
func rescaled(column, from, to string) string {
	old, now := typemap.FromSQLite(from), typemap.FromSQLite(to)
	exact := old.Kind.IsInteger() || old.Kind == datatype.Numeric && old.Precision > 0
	if !exact || !strings.HasPrefix(strings.ToUpper(strings.TrimSpace(to)), "DECIMAL_TEXT") || now.Scale == 0 {
		return column
	}
	digits := fmt.Sprintf("CASE typeof(%[1]s) WHEN 'real' THEN printf('%%.%[2]df', %[1]s) ELSE %[1]s END", column, old.Scale)
	return fmt.Sprintf("CASE WHEN %[1]s IS NULL OR typeof(%[1]s) = 'blob' OR %[2]s GLOB '*[^-0-9.]*' THEN %[1]s WHEN instr(%[2]s, '.') = 0 THEN %[2]s || '.%[3]s'"+
		" ELSE %[2]s || substr('%[3]s', 1 + length(%[2]s) - instr(%[2]s, '.')) END", column, digits, strings.Repeat("0", now.Scale))
}
