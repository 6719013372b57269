#!/usr/bin/env bash
# Times the validation of equal rows beside their load and a plain aggregate of both sides, in turn: see README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

export PGOPTIONS='-c client_min_messages=warning'
: "${ROUNDS:=3}" "${ROWS:=1000000}" "${TABLE:=orders}"
pairs=("$@")
[ ${#pairs[@]} -gt 0 ] || pairs=(pg-pg my-my pg-my my-pg)

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

# orders is the table of BenchmarkValidate; wide has 23 columns of many types.
declare -A types_pg types_my rows_pg
types_pg[orders]='id bigint,customer int not null,amount numeric(12,2),placed timestamp,state varchar(20),note varchar(200)'
types_my[orders]='id bigint,customer int not null,amount decimal(12,2),placed datetime(6),state varchar(20),note varchar(200)'
rows_pg[orders]="select g,g*7919%100003,(g%9973)+(g%100)*0.01,timestamp '2000-01-01'+g*interval '1234.567891 second',
  (array['new','paid','sent','returned'])[g%4+1],'note of order number '||g||', which says little' from generate_series(1,$ROWS::bigint) g"
types_pg[wide]='id bigint,a1 int,a2 int,a3 int,b1 bigint,b2 bigint,n1 numeric(12,2),n2 numeric(18,4),n3 numeric(30,10),f1 float8,f2 float8,
  d1 date,t1 time,ts1 timestamp,ts2 timestamp,u1 char(36),s1 varchar(40),s2 varchar(100),s3 text,s4 text,x1 text,x2 text,j1 text'
types_my[wide]='id bigint,a1 int,a2 int,a3 int,b1 bigint,b2 bigint,n1 decimal(12,2),n2 decimal(18,4),n3 decimal(30,10),f1 double,f2 double,
  d1 date,t1 time,ts1 datetime(6),ts2 datetime(6),u1 char(36),s1 varchar(40),s2 varchar(100),s3 text,s4 text,x1 text,x2 text,j1 text'
rows_pg[wide]="select g,g%1000,-g,case when g%10=0 then 0 else g end,g*1000003,-g*99991,g*0.01,g*1.2345,g*123456.0123456789,g*1.1,sqrt(g),
  date '2000-01-01'+(g%9000)::int,time '00:00'+(g%86400)*interval '1 second',timestamp '2020-01-01'+g*interval '1.234567 second',
  timestamp '2010-01-01'+g*interval '1 minute',md5(g::text)::uuid,'cust'||g,'Zürich '||md5((g+1)::text),repeat('ab',(g%40)::int),
  'line \"'||md5((g+2)::text)||'\" ünïcödé',md5((g+3)::text)||md5((g+4)::text),'text '||g,'{\"id\":'||g||'}'
  from generate_series(1,$ROWS::bigint) g"

psql -qX "$PG1" -c "create table $TABLE(${types_pg[$TABLE]})" -c "insert into $TABLE ${rows_pg[$TABLE]}" -c "alter table $TABLE add primary key(id)" -c 'vacuum analyze'
my "$MY1" -e "create table $TABLE(${types_my[$TABLE]}, primary key(id)) charset utf8mb4"
psql -qX "$PG1" -c "copy $TABLE to stdout" | my "$MY1" -e "load data local infile '/dev/stdin' into table $TABLE character set utf8mb4; analyze table $TABLE" >/dev/null

# An aggregate that has to look at every value.
aggregate="select count(*)$(tr , '\n' <<<"${types_pg[$TABLE]}" | sed -nE 's/^ *([a-z][a-z0-9]*) [a-z].*/, max(\1)/p' | tr -d '\n') from $TABLE"

ends() {
  case $1 in pg-*) from=$PG1 ;; my-*) from=$MY1 ;; esac
  case $1 in *-pg) to=$PG2 ;; *-my) to=$MY2 ;; esac
  only=()
  case $1 in my-pg) only=(--target-schema public) ;; pg-my) only=(--target-schema "${MY2##*/}") ;; esac
}
empty() {
  case $1 in
    *-pg) psql -qX "$PG2" -c 'drop schema if exists public cascade' -c 'create schema public' -c checkpoint ;;
    *-my) my "$MY2" -e "drop table if exists $TABLE" ;;
  esac
}
load() { "$work/whimbrel" migrate "$from" "$to" "${only[@]}" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }
validate() { "$work/whimbrel" validate "$from" "$to" "${only[@]}" --json >"$work/report" 2>"$work/log" || { cat "$work/report" "$work/log"; exit 1; }; }
received() { sed -nE 's/.*"received_bytes": *([0-9]+).*/\1/p' "$work/report"; }
count() { # a side
  case $1 in postgres*) psql -qX "$1" -c "$aggregate" ;; *) my "$1" -e "$aggregate" ;; esac >/dev/null
}
counts() { count "$from" & count "$to"; wait $!; }

used() { # processor seconds of the servers so far, those of their children and of those that have ended
  local ticks=0 server pid stat
  for server in $(pgrep -P $servers); do
    for pid in $server $(pgrep -P "$server"); do
      read -r -a stat < <(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) || continue
      ticks=$((ticks + stat[11] + stat[12] + stat[13] + stat[14]))
    done
  done
  echo "$ticks / $(getconf CLK_TCK)" | bc -l
}
timed() { # what: sets seconds, cpu of the servers, own cpu
  local t0 t1 c0 c1
  c0=$(used) t0=$(date +%s.%N)
  TIMEFORMAT='%U %S'; { time "$1"; } 2>"$work/usage"
  t1=$(date +%s.%N) c1=$(used)
  seconds=$(echo "$t1-$t0" | bc) cpu=$(echo "$c1-$c0" | bc) own=$(tail -1 "$work/usage" | tr ' ' + | bc)
}

echo "| pair | round | load s | validation s | aggregate s | ÷ load | load CPU: servers, whimbrel | validation CPU: servers, whimbrel | aggregate CPU | CPU ÷ load's | received by validation, bytes |"
echo "|---|---|---|---|---|---|---|---|---|---|---|"
for pair in "${pairs[@]}"; do
  ends "$pair"
  for ((round = 1; round <= ROUNDS; round++)); do
    empty "$pair"
    timed load; l=$seconds lc=$cpu lo=$own
    timed validate; v=$seconds vc=$cpu vo=$own
    timed counts
    printf '| %s | %d | %.2f | %.2f | %.2f | %.2f | %.2f, %.2f | %.2f, %.2f | %.2f | %.2f | %d |\n' "$pair" "$round" "$l" "$v" "$seconds" "$(echo "$v/$l" | bc -l)" \
      "$lc" "$lo" "$vc" "$vo" "$cpu" "$(echo "($vc+$vo)/($lc+$lo)" | bc -l)" "$(received)"
  done
done
