package policy

import (
	"maps"
	"slices"
	"strings"
)

// Context holds the condition keys of one request. Names of keys are read without regard to case, tag names in them
// included, as IAM does.
type Context struct {
	parent *Context
	keys   map[string][]string
}

// NewContext makes an empty context.
func NewContext() *Context { return &Context{keys: map[string][]string{}} }

// Under makes a context whose keys come before those of the parent: one resource's keys before the request's.
func (c *Context) Under() *Context { return &Context{parent: c, keys: map[string][]string{}} }

// Set gives a key its values. No value makes the key present and empty, which counts as absent for all operators but
// shadows the parent's.
func (c *Context) Set(key string, values ...string) { c.keys[strings.ToLower(key)] = values }

// Add gives a key further values. Names of keys do not mind their case, those of tags do: of two tags that differ in it alone both
// values count, and neither hides the other.
func (c *Context) Add(key string, values ...string) {
	lower := strings.ToLower(key)
	c.keys[lower] = append(slices.Clip(c.keys[lower]), values...)
}

// SetTags gives a key for each tag: prefix aws:ResourceTag/ and the tag's name.
func (c *Context) SetTags(prefix string, tags map[string]string) {
	for k, v := range tags {
		c.Add(prefix+k, v)
	}
}

// Get returns a key's values, none when it is absent.
func (c *Context) Get(key string) []string { return c.get(strings.ToLower(key)) }

// Keys lists the names of all keys with values, in lower case and in order.
func (c *Context) Keys() []string {
	all := map[string]bool{}
	for at := c; at != nil; at = at.parent {
		for k := range at.keys {
			if len(c.get(k)) > 0 {
				all[k] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (c *Context) get(lower string) []string {
	for ; c != nil; c = c.parent {
		if v, ok := c.keys[lower]; ok {
			return v
		}
	}
	return nil
}

// multivalued are keys that hold a set however many members it has; they are of no use as variables.
var multivalued = map[string]bool{
	"aws:tagkeys": true, "aws:calledvia": true, "aws:principalorgpaths": true, "aws:resourceorgpaths": true,
	"aws:sourceorgpaths": true, "aws:principalservicenameslist": true, "sts:transitivetagkeys": true,
	"kms:encryptioncontextkeys": true, "kms:grantoperations": true, "kms:resourcealiases": true,
}

// single returns the value of a key that has just one.
func (c *Context) single(lower string) (string, bool) {
	v := c.get(lower)
	if len(v) != 1 || multivalued[lower] {
		return "", false
	}
	return v[0], true
}
