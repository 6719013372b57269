// Puts metrics and reads them back by each of CloudWatch's protocols, and prints what was read.
const modules = process.argv[2];
const { CloudWatchClient, PutMetricDataCommand, GetMetricStatisticsCommand, GetMetricDataCommand, GetMetricWidgetImageCommand, ListMetricsCommand } = require(`${modules}/@aws-sdk/client-cloudwatch`);
const { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } = require(`${modules}/@aws-sdk/core/protocols`);

const at = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 600_000);
const after = (ms) => new Date(at.getTime() + ms);
const [from, to] = [after(-60_000), after(600_000)];

async function go(name, protocol) {
  const types = new Set();
  const packed = new Set();
  const cw = new CloudWatchClient({
    endpoint: process.env.AWS_ENDPOINT_URL, protocol,
    disableRequestCompression: name === 'cbor', // the SDK announces such a body with the length that it had before
    protocolSettings: { defaultNamespace: 'com.amazonaws.cloudwatch', xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/', version: '2010-08-01', serviceTarget: 'GraniteServiceVersion20100801' },
  });
  cw.middlewareStack.add((next) => (args) => {
    types.add(args.request.headers['content-type']);
    if (args.request.headers['content-encoding']) packed.add(args.request.headers['content-encoding']);
    return next(args);
  }, { step: 'finalizeRequest', priority: 'low' });
  const Namespace = `shop/${name}`;
  const Dimensions = [{ Name: 'Of', Value: 'Zoë & <others>' }];
  await cw.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: 'orders', Dimensions, Timestamp: at, Values: [1.5, 2.5, -3e-7], Counts: [1, 2, 1], Unit: 'Count' }] }));
  await cw.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: 'stats', Timestamp: at, StatisticValues: { SampleCount: 4, Sum: 10, Minimum: 1, Maximum: 4 } }] }));
  const many = Array.from({ length: 60 }, (_, i) => ({ MetricName: 'many', Timestamp: at, Dimensions: [{ Name: 'Of', Value: `a long name of a shop, number ${i}, so that the body is compressed` }], Values: Array.from({ length: 100 }, (_, n) => n + i / 8) }));
  await cw.send(new PutMetricDataCommand({ Namespace, MetricData: many }));
  const statistics = await cw.send(new GetMetricStatisticsCommand({ Namespace, MetricName: 'orders', Dimensions, StartTime: from, EndTime: to, Period: 60, Statistics: ['SampleCount', 'Average', 'Minimum'], ExtendedStatistics: ['p50', 'tm90'] }));
  const metric = (Id, MetricName, Stat, dims) => ({ Id, MetricStat: { Metric: { Namespace, MetricName, Dimensions: dims }, Period: 60, Stat } });
  const data = await cw.send(new GetMetricDataCommand({ StartTime: from, EndTime: to, MetricDataQueries: [metric('a', 'orders', 'Sum', Dimensions), metric('b', 'stats', 'Maximum'), { Id: 'c', Expression: 'a/b', Label: 'a share' }, metric('d', 'none', 'Sum')] }));
  const image = await cw.send(new GetMetricWidgetImageCommand({ MetricWidget: JSON.stringify({ metrics: [[Namespace, 'stats']], width: 300, height: 200, start: from.toISOString(), end: to.toISOString() }) }));
  const png = Buffer.from(image.MetricWidgetImage);
  const listed = await cw.send(new ListMetricsCommand({ Namespace }));
  const refused = await cw.send(new GetMetricDataCommand({ StartTime: to, EndTime: from, MetricDataQueries: [metric('a', 'orders', 'Sum')] })).then(() => 'nothing', (e) => [e.name, e.message, e.$metadata.httpStatusCode]);
  return {
    types: [...types], packed: [...packed],
    read: {
      statistics: statistics.Datapoints.map((d) => ({ ...d, Timestamp: d.Timestamp.getTime() - at.getTime() })), label: statistics.Label,
      data: data.MetricDataResults.map((r) => ({ ...r, Timestamps: r.Timestamps.map((t) => t.getTime() - at.getTime()) })),
      image: [png.toString('latin1', 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)], listed: listed.Metrics.length, refused,
    },
  };
}

(async () => {
  const out = {};
  for (const [name, protocol] of [['query', AwsQueryProtocol], ['json', AwsJson1_0Protocol], ['cbor', AwsSmithyRpcV2CborProtocol]]) out[name] = await go(name, protocol);
  console.log(JSON.stringify(out));
})().catch((e) => { console.error(e); process.exit(1); });
