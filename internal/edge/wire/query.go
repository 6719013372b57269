package wire

import (
	"encoding/base64"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A Form holds the parameters of a Query or EC2 Query request as a tree: "Tags.member.1.Key" is a path in it.
type Form struct {
	root *node
}

type node struct {
	value    string
	has      bool
	children map[string]*node
}

// ParseForm reads a Query body or query string. It is bounded in parameters and depth.
func ParseForm(p Protocol, body string) (*Form, error) {
	if strings.Count(body, "&") > maxParameters {
		return nil, Malformed.New(p, "the request has more than %d parameters", maxParameters)
	}
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, Malformed.New(p, "the request is not form-encoded: %v", err)
	}
	f := &Form{root: &node{}}
	for name, all := range values {
		if len(all) > 1 {
			return nil, Malformed.New(p, "Duplicate parameter %s", name)
		}
		if strings.Count(name, ".") > 2*maxDepth {
			return nil, Malformed.New(p, "a parameter is nested deeper than %d levels", maxDepth)
		}
		n := f.root
		for part := range strings.SplitSeq(name, ".") {
			if n.children == nil {
				n.children = map[string]*node{}
			}
			next := n.children[part]
			if next == nil {
				next = &node{}
				n.children[part] = next
			}
			n = next
		}
		n.value, n.has = all[0], true
	}
	return f, nil
}

// Get is a parameter of the request itself, such as Action.
func (f *Form) Get(name string) string {
	if n := f.root.children[name]; n != nil {
		return n.value
	}
	return ""
}

// DecodeForm reads the parameters into an input of the operation. Parameters that the model does not know are passed
// over, as AWS does.
func (s *Service) DecodeForm(p Protocol, op *Operation, f *Form, input any) error {
	if op.Input < 0 {
		return nil
	}
	d := formReader{s: s, p: p}
	return d.structure(&s.Shapes[op.Input], f.root, reflect.ValueOf(input).Elem(), 0)
}

type formReader struct {
	s *Service
	p Protocol
}

func (d *formReader) structure(sh *Shape, n *node, v reflect.Value, depth int) error {
	if depth > maxDepth {
		return Malformed.New(d.p, "the request is nested deeper than %d levels", maxDepth)
	}
	for i := range sh.Members {
		child := n.children[sh.Members[i].Query]
		if child == nil {
			continue
		}
		if err := d.value(&d.s.Shapes[sh.Members[i].Shape], child, v.Field(i), sh.Members[i].Name, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (d *formReader) value(sh *Shape, n *node, v reflect.Value, name string, depth int) error {
	switch sh.Kind {
	case Structure:
		return d.structure(sh, n, present(v), depth)
	case List:
		return d.list(sh, n, v, name, depth)
	case Map:
		return d.mapping(sh, n, v, name, depth)
	}
	if !n.has {
		return nil // deeper parameters of something that is not deep
	}
	return d.scalar(sh, n.value, v, name)
}

// list reads "Name.member.N", the same with the model's name for items, or "Name.N". "Name=" alone is an empty list.
func (d *formReader) list(sh *Shape, n *node, v reflect.Value, name string, depth int) error {
	if depth > maxDepth {
		return Malformed.New(d.p, "the request is nested deeper than %d levels", maxDepth)
	}
	items := n
	if d.p == Query && !sh.Flattened {
		if inner := n.children[sh.ItemName]; inner != nil {
			items = inner
		} else if inner := n.children["member"]; inner != nil {
			items = inner
		}
	}
	places, err := d.places(items, name)
	if err != nil {
		return err
	}
	all := reflect.MakeSlice(v.Type(), len(places), len(places))
	for i, place := range places {
		if err := d.value(&d.s.Shapes[sh.Elem], items.children[strconv.Itoa(place)], all.Index(i), name, depth+1); err != nil {
			return err
		}
	}
	v.Set(all)
	return nil
}

// places lists the numbers under n in order.
func (d *formReader) places(n *node, name string) ([]int, error) {
	if len(n.children) > maxItems {
		return nil, Malformed.New(d.p, "%s has more than %d items", name, maxItems)
	}
	var places []int
	for key := range n.children {
		place, err := strconv.Atoi(key)
		if err != nil || place < 1 || strconv.Itoa(place) != key {
			return nil, Malformed.New(d.p, "Key %s is not the number of an item of %s", key, name)
		}
		places = append(places, place)
	}
	slices.Sort(places)
	return places, nil
}

// mapping reads "Name.entry.N.key" and "Name.entry.N.value".
func (d *formReader) mapping(sh *Shape, n *node, v reflect.Value, name string, depth int) error {
	entries := n
	if inner := n.children["entry"]; inner != nil {
		entries = inner
	}
	places, err := d.places(entries, name)
	if err != nil {
		return err
	}
	all := reflect.MakeMap(v.Type())
	for _, place := range places {
		entry := entries.children[strconv.Itoa(place)]
		key := entry.children["key"]
		if key == nil {
			return Malformed.New(d.p, "entry %d of %s has no key", place, name)
		}
		item := reflect.New(v.Type().Elem()).Elem()
		if value := entry.children["value"]; value != nil {
			if err := d.value(&d.s.Shapes[sh.Elem], value, item, name, depth+1); err != nil {
				return err
			}
		}
		all.SetMapIndex(reflect.ValueOf(key.value), item)
	}
	v.Set(all)
	return nil
}

func (d *formReader) scalar(sh *Shape, text string, v reflect.Value, name string) error {
	wrong := func(what string) error {
		if sh.Sensitive {
			return Malformed.New(d.p, "the value of %s is not %s", name, what)
		}
		return Malformed.New(d.p, "%q is not %s, which %s is", text, what, name)
	}
	switch sh.Kind {
	case String:
		present(v).SetString(text)
	case Integer, Long:
		n, err := wholeNumber(text, sh.Kind)
		if err != nil {
			return wrong("a whole number")
		}
		present(v).SetInt(n)
	case Double:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return wrong("a number")
		}
		present(v).SetFloat(f)
	case Boolean:
		switch strings.ToLower(text) {
		case "true", "1":
			present(v).SetBool(true)
		case "false", "0":
			present(v).SetBool(false)
		default:
			return wrong("true or false")
		}
	case Timestamp:
		at, err := parseTime(text)
		if err != nil {
			return wrong("a time in ISO 8601")
		}
		present(v).Set(reflect.ValueOf(at))
	case Blob:
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return wrong("base64")
		}
		v.SetBytes(raw)
	}
	return nil
}
