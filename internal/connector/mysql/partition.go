package mysql

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Repartitioner = Dialect{}

// division is how a table is partitioned, in the server's own words.
type division struct {
	// By is the method with its expression, and that of subpartitions.
	By    string      `json:"by"`
	Parts []partition `json:"parts"`
}

// partition is a part of a table with the values that it takes.
type partition struct {
	Name   string `json:"name"`
	Values string `json:"values,omitempty"`
	// Told says that the values are a statement's, which the server would put otherwise.
	Told bool `json:"told,omitempty"`
}

// dividedBy is the zero division where a table has no partitions.
func dividedBy(t *catalog.Table) (l division) {
	_ = json.Unmarshal([]byte(t.Native[nativeLayout]), &l) // our own text, or none
	return l
}

func (l division) find(name string) int {
	return slices.IndexFunc(l.Parts, func(b partition) bool { return strings.EqualFold(b.Name, name) })
}

// of returns a copy of a table that is partitioned so.
func (l division) of(t *catalog.Table) *catalog.Table {
	c := *t
	c.Native = maps.Clone(t.Native)
	if c.Native == nil {
		c.Native = map[string]string{}
	}
	text, _ := json.Marshal(l) // plain values cannot fail
	c.Native[nativeLayout] = string(text)
	c.Partitions = nil
	for _, b := range l.Parts {
		c.Partitions = append(c.Partitions, b.Name)
	}
	return &c
}

// after is the division as a change of partitions leaves it.
func (l division) after(p *connector.Partitioning) division {
	switch words := strings.Fields(strings.ToUpper(p.Clause)); {
	case words[0] == "REMOVE":
		return division{}
	case words[0] == "PARTITION":
		return division{By: p.Clause}
	}
	out := division{By: l.By}
	at := len(l.Parts)
	for i, b := range l.Parts {
		if !p.Empties && slices.ContainsFunc(p.Old, func(n string) bool { return strings.EqualFold(n, b.Name) }) {
			at = min(at, i)
			continue
		}
		out.Parts = append(out.Parts, b)
	}
	at = min(at, len(out.Parts))
	for i, name := range p.New {
		out.Parts = slices.Insert(out.Parts, at+i, partition{Name: name, Told: true})
	}
	return out
}

// hashes reports whether every row finds a partition, whatever its values.
func (l division) hashes() bool {
	by := strings.TrimPrefix(l.By, "LINEAR ")
	return strings.HasPrefix(by, "HASH") || strings.HasPrefix(by, "KEY")
}

// Repartition implements connector.Repartitioner. Rows that come or go with partitions are no changes in the log, so that they can be
// followed only where the partitions of both sides hold the same rows.
func (d Dialect) Repartition(p *connector.Partitioning, source, target *catalog.Table) (connector.Repartitioned, error) {
	from, to := dividedBy(source), dividedBy(target)
	out := connector.Repartitioned{Source: from.after(p).of(source), Target: target}
	if p.Unlogged != "" {
		if err := from.follows(to, p); err != nil {
			return out, fmt.Errorf("%s changes rows without logging them, and %w; load the table anew, or set skipTableSuspensionForPartitionDdl", p.Unlogged, err)
		}
	} else if to.By == "" || to.hashes() && !from.hashes() || from.has(to, p.New) {
		return out, nil // every row finds its place as it is
	}
	out.Target = to.after(p).of(target)
	out.Statements = d.alter(target.Name, withoutDirectories(p.Clause))
	return out, nil
}

// has reports whether the other table has all these partitions already, and just so.
func (l division) has(other division, names []string) bool {
	for _, name := range names {
		mine, its := l.find(name), other.find(name)
		if mine < 0 || its < 0 || l.Parts[mine] != other.Parts[its] || l.Parts[mine].Told {
			return false
		}
	}
	return len(names) > 0
}

// follows says why the rows that leave a table with its partitions cannot leave the other in the same way.
func (l division) follows(other division, p *connector.Partitioning) error {
	switch {
	case p.Foreign:
		return errors.New("rows come from, or go to, another table")
	case other.By == "":
		return errors.New("the target's table is not partitioned")
	case l.By != other.By:
		return fmt.Errorf("the target's table is partitioned by %s, the source's by %s", other.By, l.By)
	}
	for _, name := range p.Old {
		if !l.same(other, name) {
			return fmt.Errorf("the target's partition %s does not take the same rows", name)
		}
	}
	return nil
}

// same reports whether a partition takes the same rows on both sides: its values are the same, and so are those of the one before
// it, where its range begins. What came while the table was followed was made on the target in the same words.
func (l division) same(other division, name string) bool {
	mine, its := l.find(name), other.find(name)
	if mine < 0 || its < 0 {
		return false
	}
	if !l.Parts[mine].equal(other.Parts[its]) {
		return false
	}
	if !strings.HasPrefix(l.By, "RANGE") || mine == 0 && its == 0 {
		return true
	}
	return mine > 0 && its > 0 && l.Parts[mine-1].equal(other.Parts[its-1])
}

func (b partition) equal(other partition) bool {
	return strings.EqualFold(b.Name, other.Name) && (b.Told || other.Told || b.Values == other.Values)
}
