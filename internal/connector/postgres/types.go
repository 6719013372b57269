package postgres

import (
	"context"
	"strconv"
	"sync"
)

// The object identifiers of built-in types, the same in every server (pg_type.dat).
const (
	oidBool        = 16
	oidBytea       = 17
	oidChar        = 18
	oidName        = 19
	oidInt8        = 20
	oidInt2        = 21
	oidInt4        = 23
	oidText        = 25
	oidOid         = 26
	oidJSON        = 114
	oidXML         = 142
	oidFloat4      = 700
	oidFloat8      = 701
	oidMoney       = 790
	oidInet        = 869
	oidBpchar      = 1042
	oidVarchar     = 1043
	oidDate        = 1082
	oidTime        = 1083
	oidTimestamp   = 1114
	oidTimestamptz = 1184
	oidTimetz      = 1266
	oidNumeric     = 1700
	oidUUID        = 2950
	oidJSONB       = 3802
)

// wireType is what one needs to know of a type to move its values.
type wireType struct {
	// base is the type itself, or what a domain is made of; its values look the same on the wire.
	base uint32
	// enum and citext travel as text does.
	textual bool
	// portable says that the binary form means the same on any server: it holds no object identifiers of this one.
	portable bool
	modifier int // of the domain; -1 when it has none
	// names says that a value is the identifier of an object of one server: the type's name, "regclass".
	names string
}

// typeBook knows a server's types. It is filled at first use and again when a type turns up that it does not know.
type typeBook struct {
	mu struct {
		sync.Mutex
		rows  map[uint32]typeRow
		known map[uint32]wireType
	}
}

type typeRow struct {
	name, category         string
	kind                   byte // typtype
	base, element, subtype uint32
	modifier               int
	sends, identifies      bool
}

// Types that belong to a table's rows, and arrays of them, are left out: there are as many as tables.
const typesSQL = `SELECT t.oid, t.typname, t.typtype, t.typcategory, t.typbasetype, t.typtypmod,
 CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END, coalesce(r.rngsubtype, 0),
 t.typsend <> 0 AND t.typreceive <> 0, t.typname LIKE 'reg%' AND t.typnamespace = 'pg_catalog'::regnamespace
 FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
 WHERE t.typtype IN ('b', 'd', 'e', 'r', 'm') AND NOT EXISTS
 (SELECT FROM pg_catalog.pg_type c WHERE c.oid = t.typelem AND c.typtype = 'c')`

func (k *typeBook) fill(ctx context.Context, w *wire) error {
	rows := map[uint32]typeRow{}
	err := w.query(ctx, typesSQL, func(v [][]byte) error {
		rows[number(v[0])] = typeRow{
			name: string(v[1]), kind: v[2][0], category: string(v[3]), base: number(v[4]), modifier: signed(v[5]),
			element: number(v[6]), subtype: number(v[7]), sends: v[8][0] == 't', identifies: v[9][0] == 't',
		}
		return nil
	})
	if err != nil {
		return classify(ctx, "read the server's types", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mu.rows, k.mu.known = rows, map[uint32]wireType{}
	return nil
}

// lookup reports false for a type it has not heard of.
func (k *typeBook) lookup(oid uint32) (wireType, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t, ok := k.mu.known[oid]; ok {
		return t, true
	}
	if _, ok := k.mu.rows[oid]; !ok {
		return wireType{base: oid, modifier: -1}, false
	}
	t := k.resolve(oid)
	k.mu.known[oid] = t
	return t, true
}

// admit looks a type up in the fresh book and remembers the answer even when it is still unknown: a composite type.
func (k *typeBook) admit(oid uint32) wireType {
	t, ok := k.lookup(oid)
	if !ok {
		k.mu.Lock()
		k.mu.known[oid] = t
		k.mu.Unlock()
	}
	return t
}

func (k *typeBook) resolve(oid uint32) wireType {
	t := wireType{base: oid, modifier: -1}
	r := k.mu.rows[oid]
	for r.kind == 'd' {
		if t.modifier < 0 {
			t.modifier = r.modifier
		}
		t.base = r.base
		r = k.mu.rows[r.base]
	}
	t.portable = k.portable(t.base)
	if r.identifies {
		t.names = r.name
	}
	t.textual = r.kind == 'e' || r.name == "citext" && r.category == "S"
	return t
}

// portable looks into arrays and ranges. Arrays name their element type by its identifier, which is the same
// everywhere only for built-in types; the reg types are identifiers themselves; a few types have no binary form.
func (k *typeBook) portable(oid uint32) bool {
	r, ok := k.mu.rows[oid]
	const firstUserType = 16384
	switch {
	case !ok || !r.sends || r.identifies || r.name == "aclitem":
		return r.kind == 'd' && k.portable(r.base)
	case r.kind == 'd':
		return k.portable(r.base)
	case r.element != 0:
		return r.element < firstUserType && k.portable(r.element)
	case r.subtype != 0:
		return k.portable(r.subtype)
	case r.kind == 'm':
		return oid < firstUserType
	}
	return true
}

func number(b []byte) uint32 {
	n, _ := strconv.ParseUint(string(b), 10, 32)
	return uint32(n)
}

func signed(b []byte) int {
	n, _ := strconv.Atoi(string(b))
	return n
}
