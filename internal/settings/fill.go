package settings

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// filler puts a document into the structs, as their fields and tags say. Parsing happens once a task, so reflection
// costs nothing that counts and spares a reader for each of some 120 keys.
type filler struct {
	problems *document.Problems
	explicit map[string]bool
}

// selfFilling is a field that reads its value itself.
type selfFilling interface {
	fill(n *document.Node, problems *document.Problems)
}

// document fills a section, or the whole document.
func (f *filler) document(section any, n *document.Node) {
	r, ok := n.Read("", f.problems)
	if !ok {
		return
	}
	v := reflect.ValueOf(section).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		if value := r.Raw(key(field)); value != nil {
			f.explicit[value.Path] = true
			f.field(v.Field(i), field, value)
		}
	}
	if s, ok := section.(interface{ strays() []string }); ok {
		r.Ignore(s.strays()...)
	}
	r.Done()
}

// key is the JSON key of a field.
func key(field reflect.StructField) string {
	if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
		return name
	}
	return field.Name
}

func (f *filler) field(v reflect.Value, field reflect.StructField, n *document.Node) {
	if s, ok := v.Addr().Interface().(selfFilling); ok {
		s.fill(n, f.problems)
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		f.flag(v, n)
	case reflect.Int:
		f.number(v, field, n)
	case reflect.String:
		f.text(v, field, n)
	case reflect.Struct:
		if n.Kind != document.Null { // a null section is an untouched one
			f.document(v.Addr().Interface(), n)
		}
	case reflect.Pointer:
		f.pointer(v, field, n)
	}
}

// pointer fills what may be null. A section that a document adds or changes is a copy, so that defaults stay as they are.
func (f *filler) pointer(v reflect.Value, field reflect.StructField, n *document.Node) {
	if n.Kind == document.Null {
		v.SetZero()
		return
	}
	if why := field.Tag.Get("null"); why != "" {
		f.problems.Addf("", n.Path, "is %s; want null: %s", n.Show(), why)
		return
	}
	fresh := reflect.New(v.Type().Elem())
	if !v.IsNil() {
		fresh.Elem().Set(v.Elem())
	} else if d, ok := fresh.Interface().(interface{ defaults() }); ok {
		d.defaults()
	}
	f.field(fresh.Elem(), field, n)
	v.Set(fresh)
}

func (f *filler) flag(v reflect.Value, n *document.Node) {
	if n.Kind != document.Bool {
		f.problems.Addf("", n.Path, "is %s; want true or false", n.Show())
		return
	}
	v.SetBool(n.Text == "true")
}

func (f *filler) number(v reflect.Value, field reflect.StructField, n *document.Node) {
	low, high, bounds := limits(field.Tag.Get("range"))
	x, err := strconv.ParseInt(n.Text, 10, 64)
	if n.Kind != document.Number || err != nil || x < low || x > high {
		f.problems.Addf("", n.Path, "is %s; want a whole number%s", n.Show(), bounds)
		return
	}
	v.SetInt(x)
}

// limits reads a range tag and spells it.
func limits(tag string) (low, high int64, spelled string) {
	from, to, _ := strings.Cut(tag, "..")
	low, _ = strconv.ParseInt(from, 10, 64)
	if to == "" {
		return low, math.MaxInt32, fmt.Sprintf(", %d or more", low)
	}
	high, _ = strconv.ParseInt(to, 10, 64)
	return low, high, fmt.Sprintf(" from %d to %d", low, high)
}

func (f *filler) text(v reflect.Value, field reflect.StructField, n *document.Node) {
	words, limited := field.Tag.Lookup("enum")
	allowed := strings.Split(words, ",")
	switch {
	case n.Kind != document.String && !limited:
		f.problems.Addf("", n.Path, "is %s; want a string", n.Show())
	case limited && (n.Kind != document.String || !slices.Contains(allowed, n.Text)):
		f.problems.Addf("", n.Path, "is %s; want one of %s", n.Show(), spell(allowed))
	default:
		v.SetString(n.Text)
	}
}

func spell(words []string) string {
	shown := slices.Clone(words)
	for i, w := range shown {
		if w == "" {
			shown[i] = `""`
		}
	}
	return strings.Join(shown, ", ")
}
