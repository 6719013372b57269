package assess

import (
	"context"
	"slices"
)

// unneeded are assessments of DMS about what its engine cannot do and ours can. They are known, so that what was written for DMS goes on,
// and end as skipped, with the reason.
var unneeded = []struct {
	side    side
	engines []string
	name    string
	why     string
	when    func(Kind) bool
}{
	{generic, nil, "all-check-for-batch-apply-to-mysql", "changes are applied in sets without a table of net changes", Kind.follows},
	{generic, nil, "all-to-all-validation-with-datamasking-hash-mask", "hashed columns are validated: both sides hold the hash", nil},
	{generic, nil, "all-to-all-validation-with-digit-mask", "columns with masked digits are validated: both sides hold the masked value", nil},
	{onTarget, servers, "batch-apply-lob-mode", "changes are applied in sets in every LOB mode", Kind.follows},
	{onTarget, servers, "check-batch-apply-target-pk-ui-simultaneously", "tables with a primary key and unique indexes are applied in sets as well", Kind.follows},
	{onSource, mysqls, "check-binlog-compression", "compressed transactions are read", Kind.follows},
	{onTarget, mysqls, "check-target-network-parameter", "sessions set net_read_timeout, net_write_timeout and wait_timeout themselves", nil},
	{onSource, []string{"mariadb"}, "check-source-network-parameter", "sessions set net_read_timeout, net_write_timeout and wait_timeout themselves", nil},
	{onSource, mysqls, "check-max-statement-time", "sessions set the longest time of a statement themselves", nil},
	{onSource, mysqls, "check-10k-tables", "any number of tables can be moved", nil},
	{onSource, postgreses, "check-table-with-array", "arrays of tables without a key are moved", nil},
	{onSource, postgreses, "check-idle-in-transaction-session-timeout", "sessions set idle_in_transaction_session_timeout to 0 themselves", nil},
}

func unneededChecks() (all []check) {
	for _, u := range unneeded {
		all = append(all, check{
			name: u.name, about: "Not needed here: " + u.why, side: u.side, engines: slices.Clone(u.engines), when: u.when,
			run: func(context.Context, *subject) ([]Finding, error) { return nil, skipped(u.why) },
		})
	}
	return all
}
