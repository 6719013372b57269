package dms

import (
	"fmt"
	"slices"
	"strings"
)

// size is one size of a family: processors, and memory in MiB.
type size struct {
	name       string
	processors int
	memory     int64
}

// family is a line of classes. An older one can be asked for still, but is not offered.
type family struct {
	name    string
	storage int64 // GB, where the caller asks for none
	older   bool
	sizes   []size
}

// families are the classes that DMS has (AWS DMS user guide, "Choosing the right replication instance"; of the older ones
// the memory that EC2 gives them).
var families = []family{
	{"t3", 50, false, []size{{"micro", 2, 1024}, {"small", 2, 2048}, {"medium", 2, 4096}, {"large", 2, 8192}}},
	{"c5", 100, false, row(2, "large 2", "xlarge 4", "2xlarge 8", "4xlarge 16", "9xlarge 36", "12xlarge 48", "18xlarge 72", "24xlarge 96")},
	{"c6i", 100, false, row(2, "large 2", "xlarge 4", "2xlarge 8", "4xlarge 16", "8xlarge 32", "12xlarge 48", "16xlarge 64", "24xlarge 96", "32xlarge 128")},
	{"c7i", 100, false, row(2, "large 2", "xlarge 4", "2xlarge 8", "4xlarge 16", "8xlarge 32", "12xlarge 48", "16xlarge 64", "24xlarge 96", "48xlarge 192")},
	{"r5", 100, false, row(8, "large 2", "xlarge 4", "2xlarge 8", "4xlarge 16", "8xlarge 32", "12xlarge 48", "16xlarge 64", "24xlarge 96")},
	{"r6i", 100, false, row(8, "large 2", "xlarge 4", "2xlarge 8", "4xlarge 16", "8xlarge 32", "12xlarge 48", "16xlarge 64", "24xlarge 96", "32xlarge 128")},
	{"r7i", 100, false, row(8, "large 2", "xlarge 4", "2xlarge 8", "4xlarge 16", "8xlarge 32", "12xlarge 48", "16xlarge 64", "24xlarge 96", "48xlarge 192")},
	{"t2", 50, true, []size{{"micro", 1, 1024}, {"small", 1, 2048}, {"medium", 2, 4096}, {"large", 2, 8192}}},
	{"c4", 100, true, []size{{"large", 2, 3840}, {"xlarge", 4, 7680}, {"2xlarge", 8, 15360}, {"4xlarge", 16, 30720}}},
	{"r4", 100, true, []size{{"large", 2, 15616}, {"xlarge", 4, 31232}, {"2xlarge", 8, 62464}, {"4xlarge", 16, 124928}, {"8xlarge", 32, 249856}}},
}

// row makes the sizes of a family in which every processor has the same memory, in GiB.
func row(each int64, sizes ...string) []size {
	all := make([]size, len(sizes))
	for i, text := range sizes {
		_, _ = fmt.Sscan(text, &all[i].name, &all[i].processors) // our own texts
		all[i].memory = int64(all[i].processors) * each * 1024
	}
	return all
}

// classOf tells what a class of instances has: processors, memory in bytes, and the storage in GB where none is asked for.
func classOf(class string) (processors int, memory int64, defaultStorage int64, ok bool) {
	rest, _ := strings.CutPrefix(class, "dms.")
	line, name, found := strings.Cut(rest, ".")
	if !found || rest == class {
		return 0, 0, 0, false
	}
	for i := range families {
		if f := &families[i]; f.name == line {
			at := slices.IndexFunc(f.sizes, func(s size) bool { return s.name == name })
			if at < 0 {
				break
			}
			return f.sizes[at].processors, f.sizes[at].memory << 20, f.storage, true
		}
	}
	return 0, 0, 0, false
}

// offered lists the classes that can be ordered.
func offered() []string {
	var all []string
	for _, f := range families {
		if f.older {
			continue
		}
		for _, s := range f.sizes {
			all = append(all, "dms."+f.name+"."+s.name)
		}
	}
	return all
}
