package settings

// ChangeProcessingDdlHandlingPolicy says which DDL of the source is followed.
type ChangeProcessingDdlHandlingPolicy struct {
	HandleSourceTableDropped   bool
	HandleSourceTableTruncated bool
	HandleSourceTableAltered   bool
}
