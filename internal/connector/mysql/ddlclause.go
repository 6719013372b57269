package mysql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// alteration is a table on its way through the clauses of an ALTER TABLE.
type alteration struct {
	table   *catalog.Table
	renamed map[string]string
}

// clause is one clause of an ALTER TABLE.
type clause interface {
	change(a *alteration) error
}

// definer is a column as a statement defines it.
type definer interface {
	columnName() string
	column(a *alteration) *catalog.Column
}

// placement is where a column goes: first, behind another, or where it is by itself.
type placement struct {
	first bool
	after string
}

type (
	addColumns struct {
		columns  []definer
		optional bool // IF NOT EXISTS
		place    placement
	}
	dropColumn struct {
		name     string
		optional bool // IF EXISTS
	}
	changeColumn struct {
		name     string
		to       definer
		optional bool
		place    placement
	}
	renameColumn struct {
		from, to string
		optional bool
	}
	setDefault struct {
		name     string
		value    *string // nil for none
		optional bool
	}
	renameTable struct{ to catalog.Name } // without a schema it stays in its own
	dropPrimary struct{}
	versioning  struct{ ends bool } // of the table's rows, by the system
	addKey      struct {
		key     *catalog.Key
		primary bool
	}
	// convertText gives all text columns a character set, and those to come; setText those to come alone.
	convertText struct{ charset, collation string }
	setText     struct{ charset, collation string }
)

func (s *addColumns) change(a *alteration) error {
	for i, def := range s.columns {
		if a.find(def.columnName()) >= 0 && s.optional {
			continue
		}
		at := len(a.table.Columns)
		if i == 0 {
			var err error
			if at, err = a.place(s.place, at); err != nil {
				return err
			}
		}
		a.table.Columns = slices.Insert(a.table.Columns, at, def.column(a))
	}
	return nil
}

func (s *dropColumn) change(a *alteration) error {
	at := a.find(s.name)
	if at < 0 {
		return a.unless(s.optional, s.name)
	}
	a.table.Columns = slices.Delete(a.table.Columns, at, at+1)
	a.dropFromKeys(s.name)
	return nil
}

// change gives a column a new definition, name and place.
func (s *changeColumn) change(a *alteration) error {
	at := a.find(s.name)
	if at < 0 {
		return a.unless(s.optional, s.name)
	}
	old := a.table.Columns[at]
	c := s.to.column(a)
	if slices.Contains(identity(a.table), old.Name) {
		c.NotNull = true
	}
	if c.Name != old.Name {
		to := c.Name
		c.Name = old.Name
		a.rename(c, to)
	}
	a.table.Columns = slices.Delete(a.table.Columns, at, at+1)
	to, err := a.place(s.place, at)
	if err != nil {
		return err
	}
	a.table.Columns = slices.Insert(a.table.Columns, to, c)
	return nil
}

func (s *renameColumn) change(a *alteration) error {
	at := a.find(s.from)
	if at < 0 {
		return a.unless(s.optional, s.from)
	}
	c := *a.table.Columns[at]
	a.rename(&c, s.to)
	a.table.Columns[at] = &c
	return nil
}

func (s *setDefault) change(a *alteration) error {
	at := a.find(s.name)
	if at < 0 {
		return a.unless(s.optional, s.name)
	}
	c := *a.table.Columns[at]
	c.Default = s.value
	a.table.Columns[at] = &c
	return nil
}

func (s *renameTable) change(a *alteration) error {
	a.table.Name.Name = s.to.Name
	if s.to.Schema != "" {
		a.table.Name.Schema = s.to.Schema
	}
	return nil
}

func (s *dropPrimary) change(a *alteration) error {
	a.table.PrimaryKey = nil
	return nil
}

func (s *versioning) change(a *alteration) error {
	if s.ends {
		delete(a.table.Native, nativeVersioned)
	} else {
		a.setNative(nativeVersioned, "yes")
	}
	return nil
}

func (s *addKey) change(a *alteration) error {
	k := *s.key
	if s.primary {
		a.table.PrimaryKey = &k
	} else {
		a.table.Uniques = append(a.table.Uniques, &k)
	}
	return nil
}

