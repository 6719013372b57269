// Questions to GetMetricData, as the metrics explorer asks them.
import type { Input } from './call';

export interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions: { Name: string; Value: string }[];
}

export interface Result {
  Id: string;
  Label?: string;
  Timestamps?: Date[];
  Values?: number[];
}

export interface Query {
  seconds: number;
  period: number;
  statistic: string;
}

const most = 100; // metrics of one place

// periodOf is the period that was chosen, or one that makes some 240 values and is no shorter than the metrics are put. Values of
// ten seconds are kept for three hours.
export function periodOf(seconds: number, chosen: number, shortest: number): number {
  if (chosen && seconds / chosen <= 1500 && (chosen !== 10 || seconds <= 10_800)) return chosen;
  return seconds <= 900 ? shortest : Math.max(60, Math.ceil(seconds / 240 / 60) * 60);
}

// idsOf names metrics as metric math may: cdcLatencyTarget for CDCLatencyTarget.
export function idsOf(metrics: Metric[]): string[] {
  const ids: string[] = [];
  for (const m of metrics.slice(0, most)) {
    const name = m.MetricName.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+/, (x) => x.toLowerCase()).replace(/\W/g, '_');
    const id = /^[a-z]/.test(name) ? name : `m_${name}`;
    ids.push(ids.includes(id) ? `${id}_${ids.length}` : id);
  }
  return ids;
}

function over({ seconds, period }: Query, queries: Input[]): Input {
  const now = Math.floor(Date.now() / 1000 / period) * period + period;
  return { StartTime: new Date((now - seconds) * 1000), EndTime: new Date(now * 1000), ScanBy: 'TimestampAscending', MetricDataQueries: queries };
}

const one = (Metric: Metric, Id: string, q: Query): Input => ({ Id, MetricStat: { Metric, Period: q.period, Stat: q.statistic } });

export function plainQuery(metrics: Metric[], q: Query): Input {
  const ids = idsOf(metrics);
  return over(q, metrics.slice(0, most).map((m, i) => one(m, ids[i], q)));
}

// mathQuery asks for an expression alone; of the metrics it sends those that the expression names.
export function mathQuery(metrics: Metric[], expression: string, q: Query): Input {
  const words = new Set(expression.match(/\w+/g));
  const ids = idsOf(metrics);
  const named = ids.flatMap((id, i) => (words.has(id) || words.has('METRICS') ? [{ ...one(metrics[i], id, q), ReturnData: false }] : []));
  return over(q, [...named, { Id: 'expression_', Expression: expression, Label: expression, Period: q.period }]);
}
