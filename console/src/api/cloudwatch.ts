import {
  CloudWatchClient,
  GetMetricDataCommand,
  ListMetricsCommand,
  DescribeAlarmsCommand,
} from '@aws-sdk/client-cloudwatch';
import type { Settings } from './call';
import { from } from './client';

export const make = (s: Settings) =>
  from(new CloudWatchClient(s), {
    GetMetricDataCommand,
    ListMetricsCommand,
    DescribeAlarmsCommand,
  });
