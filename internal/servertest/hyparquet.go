package servertest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// hyparquet prints the rows of Parquet files, one a line with bars between the values: moments in the units of the file since 1970, bytes
// as hexadecimal digits, ends of lines as slashes.
const hyparquet = `import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { compressors } from 'hyparquet-compressors';
const parsers = { ...DEFAULT_PARSERS, timestampFromMicroseconds: String, timestampFromMilliseconds: String };
const shown = v => v === null || v === undefined ? 'NULL' : v instanceof Uint8Array ? Buffer.from(v).toString('hex')
  : v instanceof Date ? v.toISOString().slice(0, 10) : String(v);
for (const name of process.argv.slice(1)) {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(name), compressors, parsers, utf8: false });
  for (const row of rows) console.log(Object.values(row).map(shown).join('|').replaceAll('\n', '/'));
}`

// Hyparquet reads Parquet files with hyparquet, which shares no code with DuckDB nor with what has written them, and returns their
// rows.
func Hyparquet(t testing.TB, files ...string) (rows []string) {
	t.Helper()
	dir := filepath.Join(InstallDir(), "hyparquet")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		missing(t, "hyparquet")
	}
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, "node", append([]string{"--input-type=module", "-e", hyparquet, "--"}, files...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TZ=UTC")
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("hyparquet: %v: %s", err, failed.Stderr)
	}
	if err != nil {
		t.Fatalf("hyparquet: %v", err)
	}
	for line := range bytes.Lines(out) {
		rows = append(rows, string(bytes.TrimSuffix(line, []byte("\n"))))
	}
	return rows
}
