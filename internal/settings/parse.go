package settings

import (
	"maps"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// failure reports a problem with a key.
type failure func(path, format string, args ...any)

// Parse reads a document, which may be partial, over Defaults.
func Parse(text []byte) (*Settings, error) { return ParseOver(Defaults(), text) }

// ParseOver reads a document, which may be partial, over a set of defaults, which stays as it is. The error joins
// everything that is wrong with the document.
func ParseOver(base *Settings, text []byte) (*Settings, error) {
	var problems document.Problems
	root, err := document.Parse(text, &problems)
	if err != nil {
		return nil, err
	}
	s := *base
	s.explicit = maps.Clone(base.explicit)
	if s.explicit == nil {
		s.explicit = map[string]bool{}
	}
	f := filler{problems: &problems, explicit: s.explicit}
	f.document(&s, root)
	if problems.Len() == 0 {
		s.TargetMetadata.chooseLobMode(s.explicit)
		s.contradictions(func(path, format string, args ...any) { problems.Addf("", path, format, args...) })
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return &s, nil
}

// contradictions reports keys that cannot both hold.
func (s *Settings) contradictions(fail failure) {
	s.TargetMetadata.check(fail)
	s.FullLoadSettings.check(fail)
	s.TTSettings.check(fail)
	s.ChangeProcessingTuning.check(fail)
	s.ValidationSettings.check(fail)
	s.ResyncSettings.check(fail)
	s.BeforeImageSettings.check(fail)
	s.LoopbackPreventionSettings.check(fail, s.TargetMetadata.BatchApplyEnabled)
	s.CharacterSetSettings.check(fail)
	if s.ValidationSettings.ValidationOnly && s.FullLoadSettings.TargetTablePrepMode != DoNothing {
		fail("ValidationSettings.ValidationOnly", "is true while FullLoadSettings.TargetTablePrepMode is %s; want DO_NOTHING", s.FullLoadSettings.TargetTablePrepMode)
	}
}
