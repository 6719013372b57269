package dms

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// TestCreationsCutShort ends the server at each write of a creation in turn, before it and after it, so that nobody is answered: what was to
// be made is there whole or not at all, and the same call again makes it, or says truly that it is there. tests/serve does it with kill -9.
func TestCreationsCutShort(t *testing.T) {
	t.Parallel()
	broken := &breaking{Store: storetest.Retried(etcdtest.Private(t)), cut: func() {}}
	d := newDeskOver(t.Context(), t, broken, nil)
	for _, late := range []bool{false, true} {
		broken.late = late
		for operation, c := range map[string]struct {
			kind kind
			in   func(name string) any
		}{
			"CreateReplicationInstance": {instances, func(name string) any {
				return &createInstance{ReplicationInstanceIdentifier: &name, ReplicationInstanceClass: new("dms.t3.small"), MultiAZ: new(true), Tags: []dmsapi.Tag{{Key: new("k")}}}
			}},
			"CreateEndpoint": {endpoints, func(name string) any { return postgresEndpoint(name) }},
		} {
			for at := int64(1); d.cutShort(broken, at, operation, c.kind, c.in(fmt.Sprintf("cut-%d-%t", at, late)), fmt.Sprintf("cut-%d-%t", at, late)); at++ {
				require.Less(t, at, int64(9), "a creation has few writes")
			}
		}
	}
}

// cutShort reports whether the creation has a write of that number.
func (d *desk) cutShort(broken *breaking, at int64, operation string, k kind, in any, name string) bool {
	d.t.Helper()
	broken.left.Store(at)
	_, err := d.api.Operation(operation).Do(d.t.Context(), d.call(d.api, operation), in)
	cut := broken.left.Swap(0) <= 0
	require.Equal(d.t, cut, err != nil, "%v", err)
	d.nothingHalf()
	have, err := named(d.outside(d.t.Context()), k, name)
	require.NoError(d.t, err)
	_, again := d.run(d.api, operation, in)
	if have == "" {
		require.NoError(d.t, again)
	} else {
		refused, ok := errors.AsType[*wire.Error](again)
		require.True(d.t, ok)
		require.Equal(d.t, []string{"ResourceAlreadyExistsFault", d.arn(k, have)}, []string{refused.Code, refused.Members["resourceArn"]})
	}
	require.True(d.t, cut || have != "")
	d.nothingHalf()
	return cut
}

// nothingHalf holds records to what hangs on them: an instance has its name, its place in a subnet group and two network interfaces, an
// endpoint its name.
func (d *desk) nothingHalf() {
	d.t.Helper()
	below := func(prefix string) (last []string) {
		page, err := d.Store.List(d.t.Context(), store.Range{Prefix: prefix})
		require.NoError(d.t, err)
		for _, item := range page.Items {
			last = append(last, item.Key[strings.LastIndexByte(item.Key, '/')+1:])
		}
		return last
	}
	for _, k := range []kind{instances, endpoints} {
		var claimed []string
		for _, name := range below(k.names()) {
			id, err := named(d.outside(d.t.Context()), k, name)
			require.NoError(d.t, err)
			claimed = append(claimed, id)
		}
		require.ElementsMatch(d.t, below(k.keys()), claimed)
	}
	require.ElementsMatch(d.t, below(instances.keys()), below(references(subnetGroups, defaultGroup)))
	require.Len(d.t, below("ec2/network-interface/"), 2*len(below(instances.keys())))
}
