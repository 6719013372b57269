package dms

import (
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

// What an instance can be in. failed and the incompatible ones leave only deletion.
const (
	instanceCreating  = "creating"
	instanceAvailable = "available"
	instanceModifying = "modifying"
	instanceUpgrading = "upgrading"
	instanceRebooting = "rebooting"
	// instanceStorageFull is shown of an available one, see statusOf.
	instanceStorageFull = "storage-full"
	instanceDeleting    = "deleting"
)

// networkIPv4 is the one type of network that instances have.
const networkIPv4 = "IPV4"

// Bounds of an instance (AWS DMS user guide, "Constraints"; DescribeOrderableReplicationInstances).
const (
	longestInstance = 63
	longestClass    = 30
	leastStorage    = 5
	mostStorage     = 6144 // GB
)

// checkClass holds a class to those that there are.
func checkClass(class string) error {
	if _, _, _, ok := classOf(class); !ok || len(class) > longestClass {
		return invalidValue("Invalid ReplicationInstance class: %q. DescribeOrderableReplicationInstances lists the classes; dms.t3.medium is one.", class)
	}
	return nil
}

func checkStorage(gb int64) error {
	if gb < leastStorage || gb > mostStorage {
		return invalidValue("Invalid AllocatedStorage: %d. Instances have %d to %d GB.", gb, leastStorage, mostStorage)
	}
	return nil
}

var networkForm = regexp.MustCompile(`^(?i:IPV4|DUAL)$`)

// networkTypeOf reads a NetworkType. DUAL would give an instance an IPv6 address of its own, which it does not get here: its
// connections leave by the machine's.
func networkTypeOf(text string) (string, error) {
	switch {
	case text == "" || strings.EqualFold(text, networkIPv4):
		return networkIPv4, nil
	case networkForm.MatchString(text):
		return "", invalidCombination("NetworkType DUAL is not served by Whimbrel yet: network interfaces of instances get an IPv4 address alone. Databases that have IPv6 addresses are reached all the same.")
	}
	return "", invalidValue("Invalid NetworkType: %q. It is IPV4 or DUAL.", text)
}

// notServed refuses what an instance would not honour.
func notServed(kerberos *dmsapi.KerberosAuthenticationSettings, nameServers *string) error {
	if kerberos != nil {
		return invalidValue("KerberosAuthenticationSettings are not served by Whimbrel yet: no engine it reaches signs in with Kerberos.")
	}
	if value(nameServers) != "" {
		return invalidValue("DnsNameServers are not served by Whimbrel yet: instances resolve names as the server's machine does.")
	}
	return nil
}

// instanceNameOf reads the identifier of an instance, which is kept in lower case.
func instanceNameOf(text string) (string, error) {
	return strings.ToLower(text), checkName("ReplicationInstanceIdentifier", text, longestInstance)
}

// must refuses an instance whose status is not one of those that an operation can begin in.
func (i *Instance) must(do string, allowed ...string) error {
	for _, s := range allowed {
		if i.Status == s {
			return nil
		}
	}
	return badState("Replication Instance %s cannot be %s, it is in %s state. It must be in %s state.", i.Name, do, i.Status, strings.Join(allowed, " or "))
}
