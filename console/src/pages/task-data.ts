// What the pages of a task read.
import { all, ask } from '../api/call';
import { history, type Progress } from '../api/progress';
import type { Connection, Endpoint, ReplicationTask } from '../api/shown';
import { account, partition, region } from '../session';

// resting are the statuses in which a task may be changed.
export const resting = ['ready', 'stopped', 'failed', 'failed-move'];

export const arnOf = (id: string) => `arn:${partition()}:dms:${region}:${account()}:task:${id}`;

export async function taskOf(arn: string): Promise<ReplicationTask> {
  const out = await ask<{ ReplicationTasks: ReplicationTask[] }>('dms', 'DescribeReplicationTasks', { Filters: [{ Name: 'replication-task-arn', Values: [arn] }] });
  return out.ReplicationTasks[0];
}

export async function endpointOf(arn?: string): Promise<Endpoint | undefined> {
  return (await all<Endpoint>('dms', 'DescribeEndpoints', 'Endpoints', { Filters: [{ Name: 'endpoint-arn', Values: [arn] }] }))[0];
}

// stuck tells that changes wait and none has been applied of late: the target is slow, or takes none.
export function stuck(t: ReplicationTask, p?: Progress): boolean {
  const latest = history(t.ReplicationTaskArn as string).slice(-3);
  return t.Status === 'running' && !!p?.Following && (p.ChangesWaiting ?? 0) > 0 && (p.CDCLatencyTarget ?? 0) > 5 && latest.every((x) => x.rows === 0);
}

export const connectionsOf = (instance: string) =>
  all<Connection>('dms', 'DescribeConnections', 'Connections', { Filters: [{ Name: 'replication-instance-arn', Values: [instance] }] });
