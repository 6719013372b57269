import { useState } from 'preact/hooks';
import { all, ask, call } from '../api/call';
import { Chart } from '../chart/chart';
import { CopyCommand } from '../ui/act';
import { Card, Empty, Loaded, Page } from '../ui/basics';
import { Select } from '../ui/field';
import { useLoad } from '../ui/load';
import { compact, size } from '../ui/words';

interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions: { Name: string; Value: string }[];
}

const spans: [string, string][] = [['900', '15 minutes'], ['3600', 'an hour'], ['21600', '6 hours'], ['86400', 'a day'], ['604800', 'a week']];

const where = (m: Metric) => m.Dimensions.map((d) => d.Value).join(' / ');

export default function Metrics() {
  const metrics = useLoad(() => all<Metric>('cloudwatch', 'ListMetrics', 'Metrics', { Namespace: 'AWS/DMS' }, 5000, 'NextToken'), [], 30_000);
  const [chosenPlace, setPlace] = useState('');
  const [span, setSpan] = useState('3600');
  const [statistic, setStatistic] = useState('Average');
  return (
    <Page title="Metrics" sub="What CloudWatch keeps of instances and tasks.">
      <Loaded from={metrics}>
        {(known) => {
          const places = [...new Set(known.map(where))].sort();
          const place = chosenPlace || places[0];
          const here = known.filter((m) => where(m) === place).sort((a, b) => a.MetricName.localeCompare(b.MetricName));
          if (!known.length) return <Empty title="No metric yet"><p>Instances and tasks write a value every minute once they run.</p></Empty>;
          return (
            <>
              <div class="line">
                <Select label="Of" value={place} onChange={setPlace} options={places} />
                <Select label="Over" value={span} onChange={setSpan} options={spans} />
                <Select label="As" value={statistic} onChange={setStatistic} options={['Average', 'Maximum', 'Minimum', 'Sum', 'p90', 'p99']} />
              </div>
              <Charts key={`${place} ${span} ${statistic}`} metrics={here} seconds={Number(span)} statistic={statistic} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

interface Result {
  Id: string;
  Timestamps?: Date[];
  Values?: number[];
}

function query(metrics: Metric[], seconds: number, statistic: string) {
  const period = Math.max(60, Math.ceil(seconds / 240 / 60) * 60);
  const now = Math.floor(Date.now() / 1000 / period) * period + period;
  return {
    StartTime: new Date((now - seconds) * 1000), EndTime: new Date(now * 1000), ScanBy: 'TimestampAscending',
    MetricDataQueries: metrics.slice(0, 100).map((Metric, i) => ({ Id: `m${i}`, MetricStat: { Metric, Period: period, Stat: statistic } })),
  };
}

function Charts({ metrics, seconds, statistic }: { metrics: Metric[]; seconds: number; statistic: string }) {
  const data = useLoad(async () => (await ask<{ MetricDataResults?: Result[] }>('cloudwatch', 'GetMetricData', query(metrics, seconds, statistic))).MetricDataResults ?? [], [], 20_000);
  return (
    <Loaded from={data}>
      {(results) => (
        <>
          <div class="charts">
            {metrics.slice(0, 100).map((m, i) => {
              const r = results.find((x) => x.Id === `m${i}`);
              const format = /Bytes|Memory|Storage|Throughput|Swap/i.test(m.MetricName) && !/Rows/.test(m.MetricName) ? size : compact;
              return <Chart key={m.MetricName} title={m.MetricName} times={(r?.Timestamps ?? []).map((t) => t.getTime() / 1000)} series={[{ name: m.MetricName, values: r?.Values ?? [] }]} format={format} />;
            })}
          </div>
          <Card><p class="hint">{metrics.length} metrics. The command for this query: <CopyCommand name="metric data" of={() => call('cloudwatch', 'GetMetricData', query(metrics, seconds, statistic))} /></p></Card>
        </>
      )}
    </Loaded>
  );
}
