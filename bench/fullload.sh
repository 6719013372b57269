#!/usr/bin/env bash
# Times whole migrations beside the physical limit, in turn: see README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

export PGOPTIONS='-c client_min_messages=warning'
: "${ROUNDS:=3}" "${ROWS:=1000000}" "${NARROW:=5000000}" "${FLAGS:=}"
pairs=("$@")
[ ${#pairs[@]} -gt 0 ] || pairs=(pg-pg my-pg pg-my my-my lite-pg pg-lite)

work=$(mktemp -d)
CGO_ENABLED=0 go build -o "$work/whimbrel" ./cmd/whimbrel
go build -o "$work/servers" ./bench/servers

# The servers live as long as the program that started them; its first lines are their URLs.
mkfifo "$work/urls"
"$work/servers" >"$work/urls" &
servers=$!
trap 'kill $servers 2>/dev/null; wait $servers 2>/dev/null || true; rm -rf "$work"' EXIT
{ read -r PG1; read -r PG2; read -r MY1; read -r MY2; } <"$work/urls"

my() { # URL [arguments]: the mariadb client on the database of a URL
  local rest=${1#*@} host port
  host=${rest%%:*} port=${rest#*:} port=${port%%/*}
  MYSQL_PWD=secret mariadb --no-defaults -h "$host" -P "$port" -u whimbrel --local-infile=1 --quick "${@:2}" "${rest##*/}"
}

# The same rows on every engine: numbers, decimals, times, texts with and without special characters, bytes, JSON.
columns='id,a1,a2,a3,b1,b2,n1,n2,n3,f1,f2,d1,t1,ts1,ts2,u1,s1,s2,s3,s4,x1,x2,j1'
types_pg='id bigint,a1 int,a2 int,a3 int,b1 bigint,b2 bigint,n1 numeric(12,2),n2 numeric(18,4),n3 numeric(30,10),f1 float8,f2 float8,
  d1 date,t1 time,ts1 timestamp,ts2 timestamp,u1 char(36),s1 varchar(40),s2 varchar(100),s3 text,s4 text,x1 text,x2 text,j1 text'
types_my='id bigint,a1 int,a2 int,a3 int,b1 bigint,b2 bigint,n1 decimal(12,2),n2 decimal(18,4),n3 decimal(30,10),f1 double,f2 double,
  d1 date,t1 time,ts1 datetime(6),ts2 datetime(6),u1 char(36),s1 varchar(40),s2 varchar(100),s3 text,s4 text,x1 text,x2 text,j1 text'
rows_pg="select g,g%1000,-g,case when g%10=0 then 0 else g end,g*1000003,-g*99991,g*0.01,g*1.2345,g*123456.0123456789,g*1.1,sqrt(g),
  date '2000-01-01'+(g%9000)::int,time '00:00'+(g%86400)*interval '1 second',timestamp '2020-01-01'+g*interval '1.234567 second',
  timestamp '2010-01-01'+g*interval '1 minute',md5(g::text)::uuid,'cust'||g,'Zürich '||md5((g+1)::text),repeat('ab',(g%40)::int),
  'line \"'||md5((g+2)::text)||'\" ünïcödé',md5((g+3)::text)||md5((g+4)::text),'text '||g,'{\"id\":'||g||'}'
  from generate_series(1,$ROWS::bigint) g"

make_data() {
  psql -qX "$PG1" -c "create table wide($types_pg)" -c "insert into wide $rows_pg" -c "alter table wide add primary key(id)" \
    -c "create table narrow(id int, k int, v int, pad char(84))" \
    -c "insert into narrow select g,g%100,0,'' from generate_series(1,$NARROW) g" -c "alter table narrow add primary key(id)" -c "vacuum analyze"
  my "$MY1" -e "create table wide($types_my, primary key(id)) charset utf8mb4; create table narrow(id int primary key,k int,v int,pad char(84)) charset utf8mb4"
  local t
  for t in wide narrow; do psql -qX "$PG1" -c "copy $t to stdout" | my "$MY1" -e "load data local infile '/dev/stdin' into table $t character set utf8mb4"; done
  sqlite3 "$work/source.db" "create table wide(${types_pg//,/, }, primary key(id))"
  psql -qX "$PG1" -c "copy wide to stdout (format csv)" | sqlite3 "$work/source.db" ".import --csv /dev/stdin wide"
}

halves() { case $1 in wide) echo $((ROWS/2)) ;; narrow) echo $((NARROW/2)) ;; esac; }
both() { # COMMAND with TABLE and WHERE: both halves of both tables, two at a time
  local t m
  for t in $tables; do m=$(halves $t)
    TABLE=$t WHERE="id <= $m" bash -c "$1" & TABLE=$t WHERE="id > $m" bash -c "$1" & wait
  done
}
export -f my

tables='wide narrow'
empty_pg() { psql -qX "$PG2" -c 'drop schema if exists public cascade' -c 'drop schema if exists shop cascade' -c 'create schema public'; }
shells_pg() { empty_pg; psql -qX "$PG2" -c "create table wide($types_pg)" -c 'create table narrow(id int, k int, v int, pad char(84))'; }
keys_pg() { psql -qX "$PG2" -c 'alter table wide add primary key(id)'; case $tables in *narrow*) psql -qX "$PG2" -c 'alter table narrow add primary key(id)' ;; esac; }
empty_my() { my "$MY2" -e 'drop table if exists wide, narrow'; }
shells_my() { empty_my; my "$MY2" -e "create table wide($types_my, primary key(id)) charset utf8mb4; create table narrow(id int primary key,k int,v int,pad char(84)) charset utf8mb4"; }

export PG1 PG2 MY1 MY2 columns
limit() {
  case $1 in
    pg-pg) both 'psql -qX "$PG1" -c "copy (select * from $TABLE where $WHERE) to stdout (format binary)" | psql -qX "$PG2" -c "copy $TABLE from stdin (format binary)"'; keys_pg ;;
    my-pg) both 'my "$MY1" -B -N -e "select * from $TABLE where $WHERE" | psql -qX "$PG2" -c "copy $TABLE from stdin"'; keys_pg ;;
    pg-my) both 'psql -qX "$PG1" -c "copy (select * from $TABLE where $WHERE) to stdout" | my "$MY2" -e "load data local infile '"'/dev/stdin'"' into table $TABLE character set utf8mb4"' ;;
    my-my) both 'my "$MY1" -B -N -e "select * from $TABLE where $WHERE" | my "$MY2" -e "load data local infile '"'/dev/stdin'"' into table $TABLE character set utf8mb4"' ;;
    lite-pg) sqlite3 "$work/source.db" -csv 'select * from wide' | psql -qX "$PG2" -c 'copy wide from stdin (format csv)'; keys_pg ;;
    pg-lite) sqlite3 "$work/target.db" "create table wide(${types_pg//,/, }, primary key(id))"
      psql -qX "$PG1" -c 'copy wide to stdout (format csv)' | sqlite3 "$work/target.db" '.import --csv /dev/stdin wide' ;;
  esac
}
prepare() { # pair, who
  tables='wide narrow'
  case $1 in lite-pg|pg-lite) tables=wide ;; esac
  case $1:$2 in
    *-pg:limit) shells_pg ;; *-pg:whimbrel) empty_pg ;;
    *-my:limit) shells_my ;; *-my:whimbrel) empty_my ;;
    pg-lite:*) rm -f "$work"/target.db* ;;
  esac
}
whimbrel() {
  local from to
  case $1 in pg-*) from=$PG1 ;; my-*) from=$MY1 ;; lite-*) from=sqlite:$work/source.db ;; esac
  case $1 in *-pg) to=$PG2 ;; *-my) to=$MY2 ;; *-lite) to=sqlite:$work/target.db ;; esac
  local only=()
  case $1 in lite-pg|pg-lite) only=(--only %.wide) ;; my-pg) only=(--target-schema public) ;; esac
  # shellcheck disable=SC2086 # FLAGS are words
  command time -f '%U %S %M' -o "$work/usage" "$work/whimbrel" migrate "$from" "$to" "${only[@]}" $FLAGS >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}
timed() { # pair, who: prints seconds
  prepare "$1" "$2"
  psql -qX "$PG2" -c checkpoint; sync
  local t0 t1; t0=$(date +%s.%N); "$2" "$1"; t1=$(date +%s.%N)
  echo "$t1 - $t0" | bc
}

echo "making data: $ROWS wide and $NARROW narrow rows" >&2
make_data
echo "| pair | round | limit s | whimbrel s | ratio | whimbrel CPU s | peak RSS MiB |"
echo "|---|---|---|---|---|---|---|"
for pair in "${pairs[@]}"; do
  for ((round = 1; round <= ROUNDS; round++)); do
    a=$(timed "$pair" limit); b=$(timed "$pair" whimbrel)
    read -r user system rss <"$work/usage"
    printf '| %s | %d | %.2f | %.2f | %.2f | %.2f | %d |\n' "$pair" "$round" "$a" "$b" "$(echo "$b/$a" | bc -l)" "$(echo "$user+$system" | bc)" $((rss/1024))
  done
done
