package server

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// networkRole is the role in which DMS makes and removes the network interfaces of its instances.
const networkRole = "dms-vpc-role"

// invokedNetwork is the store as DMS writes to it: each network interface that a transaction has made or removed is recorded as DMS's call in
// its role.
type invokedNetwork struct {
	store.Store
	invocations
	directory *identity.Directory
}

// Update implements store.Store. What is recorded is what has come to pass: a transaction may be tried several times.
func (s invokedNetwork) Update(ctx context.Context, change func(store.Tx) error) (int64, error) {
	var last *networkTx
	revision, err := s.Store.Update(ctx, func(tx store.Tx) error {
		last = &networkTx{Tx: tx}
		return change(last)
	})
	if err != nil || last == nil {
		return revision, err
	}
	for _, did := range last.did {
		err = errors.Join(err, s.tell(did))
	}
	return revision, err
}

// tell records what was done with an interface.
func (s invokedNetwork) tell(did attachment) error {
	arn := func(kind, id string) string {
		return "arn:" + s.cluster.Partition + ":ec2:" + s.cluster.Region + ":" + s.cluster.Account + ":" + kind + "/" + id
	}
	touched := []string{arn("network-interface", did.id)}
	if did.made == nil {
		return s.record(s.inRole("DeleteNetworkInterface"), &ec2api.DeleteNetworkInterfaceRequest{NetworkInterfaceId: &did.id}, touched, nil)
	}
	touched = append(touched, arn("subnet", did.made.Subnet))
	for _, group := range did.made.Groups {
		touched = append(touched, arn("security-group", group))
	}
	in := &ec2api.CreateNetworkInterfaceRequest{SubnetId: &did.made.Subnet, Groups: did.made.Groups, Description: &did.made.Description}
	return s.record(s.inRole("CreateNetworkInterface"), in, touched, nil)
}

func (s invokedNetwork) inRole(operation string) *service.Call {
	call := s.call(&ec2api.Service, operation)
	if role, ok := s.directory.Role(networkRole); ok {
		call.Principal = s.directory.PrincipalOfRole(role, session)
	}
	return call
}

// An attachment is a network interface that was made, or removed.
type attachment struct {
	id   string
	made *ec2.NIC
}

// networkTx notes what a transaction does with network interfaces.
type networkTx struct {
	store.Tx
	did []attachment
}

// Put implements store.Tx. An interface that was there is changed, not made.
func (t *networkTx) Put(key string, value []byte) {
	if id, ok := ec2.KeyOfNIC(key); ok {
		if _, err := t.Get(key); errors.Is(err, store.ErrNotFound) {
			nic := &ec2.NIC{}
			if json.Unmarshal(value, nic) != nil { // it is what this program has just encoded
				nic = &ec2.NIC{ID: id}
			}
			t.did = append(t.did, attachment{id, nic})
		}
	}
	t.Tx.Put(key, value)
}

// Delete implements store.Tx.
func (t *networkTx) Delete(key string) {
	if id, ok := ec2.KeyOfNIC(key); ok {
		t.did = append(t.did, attachment{id: id})
	}
	t.Tx.Delete(key)
}
