#!/usr/bin/env bash
# Puts MySQL into the folder given, for the tests: Debian's package of it, which only the suite sid has, with the
# libraries that it was linked with, so that it runs on any Linux. Checked against Debian's signed index, and nothing
# of this machine's packages changes. Where it cannot be had it says so, and the tests that want it are skipped.
set -euo pipefail

target=$1/mysql
[ -f "$target/data.tar" ] && exit
mkdir -p "$1"
# In memory where there is such a place: apt and the server sync many small files.
work=$(mktemp -d /dev/shm/whimbrel-mysql.XXXXXX 2>/dev/null || mktemp -d "$1/work.XXXXXX")
new=$(mktemp -d "$1/new.XXXXXX")
trap 'rm -rf "$work" "$new"' EXIT

without() {
  echo "MYSQL IS NOT INSTALLED, and the tests that want it will be skipped: $1" >&2
  exit 0
}

keys=/usr/share/keyrings/debian-archive-keyring.gpg
command -v apt-get >/dev/null && [ -f $keys ] || without "no apt-get, or no keys of Debian's archive"
# The archive is the one that the machine has its own packages from; without lists they are fetched first.
archive() { apt-get indextargets 'Label: Debian' --format '$(REPO_URI)' 2>/dev/null | head -1; }
[ -n "$(archive)" ] || [ "$(id -u)" != 0 ] || apt-get update -qq || true
archive=$(archive)
[ -n "$archive" ] || without "this machine's apt has no archive of Debian's"

# An apt of its own: no list, no cache and no status is the machine's.
mkdir -p "$work"/apt/{etc,lists/partial,archives/partial,debs} "$work/root"
echo "deb [signed-by=$keys] $archive sid main" >"$work/apt/etc/sources.list"
: >"$work/apt/status"
cat >"$work/apt/apt.conf" <<CONF
Dir::Etc::SourceList "$work/apt/etc/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$work/apt";
Dir::State::Lists "$work/apt/lists";
Dir::State::Status "$work/apt/status";
Dir::Cache "$work/apt";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::http::Timeout "30";
CONF
export APT_CONFIG=$work/apt/apt.conf
apt-get update -qq -o APT::Update::Error-Mode=any || without "Debian's archive cannot be reached"
# Perl is for scripts beside the server.
packages=$(apt-get install -y --print-uris mysql-server-core 2>/dev/null | sed -n "s/^'[^']*' \([^_]*\)_.*/\1/p" |
  grep -v -E '^(perl|libperl|libgdbm|libdb5|libbz2|libc-gconv)|-base$' || true)
[ -n "$packages" ] || without "the suite sid has no package mysql-server-core that can be installed"
(cd "$work/apt/debs" && apt-get download -qq $packages) || without "its packages cannot be downloaded"
unset APT_CONFIG
for deb in "$work"/apt/debs/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
rm -rf "$work"/root/usr/{bin,share/man,share/doc,share/locale}

loader=$(cd "$work/root" && find . -path '*linux-gnu*/ld-linux*' | head -1)
[ -n "$loader" ] || without "its package of the C library has no loader"
# The tests make their servers' data from an archive: to initialise one takes ten seconds.
cat >"$work/root/mysqld" <<RUN
#!/bin/sh
root=\$(dirname "\$0")
exec "\$root/$loader" --library-path "\$root/$(dirname "$loader")" "\$root/usr/sbin/mysqld" "\$@"
RUN
chmod 755 "$work/root/mysqld"
cat >"$work/init.sql" <<SQL
CREATE USER root@'127.0.0.1' IDENTIFIED BY '';
GRANT ALL PRIVILEGES ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
CREATE USER whimbrel@'127.0.0.1' IDENTIFIED BY 'secret';
GRANT ALL PRIVILEGES ON *.* TO whimbrel@'127.0.0.1' WITH GRANT OPTION;
SQL
asRoot=; [ "$(id -u)" != 0 ] || asRoot=--user=root
"$work/root/mysqld" --no-defaults $asRoot --initialize-insecure --datadir="$work/data" --basedir="$work/root/usr" \
  --secure-file-priv= --init-file="$work/init.sql" --innodb-redo-log-capacity=16M --innodb-doublewrite=OFF --innodb-flush-method=nosync \
  >"$work/log" 2>&1 || { cat "$work/log" >&2; without "it does not run here"; }
tar -C "$work" --exclude auto.cnf -cf "$work/root/data.tar" data
chmod -R go+rX "$work/root"
cp -a "$work/root" "$new"
rm -rf "$target"
mv "$new/root" "$target" # at once: half a server must not be there
