package redshift

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/document"
)

const (
	defaultPort = 5439
	mostFile    = 4 << 20
	mostNodes   = 1000
)

// ReadClusters reads the file of registered clusters: a JSON list. No name is no file and no cluster. The error names everything that
// is wrong with the file, and where.
func ReadClusters(name string) ([]Cluster, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the registered clusters: %w", err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, mostFile))
	if err != nil {
		return nil, fmt.Errorf("read the registered clusters: %w", err)
	}
	all, err := parseClusters(text)
	if err != nil {
		return nil, fmt.Errorf("read the registered clusters in %s: %w", name, err)
	}
	return all, nil
}

func parseClusters(text []byte) ([]Cluster, error) {
	var problems document.Problems
	root, err := document.Parse(text, &problems)
	if err != nil {
		return nil, err
	}
	if root.Kind != document.Array {
		problems.Addf("", "", `is %s; want a JSON list of clusters, such as [{"clusterIdentifier": "dwh", "address": "cluster.example"}]`, root.Show())
	}
	var all []Cluster
	first := map[string]int{}
	for i, n := range root.Items {
		c := readCluster(n, "cluster "+strconv.Itoa(i+1), &problems)
		if at := first[c.Identifier]; at > 0 && c.Identifier != "" {
			problems.Addf("cluster "+strconv.Itoa(i+1), "clusterIdentifier", "is %q, as that of cluster %d; want one of its own", c.Identifier, at)
		}
		first[c.Identifier] = i + 1
		all = append(all, c)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Cluster) int { return strings.Compare(a.Identifier, b.Identifier) })
	return all, nil
}

func readCluster(n *document.Node, subject string, problems *document.Problems) (c Cluster) {
	r, ok := n.Read(subject, problems)
	if !ok {
		return c
	}
	c.Identifier = formed(r, "clusterIdentifier", "up to 63 small letters, digits and single hyphens, a letter first", isIdentifier)
	c.Address = formed(r, "address", "a host's name or address, without a port", isAddress)
	c.Port = defaultPort
	if port, there := r.Whole("port", 1, 65535); there {
		c.Port = port
	}
	c.Database, _ = r.Text("databaseName")
	c.MasterUsername, _ = r.Text("masterUsername")
	c.NodeType, _ = r.Text("nodeType")
	c.Nodes, _ = r.Whole("numberOfNodes", 0, mostNodes)
	c.VPC, _ = r.Text("vpcId")
	c.Public, c.Encrypted = r.Flag("publiclyAccessible", false), r.Flag("encrypted", false)
	c.Created = readTime(r, "clusterCreateTime")
	roles, _ := r.Array("iamRoles")
	for _, n := range roles {
		if n.Kind != document.String || !isRole(n.Text) {
			r.Failf(n, "is %s; want the ARN of a role, such as arn:aws:iam::111122223333:role/redshift-copy", n.Show())
		}
		c.Roles = append(c.Roles, n.Text)
	}
	c.Tags = readTags(r)
	r.Done()
	return c
}

// formed reads a text that must be there, and of a form.
func formed(r *document.Reader, key, want string, is func(string) bool) string {
	text, there := r.Text(key)
	switch n := r.Peek(key); {
	case n == nil || n.Kind == document.Null:
		r.Missing(key, want)
	case there && !is(text):
		r.Failf(n, "is %q; want %s", text, want)
	}
	return text
}

func readTime(r *document.Reader, key string) time.Time {
	text, there := r.Text(key)
	if !there {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.Failf(r.Peek(key), "is %q; want a time such as 2026-02-09T12:12:12Z", text)
	}
	return at
}

func readTags(r *document.Reader) map[string]string {
	n := r.Take("tags")
	if n == nil {
		return nil
	}
	if n.Kind != document.Object {
		r.Failf(n, `is %s; want an object, such as {"team": "bi"}`, n.Show())
		return nil
	}
	tags := map[string]string{}
	for _, m := range n.Members {
		if m.Value.Kind != document.String {
			r.Failf(m.Value, "is %s; want a string", m.Value.Show())
		}
		tags[m.Key] = m.Value.Text
	}
	return tags
}
