package sts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
)

// The claims with which a provider tags the session, in one object or in one claim for each tag, and names who is behind it (IAM User
// Guide, "Passing session tags using AssumeRoleWithWebIdentity" and "Monitor and control actions taken with assumed roles").
const (
	claimTags       = "https://aws.amazon.com/tags"
	claimTag        = claimTags + "/principal_tags/"
	claimTransitive = claimTags + "/transitive_tag_keys"
	claimSource     = "https://aws.amazon.com/source_identity"
)

// Limits of what a claim asks for, which are those of AssumeRole's members.
const (
	mostTags  = 50
	keyLength = 128
	tagLength = 256
)

// sessionClaims are what a token asks for its session.
type sessionClaims struct {
	tags       []stsapi.Tag // by their keys
	transitive []string
	source     string
}

// claimsOf reads them out of a proven token.
func claimsOf(all map[string]json.RawMessage) (*sessionClaims, error) {
	var nested struct {
		Tags       map[string]texts `json:"principal_tags"`
		Transitive texts            `json:"transitive_tag_keys"`
	}
	c := &sessionClaims{}
	for _, claim := range []struct {
		name string
		to   any
	}{{claimTags, &nested}, {claimTransitive, &nested.Transitive}, {claimSource, &c.source}} {
		if raw := all[claim.name]; raw != nil {
			if err := json.Unmarshal(raw, claim.to); err != nil {
				return nil, fmt.Errorf("the claim %s has not the form that it must have", claim.name)
			}
		}
	}
	tags := maps.Clone(nested.Tags)
	for name, raw := range all {
		key, ok := strings.CutPrefix(name, claimTag)
		if !ok {
			continue
		}
		if tags == nil {
			tags = map[string]texts{}
		}
		var v texts
		if err := json.Unmarshal(raw, &v); err != nil {
			return nil, fmt.Errorf("the claim %s has not the form that it must have", name)
		}
		tags[key] = v
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if len(tags[key]) != 1 {
			return nil, fmt.Errorf("the session tag %q has %d values, and must have one", key, len(tags[key]))
		}
		c.tags = append(c.tags, stsapi.Tag{Key: new(key), Value: new(tags[key][0])})
	}
	c.transitive = nested.Transitive
	return c, c.check()
}

// texts is a text or a list of them.
type texts []string

func (t *texts) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(t))
}

// check holds the claims to the model of AssumeRole's members.
func (c *sessionClaims) check() error {
	form := regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
	if len(c.tags) > mostTags {
		return fmt.Errorf("it has %d session tags, of at most %d", len(c.tags), mostTags)
	}
	for _, t := range c.tags {
		if key, v := *t.Key, *t.Value; key == "" || len([]rune(key)) > keyLength || len([]rune(v)) > tagLength || !form.MatchString(key) || !form.MatchString(v) {
			return fmt.Errorf("the session tag %q is not one: keys have 1 to %d letters, digits, spaces and _.:/=+-@, values at most %d", shorten(key), keyLength, tagLength)
		}
	}
	if c.source != "" && !regexp.MustCompile(`^[\w+=,.@-]{2,64}$`).MatchString(c.source) {
		return errors.New("its source identity must have 2 to 64 letters, digits and _+=,.@-")
	}
	for _, key := range c.transitive {
		if !slices.ContainsFunc(c.tags, func(t stsapi.Tag) bool { return *t.Key == key }) {
			return fmt.Errorf("the transitive tag key %q is none of its tags", shorten(key))
		}
	}
	return nil
}
