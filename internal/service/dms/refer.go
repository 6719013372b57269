package dms

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// References stand under the resource that is referred to, so that a deletion sees them in its own transaction:
// dms/ref/endpoint/ID/task/ID.
func reference(to kind, id string, from kind, by string) string {
	return references(to, id) + from.arn + "/" + by
}

func references(to kind, id string) string { return Prefix + "ref/" + to.arn + "/" + id + "/" }

// refer notes that a resource needs another.
func refer(tx store.Tx, to kind, id string, from kind, by string) {
	tx.Put(reference(to, id, from, by), nil)
}

// unrefer forgets that.
func unrefer(tx store.Tx, to kind, id string, from kind, by string) {
	tx.Delete(reference(to, id, from, by))
}

// referrers lists the IDs of the resources of a kind that need this one.
func referrers(tx store.Tx, to kind, id string, from kind) ([]string, error) {
	prefix := references(to, id) + from.arn + "/"
	page, err := tx.List(store.Range{Prefix: prefix})
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(page.Items))
	for i, item := range page.Items {
		ids[i] = strings.TrimPrefix(item.Key, prefix)
	}
	return ids, nil
}
