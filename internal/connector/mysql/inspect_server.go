package mysql

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Flavour tells the two servers of the family apart.
type Flavour string

// The flavours. AnyFlavour is a server not yet known.
const (
	AnyFlavour Flavour = ""
	MariaDB    Flavour = "mariadb"
	MySQL      Flavour = "mysql"
)

// release is what a server says of itself.
type release struct {
	flavour Flavour
	version int // 101119 for 10.11.19
}

// parseVersion reads the text of SELECT VERSION(): "10.11.19-MariaDB-0+deb12u1", "8.0.36".
func parseVersion(text string) release {
	s := release{flavour: MySQL}
	if strings.Contains(strings.ToLower(text), "mariadb") {
		s.flavour = MariaDB
		// Replication clients of old were lied to about the major version.
		text = strings.TrimPrefix(text, "5.5.5-")
	}
	for _, part := range strings.SplitN(text, ".", 3) {
		digits := part
		if end := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
			digits = part[:end]
		}
		n, err := strconv.Atoi(digits)
		if err != nil {
			return release{flavour: s.flavour}
		}
		s.version = s.version*100 + n
	}
	return s
}

// readServer begins the catalog and sets the session to what SHOW CREATE should print; the function it returns sets
// it back.
func (i *inspector) readServer(ctx context.Context) (func(), error) {
	var version string
	var database *string
	if err := i.q.QueryRowContext(ctx, "SELECT VERSION(), DATABASE()").Scan(&version, &database); err != nil {
		return nil, fmt.Errorf("inspect server: %w", err)
	}
	i.release = parseVersion(version)
	i.catalog = &catalog.Catalog{Family: catalog.MySQL, Engine: string(i.release.flavour), Version: version}
	if database != nil {
		i.catalog.Database = *database
	}
	set := "SET @whimbrel_sql_mode = @@sql_mode, @whimbrel_time_zone = @@time_zone, @whimbrel_quote = @@sql_quote_show_create, " +
		"sql_mode = '', time_zone = '+00:00', sql_quote_show_create = 1"
	if i.release.flavour == MySQL && i.release.version >= 80000 {
		// Else MySQL answers with sizes and AUTO_INCREMENT values up to a day old.
		set += ", information_schema_stats_expiry = 0"
	}
	if _, err := i.q.ExecContext(ctx, set); err != nil {
		return nil, fmt.Errorf("prepare the session: %w", err)
	}
	return func() {
		_, _ = i.q.ExecContext(context.WithoutCancel(ctx),
			"SET sql_mode = @whimbrel_sql_mode, time_zone = @whimbrel_time_zone, sql_quote_show_create = @whimbrel_quote")
	}, nil
}
