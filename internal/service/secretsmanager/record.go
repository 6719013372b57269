package secretsmanager

import (
	"slices"
	"time"
)

// secretRecord is a secret as the store keeps it.
type secretRecord struct {
	Name        string
	ARN         string
	Created     time.Time
	Changed     time.Time
	Description string            `json:",omitempty"`
	Key         string            `json:",omitempty"` // as it was named; empty for the service's own
	Policy      string            `json:",omitempty"`
	Tags        map[string]string `json:",omitempty"`
	Deleted     *time.Time        `json:",omitempty"` // when it was marked
	Recovery    int64             `json:",omitempty"` // days from then in which it may be restored
	Versions    []version         // oldest first
}

// version is one value of a secret.
type version struct {
	ID      string
	Created time.Time
	Stages  []string `json:",omitempty"`
	Sealed  []byte   // the value under the KMS key
	Binary  bool     `json:",omitempty"`
	KeyARN  string
}

// The stages that this service moves by itself.
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

func (r *secretRecord) version(id string) *version {
	for i := range r.Versions {
		if r.Versions[i].ID == id {
			return &r.Versions[i]
		}
	}
	return nil
}

func (r *secretRecord) staged(stage string) *version {
	for i := range r.Versions {
		if slices.Contains(r.Versions[i].Stages, stage) {
			return &r.Versions[i]
		}
	}
	return nil
}

// move takes a stage from the version that has it and gives it to another. What loses AWSCURRENT becomes AWSPREVIOUS.
func (r *secretRecord) move(stage string, to *version) {
	from := r.staged(stage)
	if from == to {
		return
	}
	if from != nil {
		from.drop(stage)
	}
	if to != nil {
		to.Stages = append(to.Stages, stage)
	}
	if stage == current && from != nil {
		r.move(previous, from)
	}
	if stage == current && to != nil {
		to.drop(previous)
	}
}

func (v *version) drop(stage string) {
	v.Stages = slices.DeleteFunc(v.Stages, func(s string) bool { return s == stage })
}

// maxSecrets is how many secrets there may be, maxUnstaged how many versions of one without a stage are kept, and
// maxUnstagedBytes of how many bytes: they lie in the store that all of the state lies in, which one caller could fill.
const (
	maxSecrets       = 5000
	maxUnstaged      = 100
	maxUnstagedBytes = 256 << 10
)

// trim forgets the oldest versions that no stage names.
func (r *secretRecord) trim() {
	spare, bytes := -maxUnstaged, -maxUnstagedBytes
	for i := range r.Versions {
		if len(r.Versions[i].Stages) == 0 {
			spare, bytes = spare+1, bytes+len(r.Versions[i].Sealed)
		}
	}
	r.Versions = slices.DeleteFunc(r.Versions, func(v version) bool {
		if (spare > 0 || bytes > 0) && len(v.Stages) == 0 {
			spare, bytes = spare-1, bytes-len(v.Sealed)
			return true
		}
		return false
	})
}

// stages lists the stages of all versions that have some.
func (r *secretRecord) stages() map[string][]string {
	all := map[string][]string{}
	for _, v := range r.Versions {
		if len(v.Stages) > 0 {
			all[v.ID] = v.Stages
		}
	}
	return all
}

// gone reports that the window for recovery is over.
func (r *secretRecord) gone(now time.Time) bool {
	return r.Deleted != nil && !now.Before(r.Deleted.AddDate(0, 0, int(r.Recovery)))
}

func path(region, name string) string { return "secret/" + region + "/" + name }
