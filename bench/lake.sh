#!/usr/bin/env bash
# Times PostgreSQL into files beside what does the same with other tools, in turn: see README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

export PGOPTIONS='-c client_min_messages=warning'
: "${ROUNDS:=3}" "${ROWS:=1000000}" "${FLAGS:=}" "${THREADS:=2}" "${WHIMBREL_TEST_SERVERS:=${TMPDIR:-/tmp}/whimbrel-test-servers}"
kinds=("$@")
[ ${#kinds[@]} -gt 0 ] || kinds=(parquet parts csv)

work=$(mktemp -d)
CGO_ENABLED=0 go build -o "$work/whimbrel" ./cmd/whimbrel
go build -o "$work/servers" ./bench/servers
go build -o "$work/put" ./bench/put
mkfifo "$work/urls"
"$work/servers" >"$work/urls" &
servers=$!
mkdir -p "$work/objects/lake" "$work/objects/limit"
port=$((20000 + RANDOM % 20000))
export AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=benchsecret AWS_REGION=us-east-1 AWS_ENDPOINT_URL=http://127.0.0.1:$port
"$WHIMBREL_TEST_SERVERS/versitygw" --port "127.0.0.1:$port" --access bench --secret benchsecret --quiet posix "$work/objects" &
store=$!
trap 'kill $servers $store 2>/dev/null; wait $servers $store 2>/dev/null || true; rm -rf "$work"' EXIT
{ read -r PG1; read -r _; read -r _; read -r _; } <"$work/urls"

echo "making data: $ROWS rows" >&2
psql -qX "$PG1" -c "create table wide(id bigint primary key, a int, b bigint, n numeric(12,2), m numeric(18,4), f float8, d date, ts timestamp, yes boolean, s varchar(100), x text)" \
  -c "insert into wide select g, g%1000, g*1000003, g*0.01, g*1.2345, sqrt(g), date '2000-01-01'+(g%9000)::int, timestamp '2020-01-01'+g*interval '1.234567 second', g%3=0, 'Zürich '||md5(g::text), repeat('ab',(g%40)::int) from generate_series(1,$ROWS::bigint) g" \
  -c 'vacuum analyze'

# DuckDB as it comes from npm. Its postgres extension is fetched from its makers; where that cannot be had, it reads psql's CSV.
duckdb='const { DuckDBInstance } = require("@duckdb/node-api");
(async () => { const db = await DuckDBInstance.create(":memory:"); const c = await db.connect();
  let from; for (const q of process.argv.slice(1)) { from = performance.now(); await c.run(q); }
  console.log((performance.now() - from) / 1000); })().catch(e => { console.error(String(e)); process.exit(1); });'
duck() { (cd "$WHIMBREL_TEST_SERVERS/duckdb" && node -e "$duckdb" -- "SET threads=$THREADS" "$@"); } # prints the seconds of the last one
scan=psql
if duck 'INSTALL postgres' 'LOAD postgres' >/dev/null 2>&1; then scan=extension; fi
echo "DuckDB reads PostgreSQL by: $scan" >&2

columns="{'id':'BIGINT','a':'INTEGER','b':'BIGINT','n':'DECIMAL(12,2)','m':'DECIMAL(18,4)','f':'DOUBLE','d':'DATE','ts':'TIMESTAMP','yes':'BOOLEAN','s':'VARCHAR','x':'VARCHAR'}"
limit() {
  case $1 in
    parquet)
      if [ $scan = extension ]; then
        duck 'LOAD postgres' "ATTACH '$PG1' AS pg (TYPE postgres, READ_ONLY)" "COPY (SELECT * FROM pg.public.wide) TO '$work/limit.parquet' (FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE 10240)" >/dev/null
      else
        psql -qX "$PG1" -c 'copy wide to stdout (format csv)' | duck "COPY (SELECT * FROM read_csv('/dev/stdin', header=false, columns=$columns)) TO '$work/limit.parquet' (FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE 10240)" >/dev/null
      fi ;;
    csv) psql -qX "$PG1" -c 'copy wide to stdout (format csv)' | "$work/put" limit wide.csv ;;
  esac
}
# parts is what reading and writing take by themselves, one after the other: COPY in its binary form that nobody looks at, and DuckDB's bulk
# writer fed from a table in memory, whose filling and start are not counted.
parts() {
  local t0 t1 writing
  t0=$(date +%s.%N); psql -qX "$PG1" -c 'copy wide to stdout (format binary)' >/dev/null; t1=$(date +%s.%N)
  writing=$(psql -qX "$PG1" -c 'copy wide to stdout (format csv)' | duck "CREATE TABLE wide AS SELECT * FROM read_csv('/dev/stdin', header=false, columns=$columns)" \
    "COPY wide TO '$work/limit.parquet' (FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE 10240)")
  echo "$t1 - $t0 + $writing" | bc
}
whimbrel() {
  local to=file://$work/files format=$1
  [ "$1" != parts ] || format=parquet
  [ "$1" = csv ] && to=s3://lake/files
  # shellcheck disable=SC2086 # FLAGS are words
  command time -f '%U %S %M' -o "$work/usage" "$work/whimbrel" migrate "$PG1" "$to" --tables-only --parallelism "$THREADS" --target-setting DataFormat="$format" $FLAGS >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}
prepare() { rm -rf "$work/files" "$work"/limit.parquet "$work/objects/lake" "$work/objects/limit"; mkdir -p "$work/objects/lake" "$work/objects/limit"; sync; }
postmaster=$(psql -qXAt "$PG1" -c "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")
served() { # prints the seconds of processors that PostgreSQL and the store have taken, ended sessions with them
  sleep 0.3 # for sessions to end
  awk -v hz="$(getconf CLK_TCK)" '{ sum += $14 + $15 + $16 + $17 } END { print sum / hz }' "/proc/$postmaster/stat" "/proc/$store/stat"
}
timed() { # kind, who: prints seconds, and those of processors that its programs and the servers took
  prepare
  if [ "$1 $2" = "parts limit" ]; then echo "$(parts) 0 0"; return; fi
  local TIMEFORMAT='%R %U %S' wall user system before
  before=$(served)
  { time "$2" "$1" 2>"$work/errors"; } 2>"$work/took" || { cat "$work/errors" >&2; exit 1; }
  read -r wall user system <"$work/took"
  echo "$wall $(echo "$user+$system" | bc) $(echo "$(served)-$before" | bc)"
}

echo "| files | round | other s | whimbrel s | ratio of speeds | other CPU s, servers | whimbrel CPU s, servers | peak RSS MiB |"
echo "|---|---|---|---|---|---|---|---|"
for kind in "${kinds[@]}"; do
  for ((round = 1; round <= ROUNDS; round++)); do
    if ((round % 2)); then a=$(timed "$kind" limit); b=$(timed "$kind" whimbrel); else b=$(timed "$kind" whimbrel); a=$(timed "$kind" limit); fi
    read -r _ _ rss <"$work/usage"
    read -r a cpu served <<<"$a"
    read -r b cpu2 served2 <<<"$b"
    printf '| %s | %d | %.2f | %.2f | %.2f | %.2f, %.2f | %.2f, %.2f | %d |\n' "$kind" "$round" "$a" "$b" "$(echo "$a/$b" | bc -l)" "$cpu" "$served" "$cpu2" "$served2" $((rss/1024))
  done
done
