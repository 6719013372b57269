import {
  CloudTrailClient,
  LookupEventsCommand,
} from '@aws-sdk/client-cloudtrail';
import type { Settings } from './call';
import { from } from './client';

export const make = (s: Settings) =>
  from(new CloudTrailClient(s), {
    LookupEventsCommand,
  });
