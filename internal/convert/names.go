package convert

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// names knows what everything selected is called on the target.
type names struct {
	family  catalog.Family
	schemas map[string]string
	tables  map[catalog.Name]*tableNames
	folded  map[catalog.Name]*tableNames // tables by folded name
	// moved says of each word that names something renamed, in lower case, what it is.
	moved map[string]string
	same  bool // nothing at all is renamed or removed
}

func newNames(f catalog.Family, schemas map[string]string, tables map[catalog.Name]*tableNames) *names {
	n := &names{
		family: f, schemas: schemas, tables: tables, same: true,
		folded: make(map[catalog.Name]*tableNames, len(tables)), moved: map[string]string{},
	}
	for from, to := range schemas {
		if from != to {
			n.same = false
			n.moved[strings.ToLower(from)] = "schema " + strconv.Quote(from) + ", which is called " + strconv.Quote(to)
		}
	}
	for name, t := range tables {
		n.folded[n.fold(name)] = t
		if !n.plain(name) {
			n.same = false
		}
		if t.to.Name != name.Name {
			n.moved[strings.ToLower(name.Name)] = strconv.Quote(name.Name) + ", which is called " + strconv.Quote(t.to.Name)
		}
	}
	return n
}

// fold brings a name into the form in which the family compares it.
func (n *names) fold(name catalog.Name) catalog.Name {
	if n.family == catalog.PostgreSQL {
		return name
	}
	return catalog.Name{Schema: strings.ToLower(name.Schema), Name: strings.ToLower(name.Name)}
}

// find returns the selected table of a name as a statement writes it, or nil.
func (n *names) find(schema, name string) *tableNames {
	return n.folded[n.fold(catalog.Name{Schema: schema, Name: name})]
}

// tableNames is what became of one selected table.
type tableNames struct {
	to      catalog.Name
	columns map[string]string // source to target; a removed column is missing
	source  *catalog.Table
	retyped map[string]bool // source columns with a type of the mapping's
}

// renamedColumns reports whether any column has another name on the target, or none.
func (t *tableNames) renamedColumns() bool {
	for from, to := range t.columns {
		if from != to {
			return true
		}
	}
	return len(t.columns) != len(t.source.Columns)
}

// plain reports whether a table goes along under the same name with the same columns.
func (n *names) plain(name catalog.Name) bool {
	t := n.tables[name]
	return t != nil && t.to == name && !t.renamedColumns()
}

// columnsOf maps source columns to target columns; missing names the first one that was removed.
func (t *tableNames) columnsOf(columns []string) (mapped []string, missing string) {
	mapped = make([]string, len(columns))
	for i, c := range columns {
		to, ok := t.columns[c]
		if !ok {
			return nil, c
		}
		mapped[i] = to
	}
	return mapped, ""
}

// limits bounds the names of the target.
type limits struct {
	family catalog.Family
	max    int
	length func(string) int
}

// fit shortens a name that is too long: its beginning, and a hash of the whole so that two long names stay two.
func (l limits) fit(name string) string {
	if l.max <= 0 || l.length(name) <= l.max {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	suffix := "_" + hex.EncodeToString(sum[:4])
	head := []rune(name)
	for len(head) > 0 && l.length(string(head)+suffix) > l.max {
		head = head[:len(head)-1]
	}
	return string(head) + suffix
}

// namespace hands out names of one kind, each once.
type namespace struct {
	limits
	foldCase bool
	taken    map[string]bool
}

func newNamespace(l limits, foldCase bool) *namespace {
	return &namespace{limits: l, foldCase: foldCase, taken: map[string]bool{}}
}

func (s *namespace) key(name string) string {
	if s.foldCase {
		return strings.ToLower(name)
	}
	return name
}

// take returns the first of the wanted names that is free, shortened if need be, or else the last with a number.
func (s *namespace) take(wanted ...string) string {
	var name string
	for _, w := range wanted {
		name = s.fit(w)
		if k := s.key(name); !s.taken[k] {
			s.taken[k] = true
			return name
		}
	}
	last := wanted[len(wanted)-1]
	for i := 2; ; i++ {
		name = s.fit(last + "_" + strconv.Itoa(i))
		if k := s.key(name); !s.taken[k] {
			s.taken[k] = true
			return name
		}
	}
}
