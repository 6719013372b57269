package wire

import (
	"bytes"
	"io"
	"net"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// packet frames a payload, in as many packets as it takes.
func packet(seq *byte, payload []byte) []byte {
	var out []byte
	for {
		n := min(len(payload), maxPayload)
		out = append(out, byte(n), byte(n>>8), byte(n>>16), *seq)
		out = append(out, payload[:n]...)
		*seq++
		if n < maxPayload {
			return out
		}
		payload = payload[n:]
	}
}

// cell writes a value of a text row.
func cell(value []byte) []byte {
	n := len(value)
	if n < nullCell {
		return append([]byte{byte(n)}, value...)
	}
	return append([]byte{0xfe, byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24), 0, 0, 0, 0}, value...)
}

// TestRowsOfEverySize reads rows around the bounds of the buffer and of a packet, a byte at a time where that is quick.
func TestRowsOfEverySize(t *testing.T) {
	for _, size := range []int{0, 1, 250, 251, readBuffer - 10, readBuffer, readBuffer + 1, maxPayload - 10, maxPayload - 9, maxPayload, maxPayload + 5, 2*maxPayload - 10} {
		value := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		var seq byte
		in := packet(&seq, append(cell(value), nullCell))
		in = append(in, packet(&seq, []byte{eofReply, 0, 0, 0, 0})...)
		var src io.Reader = bytes.NewReader(in)
		if size < 1000 {
			src = iotest.OneByteReader(src)
		}
		rows := &Rows{c: &Conn{in: newPackets(src, readBuffer)}, columns: 2}
		row, large, err := rows.Next()
		require.NoError(t, err)
		if large != nil {
			n, null, err := large.Cell()
			require.NoError(t, err)
			require.False(t, null)
			got, err := large.Append(nil, n)
			require.NoError(t, err)
			require.True(t, bytes.Equal(value, got), "size %d", size)
			_, null, err = large.Cell()
			require.NoError(t, err)
			require.True(t, null)
		} else {
			got, rest, null, ok := Cell(row)
			require.True(t, ok)
			require.False(t, null)
			require.True(t, bytes.Equal(value, got), "size %d", size)
			require.Equal(t, []byte{nullCell}, rest)
		}
		_, _, err = rows.Next()
		require.ErrorIs(t, err, io.EOF)
	}
}

// FuzzRows feeds bytes to the packet and row readers: they must end, with the end of the rows or with an error.
func FuzzRows(f *testing.F) {
	var seq byte
	f.Add(append(packet(&seq, cell([]byte("abc"))), packet(&seq, []byte{eofReply, 0, 0, 0, 0})...))
	f.Add([]byte{3, 0, 0, 0, 0xff, 1, 2})
	f.Add([]byte{40, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		rows := &Rows{c: &Conn{in: newPackets(bytes.NewReader(in), 32)}, columns: 1}
		for {
			row, large, err := rows.Next()
			if err != nil {
				return
			}
			for len(row) > 0 {
				var ok bool
				if _, row, _, ok = Cell(row); !ok {
					break
				}
			}
			if large != nil {
				if n, _, err := large.Cell(); err == nil {
					_, _ = large.Append(nil, min(n, 1<<20))
				}
			}
		}
	})
}

// TestInfileSendsPiecesAndTheEnd checks the packets of a load against a server that takes them apart.
func TestInfileSendsPiecesAndTheEnd(t *testing.T) {
	client, server := net.Pipe()
	got := make(chan []byte, 1)
	go func() {
		in := newPackets(server, readBuffer)
		if _, err := in.next(); err != nil {
			return
		}
		_, _ = server.Write([]byte{5, 0, 0, 1, infileReply, 'r', 'o', 'w', 's'})
		in.seq = 2
		var all []byte
		for {
			b, err := in.next()
			if err != nil || len(b) == 0 {
				break
			}
			all = append(all, b...)
		}
		reply := []byte{okReply, 3, 0, 0, 0, 1, 0}
		_, _ = server.Write(append([]byte{byte(len(reply)), 0, 0, in.seq}, reply...))
		got <- all
	}()
	c := adopt(client, 1, "test")
	f, err := c.LoadData("LOAD DATA")
	require.NoError(t, err)
	want := bytes.Repeat([]byte("a row\n"), 100_000)
	for at := 0; at < len(want); at += 6000 {
		f.Buffer = append(f.Buffer, want[at:min(at+6000, len(want))]...)
		if f.Due() {
			require.NoError(t, f.Flush())
		}
	}
	r, err := f.Finish()
	require.NoError(t, err)
	require.Equal(t, Result{Affected: 3, Warnings: 1}, r)
	require.True(t, bytes.Equal(want, <-got))
	require.Equal(t, int64(len(want)), f.Sent())
}

// TestServerErrorEndsRows: an error in the middle of rows is the server's, with its number.
func TestServerErrorEndsRows(t *testing.T) {
	var seq byte
	in := append(packet(&seq, cell([]byte("a"))), packet(&seq, []byte("\xff\x25\x05#70100Query execution was interrupted"))...)
	rows := &Rows{c: &Conn{in: newPackets(bytes.NewReader(in), readBuffer)}, columns: 1}
	err := rows.Drain()
	var e *ServerError
	require.ErrorAs(t, err, &e)
	require.Equal(t, ServerError{Code: 1317, State: "70100", Message: "Query execution was interrupted"}, *e)
}
