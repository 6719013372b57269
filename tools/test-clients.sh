#!/usr/bin/env bash
# Installs the clients that the tests drive the service with: the stock aws command and boto3 from Debian's packages, the
# JavaScript SDK from npm; and the browser that the console is tried in, with what drives it and judges its pages. Does
# nothing for what is already there. As root it asks nothing; otherwise it says what to run.
set -euo pipefail

dir=${WHIMBREL_TEST_CLIENTS:-${TMPDIR:-/tmp}/whimbrel-test-clients}

# Programs that someone else put there are not run.
if [ -e "$dir" ] && [ ! -O "$dir" ] && [ "$(stat -c %u "$dir")" != 0 ]; then
  echo "$dir belongs to another user. Set WHIMBREL_TEST_CLIENTS to a folder of your own." >&2
  exit 1
fi

packages=()
[ -x /usr/bin/aws ] || packages+=(awscli)
/usr/bin/python3 -c 'import boto3' 2>/dev/null || packages+=(python3-boto3)
command -v npm >/dev/null || packages+=(nodejs npm)
command -v chromium >/dev/null || packages+=(chromium)
if [ ${#packages[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "The tests need clients that are not installed. Run as root, then try again:" >&2
    echo "  apt-get update && apt-get install -y --no-install-recommends ${packages[*]}" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

sdk=(sts@3.1174.0 iam@3.1169.0 database-migration-service@3.1124.0 cloudwatch@3.1164.0 kms@3.1164.0 ec2@3.1169.0)
for module in "${sdk[@]}"; do
  if [ ! -d "$dir/node_modules/@aws-sdk/client-${module%@*}" ]; then
    mkdir -p "$dir"
    npm install --silent --no-audit --no-fund --prefix "$dir" "${sdk[@]/#/@aws-sdk/client-}"
    break
  fi
done
if [ ! -d "$dir/node_modules/playwright-core" ] || [ ! -d "$dir/node_modules/axe-core" ]; then
  npm install --silent --no-audit --no-fund --prefix "$dir" playwright-core@1.65.1 axe-core@4.14.1
fi
