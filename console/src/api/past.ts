// How a task went before its page was opened, from CloudWatch.
import { ask } from './call';
import type { Point } from './progress';

const span = 1800; // seconds
const period = 10;

interface Line {
  Label?: string;
  Timestamps?: Date[];
  Values?: number[];
}

// past is a point for every ten seconds of the last half hour that anything was measured in.
export async function past(arn: string): Promise<Point[]> {
  const id = arn.split(':').pop();
  const now = Math.floor(Date.now() / 1000 / period) * period;
  const { MetricDataResults } = await ask<{ MetricDataResults?: Line[] }>('cloudwatch', 'GetMetricData', {
    StartTime: new Date((now - span) * 1000), EndTime: new Date(now * 1000), ScanBy: 'TimestampAscending',
    MetricDataQueries: [{ Id: 'past', Expression: `SEARCH('{AWS/DMS,ReplicationInstanceIdentifier,ReplicationTaskIdentifier} ReplicationTaskIdentifier="${id}"', 'Average', ${period})` }],
  });
  const measured = new Map<number, Record<string, number>>();
  for (const line of MetricDataResults ?? []) {
    const name = line.Label?.split(' ').pop() as string;
    line.Timestamps?.forEach((t, i) => {
      const at = t.getTime() / 1000;
      measured.set(at, { ...measured.get(at), [name]: line.Values?.[i] ?? 0 });
    });
  }
  return [...measured].sort(([a], [b]) => a - b).map(([at, m]) => ({
    at,
    rows: sum(m.FullLoadThroughputRowsTarget, m.CDCThroughputRowsTarget),
    bytes: sum(m.FullLoadThroughputBandwidthTarget, m.CDCThroughputBandwidthTarget, 1024),
    source: m.CDCLatencySource ?? null, target: m.CDCLatencyTarget ?? null, waiting: m.CDCIncomingChanges ?? null,
  }));
}

// sum is null where neither was measured.
const sum = (a?: number, b?: number, times = 1) => (a === undefined && b === undefined ? null : ((a ?? 0) + (b ?? 0)) * times);
