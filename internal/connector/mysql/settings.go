package mysql

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// streamOptions are the endpoint settings that govern a source's change stream.
type streamOptions struct {
	// keepPartitioned has partition DDL that empties or exchanges partitions ignored, instead of giving the table up.
	keepPartitioned bool
}

// sourceOptions reads a source's endpoint settings.
func sourceOptions(settings map[string]string) (streamOptions, error) {
	var o streamOptions
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		value := settings[name]
		var err error
		switch {
		case strings.EqualFold(name, "skipTableSuspensionForPartitionDdl"):
			o.keepPartitioned, err = strconv.ParseBool(strings.ToLower(value))
		default:
			return o, invalid(fmt.Errorf("unknown endpoint setting %q of a MySQL source", name), "")
		}
		if err != nil {
			return o, invalid(fmt.Errorf("endpoint setting %s: %q is not true or false", name, value), "")
		}
	}
	return o, nil
}
