export {
  CloudWatchClient as Client,
  GetMetricDataCommand,
  ListMetricsCommand,
  DescribeAlarmsCommand,
} from '@aws-sdk/client-cloudwatch';
