package settings

import (
	"encoding/json"
	"fmt"
)

// Settings is a complete task-settings document.
type Settings struct {
	TargetMetadata                      TargetMetadata
	FullLoadSettings                    FullLoadSettings
	TTSettings                          TTSettings
	Logging                             Logging
	ControlTablesSettings               ControlTablesSettings
	StreamBufferSettings                StreamBufferSettings
	ChangeProcessingDdlHandlingPolicy   ChangeProcessingDdlHandlingPolicy
	ChangeProcessingTuning              ChangeProcessingTuning
	ErrorBehavior                       ErrorBehavior
	ValidationSettings                  ValidationSettings
	ResyncSettings                      *ResyncSettings `json:",omitempty"`
	BeforeImageSettings                 *BeforeImageSettings
	LoopbackPreventionSettings          *LoopbackPreventionSettings
	CharacterSetSettings                *CharacterSetSettings
	PostProcessingRules                 *struct{} `null:"post-processing is written as rules of the table mappings"`
	FailTaskWhenCleanTaskResourceFailed bool      `later:"tasks that clean up by themselves"`
	WhimbrelSettings                    WhimbrelSettings

	explicit map[string]bool // paths of the keys that a document set
}

// Explicit reports whether a document set the key, such as "FullLoadSettings.CommitRate".
func (s *Settings) Explicit(path string) bool { return s.explicit[path] }

// JSON returns the complete document, indented.
func (s *Settings) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the task settings: %w", err)
	}
	return append(text, '\n'), nil
}
