package manifest

import (
	"bytes"
	"encoding/pem"
	"slices"
	"strconv"
	"strings"
)

// samePEM reports that two texts hold the same blocks: the service keeps nothing of what stands around them.
func samePEM(a, b string) bool {
	x, y := blocks(a), blocks(b)
	return a == b || len(x) > 0 && slices.EqualFunc(x, y, func(x, y *pem.Block) bool { return x.Type == y.Type && bytes.Equal(x.Bytes, y.Bytes) })
}

func blocks(text string) (all []*pem.Block) {
	for rest := []byte(text); ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			return all
		}
		all = append(all, b)
	}
}

// reaches reports that a version is the wanted one or a later one: AutoMinorVersionUpgrade raises it, and none is ever lowered.
func reaches(have, want string) bool {
	a, b := strings.Split(have, "."), strings.Split(want, ".")
	for i := range b {
		if i == len(a) {
			return false
		}
		x, errX := strconv.Atoi(a[i])
		y, errY := strconv.Atoi(b[i])
		switch {
		case errX != nil || errY != nil:
			if a[i] != b[i] {
				return false
			}
		case x != y:
			return x > y
		}
	}
	return true
}

// sameKey compares the ARN of a KMS key that is shown with what the file has: an ARN or an ID. What an alias stands for only KMS knows, so
// that it is certain only that a key is needed.
func sameKey(have, want string) bool {
	if isAlias(want) {
		return have != ""
	}
	return have == want || !strings.Contains(want, ":") && strings.HasSuffix(have, ":key/"+want)
}

func isAlias(key string) bool {
	return strings.HasPrefix(key, "alias/") || strings.Contains(key, ":alias/")
}
