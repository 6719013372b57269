package ec2

import "github.com/whimbreldb/whimbrel/internal/store"

// How many there may be, so that nobody fills the store that all of the state lies in: EC2's quotas of a region, with more
// VPCs than the five that it begins with. VPC endpoints are counted over all VPCs.
const (
	mostVPCs      = 100
	mostSubnets   = 200 // of a VPC
	mostGroups    = 2500
	mostNICs      = 5000
	mostEndpoints = 1000
)

// room refuses one more than there may be.
func room(have, most int, code, what string) error {
	if have >= most {
		return fault(code, "The maximum number of %s has been reached: there are %d.", what, have)
	}
	return nil
}

// roomUnder is room for one more under a prefix of keys.
func roomUnder(tx store.Tx, prefix string, most int, code, what string) error {
	have, err := store.Count(tx, prefix)
	if err != nil {
		return err
	}
	return room(have, most, code, what)
}
