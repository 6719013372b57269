// The metrics explorer: everything that CloudWatch keeps of one place, and metric math over it.
import { useState } from 'preact/hooks';
import { all, ask, call } from '../api/call';
import { idsOf, mathQuery, periodOf, plainQuery, type Metric, type Query, type Result } from '../api/metric-query';
import type { ReplicationTask } from '../api/shown';
import { Chart, type Series } from '../chart/chart';
import { CopyCommand } from '../ui/act';
import { Card, Empty, Loaded, Page } from '../ui/basics';
import { Select, Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { compact, idOf, lag, size } from '../ui/words';

const spans: [string, string][] = [['900', '15 minutes'], ['3600', 'an hour'], ['10800', '3 hours'], ['21600', '6 hours'], ['86400', 'a day'], ['604800', 'a week'], ['1296000', '15 days']];
const periods: [string, string][] = [['10', '10 seconds'], ['60', 'a minute'], ['300', '5 minutes'], ['3600', 'an hour']];
const own = 'AWS/DMS';

const where = (m: Metric) => m.Dimensions.map((d) => d.Value).join(' / ') || 'no dimension';

// useNames are the names of tasks, whose metrics have their IDs alone. Who may not list tasks sees those.
function useNames(): Map<string, string> {
  const tasks = useLoad(() => all<ReplicationTask>('dms', 'DescribeReplicationTasks', 'ReplicationTasks', { WithoutSettings: true }), [], 60_000);
  return new Map((tasks.data ?? []).map((t) => [idOf(t.ReplicationTaskArn), t.ReplicationTaskIdentifier ?? '']));
}

const named = (place: string, names: Map<string, string>) => place.split(' / ').map((id) => (names.has(id) ? `${names.get(id)} (${id})` : id)).join(' / ');

export default function Metrics() {
  const metrics = useLoad(() => all<Metric>('cloudwatch', 'ListMetrics', 'Metrics', {}, 5000, 'NextToken'), [], 30_000);
  const names = useNames();
  const [chosenSpace, setSpace] = useState(own);
  const [chosenPlace, setPlace] = useState('');
  const [span, setSpan] = useState('3600');
  const [period, setPeriod] = useState('');
  const [statistic, setStatistic] = useState('Average');
  const [expression, setExpression] = useState('');
  return (
    <Page title="Metrics" sub="What CloudWatch keeps of instances and tasks, and metrics of your own.">
      <Loaded from={metrics}>
        {(known) => {
          if (!known.length) return <Empty title="No metric yet"><p>Instances and tasks write a value every ten seconds once they run.</p></Empty>;
          const spaces = [...new Set(known.map((m) => m.Namespace))].sort();
          const space = spaces.includes(chosenSpace) ? chosenSpace : spaces[0];
          const places = [...new Set(known.filter((m) => m.Namespace === space).map(where))].sort();
          const place = places.includes(chosenPlace) ? chosenPlace : places[0];
          const here = known.filter((m) => m.Namespace === space && where(m) === place).sort((a, b) => a.MetricName.localeCompare(b.MetricName));
          const query = { seconds: Number(span), period: periodOf(Number(span), Number(period), space === own ? 10 : 60), statistic };
          return (
            <>
              <div class="line">
                {spaces.length > 1 && <Select label="Namespace" value={space} onChange={setSpace} options={spaces} />}
                <Select label="Of" value={place} onChange={setPlace} options={places.map((p): [string, string] => [p, named(p, names)])} />
                <Select label="Over" value={span} onChange={setSpan} options={spans} />
                <Select label="A value for" value={period} onChange={setPeriod} none="what fits" options={periods.filter(([p]) => Number(span) / Number(p) <= 1500 && (p !== '10' || Number(span) <= 10800))} />
                <Select label="As" value={statistic} onChange={setStatistic} options={['Average', 'Maximum', 'Minimum', 'Sum', 'SampleCount', 'p50', 'p90', 'p99']} />
              </div>
              <Maths key={`${space} ${place}`} metrics={here} expression={expression} setExpression={setExpression} query={query} />
              <Charts key={`${space} ${place} ${JSON.stringify(query)}`} metrics={here} query={query} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

const answersOf = async (input: Record<string, unknown>) => (await ask<{ MetricDataResults?: Result[] }>('cloudwatch', 'GetMetricData', input)).MetricDataResults ?? [];
const inUnit = (unit: string) => (n?: number) => (n === undefined ? compact(n) : `${compact(n)} ${unit}`);

// formatOf spells the values of a metric in the unit that DMS keeps it in; of metrics of one's own it is not known.
function formatOf({ Namespace, MetricName: name }: Metric): (n?: number) => string {
  if (Namespace !== own) return compact;
  if (/^CPU/.test(name)) return inUnit('%');
  if (/^CDCLatency/.test(name)) return lag;
  if (/Latency$/.test(name)) return inUnit('ms');
  if (/Bandwidth/.test(name)) return inUnit('KB/s');
  if (/^Memory(Usage|Allocated)$/.test(name)) return inUnit('MB');
  return /Memory|Storage|(Read|Write|mit|ive)Throughput$|Swap/.test(name) ? size : compact;
}

// Maths is an expression over the metrics of the place, by names that are made of theirs.
function Maths({ metrics, expression, setExpression, query }: { metrics: Metric[]; expression: string; setExpression: (text: string) => void; query: Query }) {
  const [drawn, draw] = useState(expression);
  const ids = idsOf(metrics);
  return (
    <Card title="Metric math">
      <form class="line search" onSubmit={(e) => { e.preventDefault(); draw(expression.trim()); }}>
        <Text label="Expression" value={expression} onChange={setExpression} list={ids} placeholder={ids.length > 1 ? `${ids[0]} + ${ids[1]}` : undefined} />
        <button type="submit">Draw</button>
      </form>
      <details class="more"><summary>The names of the metrics</summary><p class="hint">{ids.join(', ')}</p></details>
      {drawn && <Drawn key={`${drawn} ${JSON.stringify(query)}`} metrics={metrics} expression={drawn} query={query} />}
    </Card>
  );
}

function Drawn({ metrics, expression, query }: { metrics: Metric[]; expression: string; query: Query }) {
  const data = useLoad(() => answersOf(mathQuery(metrics, expression, query)), [], query.period * 1000);
  return (
    <Loaded from={data}>
      {(lines) => {
        const { times, series } = together(lines);
        return (
          <>
            <Chart title={expression} times={times} series={series} format={compact} />
            <p class="hint">The command for this query: <CopyCommand name="metric math" of={() => call('cloudwatch', 'GetMetricData', mathQuery(metrics, expression, query))} /></p>
          </>
        );
      }}
    </Loaded>
  );
}

// together draws several lines over the moments of all of them.
function together(lines: Result[]): { times: number[]; series: Series[] } {
  const times = [...new Set(lines.flatMap((l) => (l.Timestamps ?? []).map((t) => t.getTime() / 1000)))].sort((a, b) => a - b);
  const series = lines.map((l, n) => {
    const at = new Map((l.Timestamps ?? []).map((t, i) => [t.getTime() / 1000, l.Values?.[i] ?? null]));
    return { name: l.Label ?? `line ${n + 1}`, values: times.map((t) => at.get(t) ?? null) };
  });
  return { times, series: series.length ? series : [{ name: 'nothing', values: [] }] };
}

function Charts({ metrics, query }: { metrics: Metric[]; query: Query }) {
  const data = useLoad(() => answersOf(plainQuery(metrics, query)), [], Math.min(20, query.period) * 1000);
  return (
    <Loaded from={data}>
      {(results) => (
        <>
          <div class="charts">
            {metrics.slice(0, 100).map((m, i) => {
              const r = results.find((x) => x.Id === idsOf(metrics)[i]);
              return <Chart key={m.MetricName} title={m.MetricName} times={(r?.Timestamps ?? []).map((t) => t.getTime() / 1000)} series={[{ name: m.MetricName, values: r?.Values ?? [] }]} format={formatOf(m)} />;
            })}
          </div>
          <Card><p class="hint">{metrics.length} metrics. The command for this query: <CopyCommand name="metric data" of={() => call('cloudwatch', 'GetMetricData', plainQuery(metrics, query))} /></p></Card>
        </>
      )}
    </Loaded>
  );
}
