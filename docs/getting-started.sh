#!/bin/sh
# From an empty folder to moved rows through the DMS API, with the stock aws command: docs/getting-started.md.
#
# It moves a sample shop from one SQLite file to another. To move your own, say where it is and where it goes:
#   SOURCE="--engine-name postgres --server-name db.example.com --port 5432 --database-name shop --username dms --password …"
#   TARGET="--engine-name mariadb --server-name …"
# SCHEMA is the schema to move, TYPE full-load, cdc or full-load-and-cdc.
set -eu

WHIMBREL=${WHIMBREL:-whimbrel}
FOLDER=${FOLDER:-whimbrel-start}
SOURCE=${SOURCE:---engine-name sqlite --database-name shop.db}
TARGET=${TARGET:---engine-name sqlite --database-name new.db}
SCHEMA=${SCHEMA:-main}
TYPE=${TYPE:-full-load}

# 1. A sample shop, and the server. Endpoints of engine sqlite may name the files of one folder alone.
mkdir -p "$FOLDER/files"
test -n "${NO_SHOP:-}" || "$WHIMBREL" demo --dir "$FOLDER/files" --open 0s >"$FOLDER/demo.log"
"$WHIMBREL" serve --data-dir "$FOLDER/state" --listen "${LISTEN:-127.0.0.1:8443}" --admin-listen "" \
  --sqlite-dir "$FOLDER/files" --dms-roles >"$FOLDER/serve.log" 2>&1 &
server=$!
trap 'kill $server; wait $server || true' EXIT
until grep -q '^whimbrel is ready' "$FOLDER/serve.log"; do
  kill -0 $server || { cat "$FOLDER/serve.log"; exit 1; }
  sleep 0.2
done
export AWS_SHARED_CREDENTIALS_FILE="$FOLDER/state/credentials" AWS_CA_BUNDLE="$FOLDER/state/ca.pem" AWS_EC2_METADATA_DISABLED=true
read -r AWS_ENDPOINT_URL AWS_DEFAULT_REGION <"$FOLDER/state/endpoint"
export AWS_ENDPOINT_URL AWS_DEFAULT_REGION
dms() { aws --endpoint-url "$AWS_ENDPOINT_URL" --output text dms "$@"; }
# until_is WANTED COMMAND… repeats a command until it answers what is wanted.
until_is() {
  wanted=$1; shift
  while got=$("$@"); [ "$got" != "$wanted" ]; do
    case $got in failed) echo "$* answers $got" >&2; return 1 ;; esac
    sleep 0.5
  done
}

# 2. A replication instance: a process that moves rows, with the memory of its class.
instance=$(dms create-replication-instance --replication-instance-identifier start --replication-instance-class dms.t3.medium \
  --query ReplicationInstance.ReplicationInstanceArn)
until_is available dms describe-replication-instances --filters Name=replication-instance-id,Values=start \
  --query 'ReplicationInstances[0].ReplicationInstanceStatus'

# 3. The endpoints, and whether they can be reached. The words of SOURCE and TARGET are arguments.
# shellcheck disable=SC2086
source=$(dms create-endpoint --endpoint-identifier start-source --endpoint-type source $SOURCE --query Endpoint.EndpointArn)
# shellcheck disable=SC2086
target=$(dms create-endpoint --endpoint-identifier start-target --endpoint-type target $TARGET --query Endpoint.EndpointArn)
for endpoint in "$source" "$target"; do
  dms test-connection --replication-instance-arn "$instance" --endpoint-arn "$endpoint" --query Connection.Status
  until_is successful dms describe-connections --filters "Name=endpoint-arn,Values=$endpoint" --query 'Connections[0].Status' ||
    { dms describe-connections --filters "Name=endpoint-arn,Values=$endpoint" --query 'Connections[0].LastFailureMessage'; exit 1; }
done

# 4. The task: what moves, and how. It runs until everything is loaded, or, with cdc, until it is stopped.
mappings='{"rules": [{"rule-type": "selection", "rule-id": "1", "rule-name": "all", "rule-action": "include",
  "object-locator": {"schema-name": "'$SCHEMA'", "table-name": "%"}}]}'
task=$(dms create-replication-task --replication-task-identifier start --migration-type "$TYPE" --table-mappings "$mappings" \
  --source-endpoint-arn "$source" --target-endpoint-arn "$target" --replication-instance-arn "$instance" \
  --query ReplicationTask.ReplicationTaskArn)
status() { dms describe-replication-tasks --filters "Name=replication-task-arn,Values=$task" --query "ReplicationTasks[0].$1"; }
until_is ready status Status
dms start-replication-task --replication-task-arn "$task" --start-replication-task-type start-replication --query ReplicationTask.Status
until_is 100 status ReplicationTaskStats.FullLoadProgressPercent || status LastFailureMessage

# 5. What has arrived.
test "$TYPE" != full-load || until_is stopped status Status || status LastFailureMessage
dms describe-table-statistics --replication-task-arn "$task" \
  --query 'TableStatistics[].[SchemaName, TableName, TableState, FullLoadRows]'
status Status

# What is to be done with it while the server runs, or nothing.
sh -euc "${THEN:-:}"
