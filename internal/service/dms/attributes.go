package dms

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// An attribute is one of the extra connection attributes as it was written.
type attribute struct{ name, value string }

// readAttributes takes the extra connection attributes apart: name=value pairs with semicolons between them. Blanks around
// names and values do not count. A value may hold an equals sign, but no semicolon.
func readAttributes(all string) ([]attribute, error) {
	var pairs []attribute
	if !utf8.ValidString(all) || strings.ContainsRune(all, 0) {
		return nil, invalidValue("Invalid ExtraConnectionAttributes: they are not a text.")
	}
	for part := range strings.SplitSeq(all, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" {
			// The text may be a value with a semicolon in it, and a secret: it is not repeated.
			return nil, invalidValue("Invalid ExtraConnectionAttributes: attribute %d is not of the form name=value. Attributes are separated by semicolons, and a value cannot hold one; give such a value in the engine's settings.", len(pairs)+1)
		}
		if slices.ContainsFunc(pairs, func(p attribute) bool { return strings.EqualFold(p.name, name) }) {
			return nil, invalidValue("Invalid ExtraConnectionAttributes: %s is given twice.", shorten(name))
		}
		pairs = append(pairs, attribute{name, value})
	}
	return pairs, nil
}

// writeAttributes is the reverse of readAttributes.
func writeAttributes(pairs []attribute) string {
	var b strings.Builder
	for _, p := range pairs {
		fmt.Fprintf(&b, "%s=%s;", p.name, p.value)
	}
	return b.String()
}

// attributesIn checks the attributes of an endpoint and answers its settings by DMS's names.
func (e *engine) attributesIn(end, all string) (map[string]string, error) {
	pairs, err := readAttributes(all)
	if err != nil {
		return nil, err
	}
	settings := map[string]string{}
	for _, p := range pairs {
		s := e.setting(end, p.name)
		if s == nil {
			return nil, e.unknown(end, p.name)
		}
		value, err := s.read(p.value)
		if err != nil {
			return nil, err
		}
		if _, twice := settings[s.name]; twice {
			return nil, invalidValue("Invalid ExtraConnectionAttributes: %s is given twice, under two names.", s.name)
		}
		settings[s.name] = value
	}
	return settings, nil
}

// unknown says what would be right.
func (e *engine) unknown(end, name string) error {
	other := asSource
	if end == asSource {
		other = asTarget
	}
	switch {
	case len(e.settings) == 0:
		return invalidValue("Unknown endpoint setting: %q. Endpoints of engine %s have none.", shorten(name), e.name)
	case e.setting(other, name) != nil:
		return invalidValue("The endpoint setting %s is one of a %s; this endpoint is a %s. A %s of engine %s has %s.", shorten(name), other, end, end, e.name, e.names(end))
	}
	return invalidValue("Unknown endpoint setting: %q. A %s of engine %s has %s.", shorten(name), end, e.name, e.names(end))
}

// heldAttributes are the attributes that were written, as they were written, as far as the settings are still what they say.
func (e *engine) heldAttributes(end, written string, settings map[string]string) string {
	pairs, err := readAttributes(written)
	if err != nil {
		return "" // of an engine before
	}
	held := slices.DeleteFunc(slices.Clone(pairs), func(p attribute) bool {
		s := e.setting(end, p.name)
		if s == nil {
			return true
		}
		value, err := s.read(p.value)
		return err != nil || settings[s.name] != value
	})
	if len(held) == len(pairs) {
		return strings.TrimSpace(written)
	}
	return writeAttributes(held)
}

// shownAttributes are the attributes of an endpoint as it is shown: those that were written or, without any, all settings in
// the order of their names, with a small first letter, as DMS writes them. A value with a semicolon or a line break
// cannot stand there and is in the settings alone.
func (e *engine) shownAttributes(end, held string, settings map[string]string) string {
	if held != "" {
		return held
	}
	var pairs []attribute
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if s := e.setting(end, name); s != nil && !strings.ContainsAny(settings[name], ";\r\n") {
			pairs = append(pairs, attribute{strings.ToLower(name[:1]) + name[1:], settings[name]})
		}
	}
	return writeAttributes(pairs)
}
