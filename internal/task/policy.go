package task

import (
	"time"

	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// policy reads the part of ErrorBehavior that a full load honours.
func policy(s *settings.Settings) fullload.Policy {
	b := s.ErrorBehavior
	return fullload.Policy{
		Data:                 action(b.DataErrorPolicy),
		Truncation:           action(b.DataTruncationErrorPolicy),
		Masking:              action(b.DataMaskingErrorPolicy),
		DataEscalation:       action(b.DataErrorEscalationPolicy),
		DataEscalationCount:  int64(b.DataErrorEscalationCount),
		Table:                action(b.TableErrorPolicy),
		TableEscalationCount: b.TableErrorEscalationCount,
	}
}

func action(policy string) fullload.Action {
	switch policy {
	case "IGNORE_RECORD":
		return fullload.IgnoreRecord
	case "SUSPEND_TABLE":
		return fullload.SuspendTable
	case "STOP_TASK":
		return fullload.StopTask
	default:
		return fullload.LogError
	}
}

// Retry says how environment errors are retried.
func Retry(s *settings.Settings) fullload.Retry {
	b := s.ErrorBehavior
	return fullload.Retry{
		Count:         b.RecoverableErrorCount,
		Interval:      time.Duration(b.RecoverableErrorInterval) * time.Second,
		Throttling:    b.RecoverableErrorThrottling,
		ThrottlingMax: time.Duration(b.RecoverableErrorThrottlingMax) * time.Second,
		StopAtMax:     b.RecoverableErrorStopRetryAfterThrottlingMax,
	}
}

// lobLimit is where LOB values of a table are cut, in bytes; 0 means never.
func lobLimit(s *settings.Settings, p *mapping.TablePlan) int {
	if p.LOB != nil && p.LOB.Mode != "none" {
		if p.LOB.Mode == "limited" {
			return p.LOB.MaxBytes
		}
		return 0
	}
	if s.TargetMetadata.LimitedSizeLobMode {
		return s.TargetMetadata.LobMaxSize << 10
	}
	return 0
}

func (t *Task) transformOptions(p *mapping.TablePlan) transform.Options {
	return transform.Options{
		ModifiedSchema: p.Target.Schema, ModifiedTable: p.Target.Name,
		LOBLimit:   lobLimit(t.Settings, p),
		Characters: characters(t.Settings.CharacterSetSettings),
	}
}

func characters(s *settings.CharacterSetSettings) *transform.Characters {
	if s == nil {
		return nil
	}
	c := &transform.Characters{}
	for _, r := range s.CharacterReplacements {
		c.Replace = append(c.Replace, transform.Replacement{From: r.Source, To: r.Target})
	}
	if s.CharacterSetSupport != nil {
		c.Charset, c.Substitute = s.CharacterSetSupport.CharacterSet, rune(s.CharacterSetSupport.ReplaceWith)
	}
	return c
}
