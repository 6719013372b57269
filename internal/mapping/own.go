package mapping

import (
	"slices"
	"strings"
)

// ownNames and ownPrefixes are the objects that DMS and Whimbrel keep in databases. No rule selects them, so that a
// database that was a target, or is both, can be a source.
var (
	ownNames = []string{
		"awsdms_audit_table", "awsdms_status", "awsdms_suspended_tables", "awsdms_history", "awsdms_txn_state", "awsdms_task_notes",
		"awsdms_ddl_audit", "awsdms_heartbeat", "awsdms_loopback_prevention", "awsdms_load_progress",
	}
	ownPrefixes = []string{
		"awsdms_changes", "awsdms_apply", "awsdms_truncation", "awsdms_validation_failure", "awsdms_cdc_",
		"awsdms_full_load_exceptions",
	}
)

// isOwn reports whether a table is one of them. Oracle spells them in capitals.
func isOwn(table string) bool {
	table = strings.ToLower(table)
	return slices.Contains(ownNames, table) ||
		slices.ContainsFunc(ownPrefixes, func(p string) bool { return strings.HasPrefix(table, p) })
}
