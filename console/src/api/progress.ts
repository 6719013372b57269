// How running tasks go: what the server says every so often, kept for a while as series to draw.
import { ask } from './call';
import { past } from './past';

export interface Progress {
  Status?: string;
  FullLoadProgressPercent?: number;
  TablesLoaded?: number;
  TablesLoading?: number;
  TablesQueued?: number;
  TablesErrored?: number;
  RowsLoaded?: number;
  BytesLoaded?: number;
  Following?: boolean;
  ChangesApplied?: number;
  BytesApplied?: number;
  ChangesWaiting?: number;
  CDCLatencySource?: number;
  CDCLatencyTarget?: number;
  Position?: string;
  Warning?: string;
  Started?: number;
  Ended?: number;
}

export interface Point {
  at: number; // seconds
  rows: number | null; // a second
  bytes: number | null; // a second
  source: number | null;
  target: number | null;
  waiting: number | null;
}

const kept = 900; // points of each task
const histories = new Map<string, { points: Point[]; last?: { at: number; rows: number; bytes: number; started?: number } }>();

export const history = (arn: string): Point[] => histories.get(arn)?.points ?? [];

// watch asks for a task's progress and adds it to the task's history.
export async function watch(arn: string): Promise<Progress> {
  const p = await ask<Progress>('whimbrel', 'DescribeTaskProgress', { ReplicationTaskArn: arn });
  const h = histories.get(arn) ?? { points: [] };
  if (!histories.has(arn)) {
    histories.set(arn, h);
    past(arn).then((before) => { // what CloudWatch knows of the time before this page was opened
      h.points = [...before.filter((x) => x.at < (h.points[0]?.at ?? Infinity)), ...h.points].slice(-kept);
    }, () => {}); // who may not read metrics sees what comes from now on
  }
  const at = Date.now() / 1000;
  const rows = (p.RowsLoaded ?? 0) + (p.ChangesApplied ?? 0);
  const bytes = (p.BytesLoaded ?? 0) + (p.BytesApplied ?? 0);
  const { last } = h;
  // Counters begin anew with a run: such a step is no rate.
  const goes = last && last.started === p.Started && rows >= last.rows && bytes >= last.bytes && at > last.at;
  const rate = (now: number, before: number) => (goes ? (now - before) / (at - last.at) : null);
  h.points = [...h.points.slice(1 - kept), {
    at, rows: rate(rows, last?.rows ?? 0), bytes: rate(bytes, last?.bytes ?? 0),
    source: p.Following ? (p.CDCLatencySource ?? null) : null, target: p.Following ? (p.CDCLatencyTarget ?? null) : null, waiting: p.ChangesWaiting ?? null,
  }];
  h.last = { at, rows, bytes, started: p.Started };
  return p;
}
