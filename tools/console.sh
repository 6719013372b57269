#!/usr/bin/env bash
# Builds the console's page from console/ into internal/console/dist, which is part of the repository.
#   tools/console.sh          build
#   tools/console.sh check    build elsewhere, and fail if the committed page is not what comes out
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
  echo "Building the console, and checking it, needs npm (nodejs 20 or newer)." >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/console"
cp -R console/src console/*.json console/*.mjs console/.npmrc "$work/console/"
(cd "$work/console" && npm ci --silent --ignore-scripts && npm run --silent check && node build.mjs "$work/dist")

if [ "${1:-}" = check ]; then
  if ! diff -rq "$work/dist" internal/console/dist; then
    echo "internal/console/dist is not what console/ builds: run tools/console.sh and commit the result." >&2
    exit 1
  fi
  echo "internal/console/dist is what console/ builds"
else
  rm -rf internal/console/dist
  cp -R "$work/dist" internal/console/dist
fi
