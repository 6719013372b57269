package assess

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// packetRoom is what a packet holds beside a value: other columns, and the statement.
const packetRoom = 4 << 10

// largerThanPackets looks for values that a server cannot send, or the target not be sent.
func largerThanPackets(ctx context.Context, s *subject) (found []Finding, _ error) {
	limit, whose, err := packetLimit(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, p := range s.pairs() {
		if !p.source.Type.Kind.IsLOB() {
			continue
		}
		n, value := p.table.Plan.Source.Name, quote(catalog.MySQL, p.source.Name)
		rows, err := ask(ctx, s.AskSource, fmt.Sprintf("SELECT COUNT(*), MAX(LENGTH(%[1]s)) FROM %[2]s WHERE LENGTH(%[1]s) > %[3]d", value, quoteName(catalog.MySQL, n), limit-packetRoom))
		if err != nil {
			return nil, fmt.Errorf("measure the values of %s: %w", p.name(), err)
		}
		if rows[0][0] != "0" {
			found = append(found, Finding{
				Object: p.name(), Reason: fmt.Sprintf("%s values do not fit into max_allowed_packet of the %s, %d bytes; the longest has %s", rows[0][0], whose, limit, rows[0][1]),
				Mend: "SET GLOBAL max_allowed_packet = 1073741824 on the " + whose,
			})
		}
	}
	return found, nil
}

// packetLimit is the smaller max_allowed_packet of the ends that have one.
func packetLimit(ctx context.Context, s *subject) (limit int64, whose string, err error) {
	for _, end := range []struct {
		whose  string
		family catalog.Family
	}{{"source", s.SourceEngine.Family}, {"target", s.TargetEngine.Family}} {
		asker := s.AskSource
		if end.whose == "target" {
			asker = s.AskTarget
		}
		if end.family != catalog.MySQL {
			continue
		}
		rows, err := ask(ctx, asker, "SELECT @@global.max_allowed_packet")
		if err != nil {
			return 0, "", err
		}
		n, err := strconv.ParseInt(rows[0][0], 10, 64)
		if err != nil {
			return 0, "", fmt.Errorf("read max_allowed_packet of the %s: %w", end.whose, err)
		}
		if whose == "" || n < limit {
			limit, whose = n, end.whose
		}
	}
	return limit, whose, nil
}

// postGIS reports columns whose types another engine has no like for.
func postGIS(_ context.Context, s *subject) (found []Finding, _ error) {
	types := []string{"geometry", "geography", "raster", "topogeometry", "box2d", "box3d"}
	for _, p := range s.pairs() {
		name, _, _ := strings.Cut(strings.ToLower(p.source.NativeType), "(")
		name = strings.Trim(name[strings.LastIndexByte(name, '.')+1:], `"`)
		if slices.Contains(types, name) {
			found = append(found, Finding{
				Status: Warning, Object: p.name(), Reason: fmt.Sprintf("the column is %s and becomes %s: the target gets its text, not a geometry", p.source.NativeType, p.target.NativeType),
				Mend: "migrate it to PostgreSQL, or leave the column out (a remove-column rule)",
			})
		}
	}
	return found, nil
}

// decodingMemory asks for no less than the default: what does not fit goes to the server's disk, for every stream.
func decodingMemory(ctx context.Context, s *subject) ([]Finding, error) {
	rows, err := ask(ctx, s.AskSource, "SELECT pg_catalog.current_setting('logical_decoding_work_mem'), (pg_catalog.pg_size_bytes(pg_catalog.current_setting('logical_decoding_work_mem')) < 64 * 1024 * 1024)::text")
	if err != nil || rows[0][1] != "true" {
		return nil, err
	}
	return []Finding{{
		Status: Warning, Object: "logical_decoding_work_mem", Reason: "it is " + rows[0][0] + ": transactions that are larger while they are decoded go to the server's disk, once for every stream",
		Mend: "ALTER SYSTEM SET logical_decoding_work_mem = '64MB'; SELECT pg_reload_conf()",
	}}, nil
}
