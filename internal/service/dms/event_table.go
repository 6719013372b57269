package dms

import (
	"slices"
	"strings"
)

// The types of sources that events have.
const (
	sourceInstance = "replication-instance"
	sourceTask     = "replication-task"
)

// The categories of events (what DescribeEventCategories answers).
const (
	categoryLowStorage    = "low storage"
	categoryConfiguration = "configuration change"
	categoryMaintenance   = "maintenance"
	categoryDeletion      = "deletion"
	categoryCreation      = "creation"
	categoryFailover      = "failover"
	categoryFailure       = "failure"
	categoryState         = "state change"
)

var eventCategories = []struct {
	source     string
	categories []string
}{
	{sourceInstance, []string{categoryLowStorage, categoryConfiguration, categoryMaintenance, categoryDeletion, categoryCreation, categoryFailover, categoryFailure}},
	{sourceTask, []string{categoryConfiguration, categoryState, categoryDeletion, categoryCreation, categoryFailure}},
}

// categoriesOf are the categories of a type of sources; of any type if it is empty.
func categoriesOf(source string) []string {
	var all []string
	for _, g := range eventCategories {
		if source == "" || g.source == source {
			all = append(all, g.categories...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// category writes a category as the API does: DMS's guide has StateChange for "state change".
func category(text string) string {
	plain := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }
	for _, known := range categoriesOf("") {
		if plain(known) == plain(text) {
			return known
		}
	}
	return text
}

// eventIDs are the numbers of DMS's events, found by how their texts begin (AWS DMS user guide, "Working with SNS events").
var eventIDs = []struct{ id, source, category, begins string }{
	{"0012", sourceInstance, categoryConfiguration, "Replication instance class is being changed"},
	{"0014", sourceInstance, categoryConfiguration, "Replication instance class has been changed"},
	{"0018", sourceInstance, categoryConfiguration, "Replication instance storage is being increased"},
	{"0017", sourceInstance, categoryConfiguration, "Replication instance storage has been increased"},
	{"0024", sourceInstance, categoryConfiguration, "Replication instance is being changed to Multi-AZ"},
	{"0025", sourceInstance, categoryConfiguration, "Replication instance has been changed to Multi-AZ"},
	{"0030", sourceInstance, categoryConfiguration, "Replication instance is being changed to Single-AZ"},
	{"0029", sourceInstance, categoryConfiguration, "Replication instance has been changed to Single-AZ"},
	{"0067", sourceInstance, categoryCreation, "Replication instance is being created"},
	{"0005", sourceInstance, categoryCreation, "Replication instance created"},
	{"0066", sourceInstance, categoryDeletion, "Replication instance is being deleted"},
	{"0003", sourceInstance, categoryDeletion, "Replication instance deleted"},
	{"0047", sourceInstance, categoryMaintenance, "Replication instance software has been updated"},
	{"0026", sourceInstance, categoryMaintenance, "Replication instance is in offline maintenance"},
	{"0027", sourceInstance, categoryMaintenance, "Replication instance has finished offline maintenance"},
	{"0068", sourceInstance, categoryMaintenance, "Replication instance cannot be upgraded"},
	{"0007", sourceInstance, categoryLowStorage, "Free storage for the replication instance is low"},
	{"0007", sourceInstance, categoryLowStorage, "Replication instance storage is full"},
	{"0013", sourceInstance, categoryFailover, "Multi-AZ failover started"},
	{"0049", sourceInstance, categoryFailover, "Multi-AZ failover completed"},
	{"0031", sourceInstance, categoryFailure, "Replication instance has gone into storage failure"},
	{"0036", sourceInstance, categoryFailure, "Replication instance is in an incompatible network"},
	{"0037", sourceInstance, categoryFailure, "Replication instance cannot access the KMS key"},
	{"0069", sourceTask, categoryState, "Replication task started"},
	{"0069", sourceTask, categoryState, "Replication task has started"},
	{"0081", sourceTask, categoryState, "Reload of tables requested"},
	{"0083", sourceTask, categoryState, "Premigration assessment run started"},
	{"0084", sourceTask, categoryState, "Premigration assessment run passed"},
	{"0085", sourceTask, categoryState, "Premigration assessment run failed"},
	{"0086", sourceTask, categoryState, "Premigration assessment run has warnings"},
	{"0087", sourceTask, categoryState, "Premigration assessment run ended with an error while running"},
	{"0088", sourceTask, categoryState, "Premigration assessment run cancelled"},
	{"0089", sourceTask, categoryState, "Premigration assessment run deleted"},
	{"0090", sourceTask, categoryState, "Premigration assessment run ended with an error while provisioning"},
	{"0079", sourceTask, categoryState, "Replication task stopped"},
	{"0079", sourceTask, categoryState, "Replication task has stopped"},
	{"0082", sourceTask, categoryFailure, "Cleanup of task data failed"},
	{"0078", sourceTask, categoryFailure, ""},
	{"0080", sourceTask, categoryConfiguration, ""},
	{"0073", sourceTask, categoryDeletion, ""},
	{"0074", sourceTask, categoryCreation, ""},
}

// id finds the number of an event; empty if DMS has none for it.
func (e *Event) id() string {
	for _, known := range eventIDs {
		if known.source == e.SourceType && slices.Contains(e.Categories, known.category) && strings.HasPrefix(e.Message, known.begins) {
			return "DMS-EVENT-" + known.id
		}
	}
	return ""
}
