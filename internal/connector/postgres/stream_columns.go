package postgres

import (
	"encoding/json"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// toldColumn is a column as the audit tells of it.
type toldColumn struct {
	Number    int    `json:"number"`
	Name      string `json:"name"`
	Type      string `json:"type"`
	Generated bool   `json:"generated"`
	// Key says that it is part of what identifies a row, Identity is the table's replica identity; an audit of an earlier version does not tell.
	Key      bool   `json:"key"`
	Identity string `json:"identity"`
}

// columnsAre takes what the columns of a table are from here on, until the audit tells otherwise: the stream itself does not tell their numbers,
// and the catalog only what they have become since.
func (s *stream) columnsAre(id uint32, text string) error {
	var all []toldColumn
	if text != "" { // a table may have none
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return fmt.Errorf("%w: the audit's columns: %w", errMalformed, err)
		}
	}
	s.told[id] = all
	return nil
}

// asTold describes a table as the audit has told of it, nil where it has not.
func (s *stream) asTold(id uint32, name catalog.Name) *streamed {
	all, ok := s.told[id]
	if !ok {
		return nil
	}
	rel := &streamed{relationMessage: relationMessage{id: id}, name: name, types: []string{}, numbers: []int{}, computed: []int{}}
	for _, c := range all {
		if c.Generated {
			rel.computed = append(rel.computed, c.Number)
			continue
		}
		rel.columns = append(rel.columns, relationColumn{name: c.Name})
		rel.types, rel.numbers = append(rel.types, c.Type), append(rel.numbers, c.Number)
	}
	return rel
}

// numbered gives the columns of the stream's description the numbers that the audit has told, where it has told of all of them.
func (s *stream) numbered(rel *streamed) {
	told := map[string]int{}
	for _, c := range s.told[rel.id] {
		told[c.Name] = c.Number
	}
	numbers := make([]int, len(rel.columns))
	for i, c := range rel.columns {
		if numbers[i] = told[c.name]; numbers[i] == 0 {
			return
		}
	}
	rel.numbers = numbers
}

// typedAsTold gives the columns of a new table the types that they have at this place of the stream, and not those of now.
func (s *stream) typedAsTold(id uint32, t *catalog.Table) {
	for _, then := range s.told[id] {
		if c := t.NumberedColumn(then.Number); c != nil {
			retype(c, then.Type)
		}
	}
}

// retype gives a column a type by its name, if it has another.
func retype(c *catalog.Column, native string) {
	if c.NativeType != native {
		c.NativeType = native
		c.BaseType, c.Type = typemap.FromNative(catalog.PostgreSQL, native)
	}
}
