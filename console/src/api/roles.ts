// The roles that DMS uses by their fixed names. AWS's console makes those that are missing; so does this one, by IAM.
import { partition } from '../session';
import { ask } from './call';
import { problemOf } from './problem';
import { say } from '../ui/toast';

const policies: Record<string, string> = {
  'dms-vpc-role': 'AmazonDMSVPCManagementRole',
  'dms-cloudwatch-logs-role': 'AmazonDMSCloudWatchLogsRole',
};

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'dms.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

async function ensure(name: string) {
  try {
    await ask('iam', 'GetRole', { RoleName: name });
    return;
  } catch (error) {
    if (!problemOf(error).code.startsWith('NoSuchEntity')) return; // not allowed to look: DMS will say what is missing
  }
  try {
    await ask('iam', 'CreateRole', { RoleName: name, AssumeRolePolicyDocument: trust, Description: 'Made by the console for DMS' });
    await ask('iam', 'AttachRolePolicy', { RoleName: name, PolicyArn: `arn:${partition()}:iam::aws:policy/service-role/${policies[name]}` });
    say(`The role ${name} was missing and has been made.`);
  } catch (error) {
    say(`The role ${name} is missing and could not be made: ${problemOf(error).message}`);
  }
}

// resultsRole is the role by which DMS writes the results of assessments, unless another is named.
export const resultsRole = 'dms-assessment-results';

// ensureResultsRole makes that role if it is missing, and has it reach the bucket. Who may not do that is told so.
export async function ensureResultsRole(bucket: string) {
  try {
    await ask('iam', 'GetRole', { RoleName: resultsRole });
  } catch (error) {
    if (!problemOf(error).code.startsWith('NoSuchEntity')) return; // not allowed to look: DMS will say what is missing
    await ask('iam', 'CreateRole', { RoleName: resultsRole, AssumeRolePolicyDocument: trust, Description: 'Made by the console for the results of assessments' });
    say(`The role ${resultsRole} was missing and has been made.`);
  }
  const arn = `arn:${partition()}:s3:::${bucket}`;
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:PutObjectTagging'], Resource: `${arn}/*` },
      { Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetBucketLocation'], Resource: arn },
    ],
  });
  await ask('iam', 'PutRolePolicy', { RoleName: resultsRole, PolicyName: `results-in-${bucket}`, PolicyDocument: document });
}

export async function ensureRoles() {
  for (const name of Object.keys(policies)) await ensure(name);
}
