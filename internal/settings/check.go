package settings

import (
	"fmt"
	"reflect"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// Check refuses every key whose value is not the default and that nothing can honour yet.
func (s *Settings) Check() error {
	var problems document.Problems
	refuse(reflect.ValueOf(*s), reflect.ValueOf(*Defaults()), "", &problems)
	return problems.Err()
}

// refuse compares the keys of a section with their defaults.
func refuse(v, base reflect.Value, path string, problems *document.Problems) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		at := path + key(field)
		if flag := field.Tag.Get("rests"); flag != "" && !v.FieldByName(flag).Bool() {
			continue
		}
		switch value := v.Field(i); {
		case value.Kind() == reflect.Struct:
			refuse(value, base.Field(i), at+".", problems)
		case value.Kind() == reflect.Pointer && value.Type().Elem().Kind() == reflect.Struct:
			if !value.IsNil() {
				refuse(value.Elem(), reflect.Zero(value.Type().Elem()), at+".", problems)
			}
		default:
			refuseKey(value, base.Field(i), field, at, problems)
		}
	}
}

func refuseKey(v, base reflect.Value, field reflect.StructField, at string, problems *document.Problems) {
	if words := field.Tag.Get("create"); words != "" && !v.IsNil() {
		problems.Addf("", at, "%s; leave it out or set it to null", words)
		return
	}
	if v.Comparable() && v.Equal(base) || fmt.Sprint(v) == field.Tag.Get("stored") {
		return
	}
	if reason := field.Tag.Get("absent"); reason != "" {
		problems.Addf("", at, "is %v and cannot be honoured: %s; want %v", v, reason, base)
	}
	feature := field.Tag.Get("later")
	if feature == "" {
		return
	}
	problems.Addf("", at, "is %v and belongs to %s, which is not there yet; want %v", v, feature, base)
}
