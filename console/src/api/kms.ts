import {
  KMSClient,
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  DisableKeyRotationCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import type { Settings } from './call';
import { from } from './client';

export const make = (s: Settings) =>
  from(new KMSClient(s), {
    CancelKeyDeletionCommand,
    CreateAliasCommand,
    CreateKeyCommand,
    DescribeKeyCommand,
    DisableKeyCommand,
    EnableKeyCommand,
    EnableKeyRotationCommand,
    DisableKeyRotationCommand,
    GetKeyPolicyCommand,
    GetKeyRotationStatusCommand,
    ListAliasesCommand,
    ListKeysCommand,
    PutKeyPolicyCommand,
    RotateKeyOnDemandCommand,
    ScheduleKeyDeletionCommand,
  });
