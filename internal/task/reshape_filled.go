package task

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// eachItsOwn are the functions that give every row, and every server, another value.
var eachItsOwn = regexp.MustCompile(`(?i)\b(u?rand|random|random_normal|random_bytes|gen_random_\w+|uuid|uuid_v\d|uuidv\d|uuid_short|uuid_generate_\w+|sys_guid|nextval|next\s+value\s+for|clock_timestamp)\b`)

// filled looks at what the rows that are there get in a new column: no change tells what the source's have got. A constant is the same
// on both sides, a moment is not, of which is told; where each row has a value of its own the table is no longer the source's.
func (a *alteration) filled(source, made *catalog.Column) error {
	switch {
	case source == nil, source.Generated != "" && made.Generated != "":
		return nil
	case source.Generated != "":
		return fmt.Errorf("the source has computed the new column %s in the rows that were there, and the target does not compute it; load the table anew", source.Name)
	case source.Identity.Kind != catalog.NotIdentity:
		return fmt.Errorf("the source has numbered the rows that were there in the new column %s, and no change tells how; load the table anew", source.Name)
	case source.Default == nil, strings.EqualFold(*source.Default, "NULL"):
		return nil
	}
	family := a.sourceEngine.Family
	constant := convert.ConstantDefault(family, family, source, source) != nil
	switch {
	case constant && made.Default != nil:
		return nil
	case !constant && eachItsOwn.MatchString(*source.Default):
		return fmt.Errorf("each of the rows that were there has got a value of its own in the new column %s, and no change tells which; load the table anew", source.Name)
	}
	a.log(tasklog.TargetApply).Warn("a new column's default is no constant that both sides know: its values in rows that were there before are the target's own; "+
		"validate the table, or load it anew", "table", a.after.Plan.Source.Name.String(), "column", source.Name, "default", *source.Default)
	return nil
}
