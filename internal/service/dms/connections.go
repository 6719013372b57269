package dms

import (
	"errors"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// Connection records stand under the instance, and Schemas under the endpoint.
const (
	connectionKeys = Prefix + "connection/"
	schemasKeys    = Prefix + "schemas/"
)

func connectionKey(instance, endpoint string) string {
	return connectionKeys + instance + "/" + endpoint
}

func schemasKey(endpoint string) string { return schemasKeys + endpoint }

// The states of a connection and of a refresh of schemas.
const (
	connectionTesting  = "testing"
	connectionDeleting = "deleting"
	schemasRefreshing  = "refreshing"
)

// numbered is the number of a test that begins now. It is greater than that of any before, also of one whose record has been
// deleted, so that the answer of no earlier test is taken for this one's.
func numbered(before int64, now time.Time) int64 { return max(before+1, now.UnixMicro()) }

// connectionsOf reads the connections of an endpoint from all instances.
func connectionsOf(tx store.Tx, endpoint string) ([]Connection, error) {
	page, err := tx.List(store.Range{Prefix: instances.keys()})
	if err != nil {
		return nil, err
	}
	var all []Connection
	for _, item := range page.Items {
		c, err := store.Read[Connection](tx, connectionKey(strings.TrimPrefix(item.Key, instances.keys()), endpoint))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// retest begins the tests of an endpoint's connections anew: what was found out of it may not hold any more.
func (s *Service) retest(tx store.Tx, endpoint string, now time.Time) error {
	tested, err := connectionsOf(tx, endpoint)
	if err != nil {
		return err
	}
	for _, c := range tested {
		c.Status, c.Failure, c.Tested, c.Number = connectionTesting, "", now.UTC(), numbered(c.Number, now)
		if err := store.Write(tx, connectionKey(c.Instance, c.Endpoint), c); err != nil {
			return err
		}
	}
	return nil
}
