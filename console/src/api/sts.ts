import {
  STSClient,
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts';
import type { Settings } from './call';
import { from } from './client';

export const make = (s: Settings) =>
  from(new STSClient(s), {
    AssumeRoleCommand,
    GetCallerIdentityCommand,
    GetSessionTokenCommand,
  });