func (s *convertText) change(a *alteration) error {
	if err := (*setText)(s).change(a); err != nil {
		return err
	}
	for i, c := range a.table.Columns {
		if !a.inCharacters(c) || c.Charset == "binary" {
			continue
		}
		converted := *c
		converted.Charset, converted.Collation = a.table.Native[nativeCharset], a.table.Native[nativeCollation]
		a.table.Columns[i] = &converted
	}
	return nil
}

func (s *setText) change(a *alteration) error {
	charset, collation := s.charset, s.collation
	if charset == "" || charset == "default" {
		charset = a.table.Native[nativeCharset]
		if collation != "" && !strings.HasPrefix(collation, "uca1400") {
			charset = charsetOf(collation)
		}
	}
	switch {
	case collation == "":
		collation = defaultCollation(charset)
	case strings.HasPrefix(collation, "uca1400"):
		collation = charset + "_" + collation
	}
	a.setNative(nativeCharset, charset)
	a.setNative(nativeCollation, collation)
	return nil
}

func (a *alteration) setNative(key, value string) {
	if a.table.Native == nil {
		a.table.Native = map[string]string{}
	}
	a.table.Native[key] = value
}

func (a *alteration) find(name string) int {
	return slices.IndexFunc(a.table.Columns, func(c *catalog.Column) bool { return strings.EqualFold(c.Name, name) })
}

func (a *alteration) unless(optional bool, name string) error {
	if optional {
		return nil
	}
	return fmt.Errorf("column %s is not known", name)
}

// place is where a column goes; otherwise when nothing is said.
func (a *alteration) place(p placement, otherwise int) (int, error) {
	switch {
	case p.first:
		return 0, nil
	case p.after != "":
		at := a.find(p.after)
		if at < 0 {
			return 0, a.unless(false, p.after)
		}
		return at + 1, nil
	}
	return otherwise, nil
}

func (a *alteration) rename(c *catalog.Column, to string) {
	from := c.Name
	for old, now := range a.renamed {
		if now == from {
			from = old
		}
	}
	a.renamed[from] = to
	for _, k := range a.keys() {
		for i := range k.Columns {
			if strings.EqualFold(k.Columns[i], c.Name) {
				k.Columns[i] = to
			}
		}
	}
	c.Name = to
}

func (a *alteration) keys() []*catalog.Key {
	keys := slices.Clone(a.table.Uniques)
	if a.table.PrimaryKey != nil {
		keys = append(keys, a.table.PrimaryKey)
	}
	return keys
}

func (a *alteration) dropFromKeys(name string) {
	for _, k := range a.keys() {
		k.Columns = slices.DeleteFunc(k.Columns, func(c string) bool { return strings.EqualFold(c, name) })
	}
	if k := a.table.PrimaryKey; k != nil && len(k.Columns) == 0 {
		a.table.PrimaryKey = nil
	}
	a.table.Uniques = slices.DeleteFunc(a.table.Uniques, func(k *catalog.Key) bool { return len(k.Columns) == 0 })
}

// inCharacters reports whether a column has a character set.
func (a *alteration) inCharacters(c *catalog.Column) bool {
	return hasCharset(c.BaseType) || c.BaseType == "enum" || c.BaseType == "set"
}

func (a *alteration) setCharset(c *catalog.Column, charset string) {
	if charset == "utf8" {
		charset = "utf8mb3"
	}
	if of := a.table.Native[nativeCharset]; charset == "" || charset == "default" {
		c.Charset = of
	} else if c.Charset = charset; charset != of {
		c.Collation = defaultCollation(charset)
	}
}

// setCollation gives a column a collation; MariaDB's newer ones may be named without their character set.
func (a *alteration) setCollation(c *catalog.Column, collation string) {
	switch {
	case collation == "" || collation == "default":
	case strings.HasPrefix(collation, "uca1400"):
		c.Collation = c.Charset + "_" + collation
	default:
		c.Collation, c.Charset = collation, charsetOf(collation)
	}
}
