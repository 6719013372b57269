package ec2

import (
	"errors"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// This file is what other services of this server see of the inventory, in transactions of their own.

// Zones are the availability zones of a region.
func Zones(region string) []string { return (&Service{Config{Region: region}}).zones() }

// DefaultVPC finds the default VPC; empty if there is none.
func DefaultVPC(tx store.Tx) (string, error) {
	id, err := defaultVPC(tx)
	if missing(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	there, err := store.Exists(tx, vpcKeys+id)
	if err != nil || !there {
		return "", err
	}
	return id, nil
}

// DefaultSubnets lists the default subnets of a VPC.
func DefaultSubnets(tx store.Tx, vpc string) ([]Subnet, error) {
	all, err := every[Subnet](tx, subnets)
	return slices.DeleteFunc(all, func(n Subnet) bool { return n.VPC != vpc || !n.Default }), err
}

// FindSubnet reads a subnet; nil if there is none.
func FindSubnet(from interface {
	Get(string) (store.Item, error)
}, id string) (*Subnet, error) {
	n, err := store.Read[Subnet](from, subnetKeys+id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil //nolint:nilnil // nobody needs to tell this from an error
	}
	return &n, err
}

// FindNIC reads a network interface; nil if there is none.
func FindNIC(tx store.Tx, id string) (*NIC, error) {
	n, err := store.Read[NIC](tx, nicKeys+id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil //nolint:nilnil // nobody needs to tell this from an error
	}
	return &n, err
}

// ErrNoGroup says that there is no such security group in the VPC. ErrNoAddress says that a subnet has no address left.
var (
	ErrNoGroup   = errors.New("no such security group in the VPC")
	ErrNoAddress = errors.New("the subnet has no free address")
)

// GroupsIn checks that security groups are of the VPC, with ErrNoGroup if one is not; without any it is the default group.
func GroupsIn(tx store.Tx, vpc string, ids []string) ([]string, error) {
	got, err := groupsIn(tx, vpc, ids)
	if refused(err) {
		return nil, ErrNoGroup
	}
	return got, err
}

// Attach makes a network interface for a service of this server: Subnet, Groups, Description, Requester and Attached are
// given, the rest is found. The interface is the service's: no caller can delete or change it.
func Attach(tx store.Tx, n NIC) (*NIC, error) {
	made, err := makeNIC(tx, n)
	var e *wire.Error
	if errors.As(err, &e) && e.Code == "InsufficientFreeAddressesInSubnet" {
		return nil, ErrNoAddress
	}
	return made, err
}

// Detach removes an interface that Attach has made.
func Detach(tx store.Tx, id string) { tx.Delete(nicKeys + id) }

// Regroup puts an interface into other security groups.
func Regroup(tx store.Tx, id string, groups []string) error {
	n, err := lookup[NIC](tx, nics, id)
	if err != nil {
		return err
	}
	if n.Groups, err = groupsIn(tx, n.VPC, groups); err != nil {
		return err
	}
	return store.Write(tx, nicKeys+n.ID, n)
}

// refused reports an error that is a caller's fault.
func refused(err error) bool {
	var e *wire.Error
	return errors.As(err, &e)
}

func missing(err error) bool {
	var e *wire.Error
	return errors.As(err, &e) && e.Code == "DefaultVpcDoesNotExist"
}

// KeyOfNIC finds the ID of the network interface whose record lies under a key.
func KeyOfNIC(key string) (id string, ok bool) { return strings.CutPrefix(key, nicKeys) }
