package wire

import (
	"encoding/binary"
	"net"
)

// greeter adds MariaDB's own capabilities to the login, which go-mysql cannot ask for. They stand in the last four
// bytes of the filler of the first packet that the client sends (the login, or the request for TLS before it), and the
// server looks there when CLIENT_MYSQL, the lowest capability, is missing. MySQL ignores both.
type greeter struct {
	net.Conn
	done bool
}

const (
	clientMySQL        = 1
	capabilitiesAt     = 4      // behind the packet's header
	ownCapabilitiesAt  = 4 + 28 // CLIENT_PROTOCOL_41: capabilities 4, packet size 4, character set 1, filler 23
	bulkOperations     = 1 << 2 // MARIADB_CLIENT_STMT_BULK_OPERATIONS, bit 34 of all
	firstPacketsLength = 4 + 32
)

// Write changes the first packet on its way.
func (g *greeter) Write(b []byte) (int, error) {
	if g.done || len(b) < firstPacketsLength {
		return g.Conn.Write(b)
	}
	g.done = true
	changed := append([]byte(nil), b...)
	capabilities := binary.LittleEndian.Uint32(changed[capabilitiesAt:])
	binary.LittleEndian.PutUint32(changed[capabilitiesAt:], capabilities&^clientMySQL)
	binary.LittleEndian.PutUint32(changed[ownCapabilitiesAt:], bulkOperations)
	return g.Conn.Write(changed)
}
