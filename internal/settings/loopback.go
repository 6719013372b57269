package settings

// LoopbackPreventionSettings keeps two tasks that replicate in opposite directions from echoing each other.
type LoopbackPreventionSettings struct {
	EnableLoopbackPrevention bool
	SourceSchema             string
	TargetSchema             string
}

func (l *LoopbackPreventionSettings) check(fail failure, batchApply bool) {
	switch {
	case l == nil || !l.EnableLoopbackPrevention:
	case l.SourceSchema == "" || l.TargetSchema == "":
		fail("LoopbackPreventionSettings.EnableLoopbackPrevention", "is true; SourceSchema and TargetSchema must then name the schemas of awsdms_loopback_prevention")
	case batchApply:
		fail("LoopbackPreventionSettings.EnableLoopbackPrevention", "is true and so is TargetMetadata.BatchApplyEnabled; set one of them to false")
	}
}
