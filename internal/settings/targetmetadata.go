package settings

// TargetMetadata says where rows go and how large objects travel. Sizes are in KB.
type TargetMetadata struct {
	TargetSchema                 string
	SupportLobs                  bool
	FullLobMode                  bool
	LobChunkSize                 int `range:"0..102400" absent:"values travel whole, not in pieces" stored:"64" rests:"FullLobMode"`
	LimitedSizeLobMode           bool
	LobMaxSize                   int `range:"0..102400"`
	InlineLobMaxSize             int `range:"0..102400"`
	LoadMaxFileSize              int `range:"0..100000" absent:"no files are written on the way"`
	ParallelLoadThreads          int `range:"0..200"`
	ParallelLoadBufferSize       int `range:"0..1000" later:"streaming, search and document targets" stored:"50"`
	ParallelLoadQueuesPerThread  int `range:"0..512" later:"streaming, search and document targets" stored:"1"`
	ParallelApplyThreads         int `range:"0..200" later:"streaming, search and document targets"`
	ParallelApplyBufferSize      int `range:"0..1000" later:"streaming, search and document targets" stored:"100"`
	ParallelApplyQueuesPerThread int `range:"0..512" later:"streaming, search and document targets" stored:"1"`
	BatchApplyEnabled            bool
	TaskRecoveryTableEnabled     bool
}

// chooseLobMode lets a partial document choose one LOB mode without switching the other off by name.
func (m *TargetMetadata) chooseLobMode(explicit map[string]bool) {
	full, limited := explicit["TargetMetadata.FullLobMode"], explicit["TargetMetadata.LimitedSizeLobMode"]
	switch {
	case limited && !full && m.LimitedSizeLobMode:
		m.FullLobMode = false
	case full && !limited && m.FullLobMode:
		m.LimitedSizeLobMode = false
	}
}

func (m *TargetMetadata) check(fail failure) {
	const section = "TargetMetadata."
	switch {
	case m.FullLobMode && m.LimitedSizeLobMode:
		fail(section+"FullLobMode", "is true and so is LimitedSizeLobMode; set exactly one of them")
	case m.SupportLobs && !m.FullLobMode && !m.LimitedSizeLobMode:
		fail(section+"SupportLobs", "is true while FullLobMode and LimitedSizeLobMode are false; set exactly one of them, or SupportLobs to false")
	case m.SupportLobs && m.LimitedSizeLobMode && m.LobMaxSize == 0:
		fail(section+"LobMaxSize", "is 0 while LimitedSizeLobMode is true; want the number of KB at which values are cut, 1 to 102400")
	}
	if m.InlineLobMaxSize > 0 && !m.FullLobMode {
		fail(section+"InlineLobMaxSize", "is %d without FullLobMode; set FullLobMode to true, or InlineLobMaxSize to 0", m.InlineLobMaxSize)
	}
}
