package redshift

import (
	"regexp"
	"strings"
	"time"
)

// Cluster is a registered cluster, as its file tells of it.
type Cluster struct {
	Identifier     string
	Address        string
	Port           int64
	Database       string
	MasterUsername string
	NodeType       string
	Nodes          int64
	VPC            string
	Public         bool
	Encrypted      bool
	Created        time.Time
	Roles          []string // that it has from the beginning
	Tags           map[string]string
}

var identifierForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func isIdentifier(text string) bool { return len(text) <= 63 && identifierForm.MatchString(text) }

// isAddress reports whether a text may be the name or the address of a host, without a port.
func isAddress(text string) bool { return text != "" && !strings.ContainsAny(text, "/:@ ") }

func isRole(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "iam" && strings.HasPrefix(parts[5], "role/") && len(parts[5]) > len("role/")
}
