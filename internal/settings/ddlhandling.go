package settings

// ChangeProcessingDdlHandlingPolicy says which DDL of the source is followed.
type ChangeProcessingDdlHandlingPolicy struct {
	HandleSourceTableDropped   bool `later:"change data capture"`
	HandleSourceTableTruncated bool `later:"change data capture"`
	HandleSourceTableAltered   bool `later:"change data capture"`
}
