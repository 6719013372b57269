package s3

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// control is the folder of Whimbrel's own objects; exceptions that of rows that were rejected.
const (
	control    = "_awsdms_control/"
	exceptions = "awsdms_apply_exceptions/"
)

// component spells a name as one part of a key: what would end the part, or mean something to a file system, is written as
// %2F, and so is the percent sign.
func component(name string) string {
	if name == "" {
		return "%"
	}
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if c == '/' || c == '%' || c == '\\' || c < ' ' || c == 0x7f || c == '.' && i == 0 || c == '_' && i == 0 && strings.EqualFold(name, strings.TrimSuffix(control, "/")) {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// folder is where a table's files are.
func folder(n catalog.Name) string { return component(n.Schema) + "/" + component(n.Name) + "/" }

// loadName is the name of a file of a full load.
func loadName(number int, extension string) string {
	return fmt.Sprintf("LOAD%08X%s", number, extension)
}

var (
	loadFile   = regexp.MustCompile(`^LOAD([0-9A-F]{8})\.(csv|parquet)(\.gz)?$`)
	changeFile = regexp.MustCompile(`^(?:[0-9]{2,10}(?:[-/_][0-9]{2,4}){0,3}/)?[0-9]{8}-[0-9]{9,10}\.(csv|parquet)(\.gz)?$`)
)

// isData reports whether a name below a table's folder is one of a data file of ours or of DMS.
func isData(name string) bool { return loadFile.MatchString(name) || changeFile.MatchString(name) }

// definitionFolder is where the definitions of tables are.
const definitionFolder = control + "tables/"

func definitionKey(n catalog.Name) string {
	return definitionFolder + strings.TrimSuffix(folder(n), "/") + ".json"
}
