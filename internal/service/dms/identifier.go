package dms

import (
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

// checkName holds an identifier to DMS's rules: a letter first, then letters, digits and single hyphens, none at the end
// (DMS API reference, "CreateReplicationInstance").
func checkName(member, name string, longest int) error {
	ok := len(name) >= 1 && len(name) <= longest && letter(name[0]) && !strings.HasSuffix(name, "-") && !strings.Contains(name, "--")
	for i := 0; ok && i < len(name); i++ {
		ok = letter(name[i]) || name[i] >= '0' && name[i] <= '9' || name[i] == '-'
	}
	if !ok {
		return invalidValue("The parameter %s is not a valid identifier: %q. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; must not end with a hyphen or contain two consecutive hyphens; and have at most %d characters.", member, name, longest)
	}
	return nil
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// longestResource is what a ResourceIdentifier may have.
const longestResource = 31

// idFor is the resource part of a new ARN: the one that was asked for, or a made one.
func idFor(asked *string) (string, error) {
	if value(asked) == "" {
		return newID(), nil
	}
	return *asked, checkName("ResourceIdentifier", *asked, longestResource)
}

// Limits of tags (AWS DMS user guide, "Tagging resources").
const (
	mostTags   = 50
	longestKey = 128
	longestTag = 256
)

// tagsIn reads the tags of a call.
func tagsIn(in []dmsapi.Tag) (map[string]string, error) {
	if len(in) == 0 {
		return nil, nil
	}
	form := regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
	tags := map[string]string{}
	for _, t := range in {
		key, val := value(t.Key), value(t.Value)
		low := strings.ToLower(key)
		switch {
		case t.ResourceArn != nil:
			return nil, invalidValue("The tag %q names a ResourceArn: the call itself says whose tags they are.", key)
		case key == "" || len([]rune(key)) > longestKey || !form.MatchString(key):
			return nil, invalidValue("Invalid tag key: %q. Keys have 1 to %d letters, digits, spaces and _.:/=+-@.", key, longestKey)
		case strings.HasPrefix(low, "aws:") || strings.HasPrefix(low, "dms:"):
			return nil, invalidValue("Invalid tag key: %q. The prefixes aws: and dms: are reserved.", key)
		case len([]rune(val)) > longestTag || !form.MatchString(val):
			return nil, invalidValue("Invalid value of tag %q. Values have at most %d letters, digits, spaces and _.:/=+-@.", key, longestTag)
		}
		tags[key] = val
	}
	return tags, checkTagCount(tags)
}

func checkTagCount(tags map[string]string) error {
	if len(tags) > mostTags {
		return invalidValue("A resource has at most %d tags.", mostTags)
	}
	return nil
}
