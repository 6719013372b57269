package connector

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// Largest bounds single values by the memory that there is to hold them in. Its zero value bounds none.
type Largest struct {
	Bytes int
	// Why says what has that memory, Remedy what is to be done about it.
	Why, Remedy string
}

// Check finds a value of a table's rows that is larger; name tells the names of the batch's columns.
func (l Largest) Check(table catalog.Name, b *change.Batch, name func(column int) string) error {
	if l.Bytes <= 0 || b.Payload() <= l.Bytes {
		return nil
	}
	for i := range b.Columns {
		before := 0
		for _, end := range b.Columns[i].Ends {
			if size := end - before; size > l.Bytes {
				return &Error{
					Class:  Invalid,
					Err:    fmt.Errorf("a value of column %q of table %s is %d bytes, and %s", name(i), table, size, l.Why),
					Remedy: l.Remedy,
				}
			}
			before = end
		}
	}
	return nil
}
