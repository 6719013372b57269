package mysql

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// orphaned is MariaDB's refusal to make a table of which a file is there already, though no table of that name is: it leaves
// one behind when its disk is full, or it is killed, while it makes a table. DROP TABLE does not remove it.
var orphaned = regexp.MustCompile("Can't create table `([^`]*)`\\.`([^`]*)` \\(errno: 184 ")

// explainOrphan adds the remedy, which nobody but the server's keeper has.
func (t *target) explainOrphan(ctx context.Context, err error) error {
	code, _ := codeOf(err)
	if code != cannotCreate {
		return err
	}
	m := orphaned.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	file := m[1] + "/" + m[2] + ".ibd"
	var home string
	if t.host.control.QueryRowContext(ctx, "SELECT @@datadir").Scan(&home) == nil {
		file = strings.TrimSuffix(home, "/") + "/" + file
	}
	return &connector.Error{
		Class: connector.Invalid, Err: err,
		Remedy: fmt.Sprintf("on the server's machine remove %s, which belongs to no table (it was left behind when the disk was full or the server was "+
			"killed), or DROP DATABASE %s where nothing else is in it; then run the same command again", file, quoteIdent(m[1])),
	}
}
