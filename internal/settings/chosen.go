package settings

import (
	"maps"
	"slices"
)

// Chosen lists the paths of the keys that documents set, in order.
func (s *Settings) Chosen() []string { return slices.Sorted(maps.Keys(s.explicit)) }

// Untouched is a copy in which no key counts as set by a document: a stored document that was completed with defaults
// says nothing of what a person chose.
func (s *Settings) Untouched() *Settings {
	c := *s
	c.explicit = map[string]bool{}
	return &c
}

// WithChosen is a copy in which exactly these keys count as set by a document.
func (s *Settings) WithChosen(paths []string) *Settings {
	c := s.Untouched()
	for _, path := range paths {
		c.explicit[path] = true
	}
	return c
}
