// The roles that DMS uses by their fixed names. AWS's console makes those that are missing; so does this one, by IAM.
import { partition } from '../session';
import { call, send, type Call } from './call';
import { commandOf, unless } from './command';
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

const lookFor = (name: string) => call('iam', 'GetRole', { RoleName: name });

const makersOf = (name: string): Call[] => [
  call('iam', 'CreateRole', { RoleName: name, AssumeRolePolicyDocument: trust, Description: 'Made by the console for DMS' }),
  call('iam', 'AttachRolePolicy', { RoleName: name, PolicyArn: `arn:${partition()}:iam::aws:policy/service-role/${policies[name]}` }),
];

async function ensure(name: string) {
  try {
    await send(lookFor(name));
    return;
  } catch (error) {
    if (!problemOf(error).code.startsWith('NoSuchEntity')) return; // not allowed to look: DMS will say what is missing
  }
  try {
    for (const c of makersOf(name)) await send(c);
    say(`The role ${name} was missing and has been made.`);
  } catch (error) {
    say(`The role ${name} is missing and could not be made: ${problemOf(error).message}`);
  }
}

// fixedRoles sees to the roles that instances and subnet groups need.
export const fixedRoles = {
  run: async () => {
    for (const name of Object.keys(policies)) await ensure(name);
  },
  command: () => Object.keys(policies).map((name) => unless(lookFor(name), ...makersOf(name))).join('\n'),
};

// resultsRole is the role by which DMS writes the results of assessments, unless another is named.
export const resultsRole = 'dms-assessment-results';

const makeResultsRole = () => call('iam', 'CreateRole', { RoleName: resultsRole, AssumeRolePolicyDocument: trust, Description: 'Made by the console for the results of assessments' });

// reach has that role write into a bucket.
function reach(bucket: string): Call {
  const arn = `arn:${partition()}:s3:::${bucket}`;
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:PutObjectTagging'], Resource: `${arn}/*` },
      { Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetBucketLocation'], Resource: arn },
    ],
  });
  return call('iam', 'PutRolePolicy', { RoleName: resultsRole, PolicyName: `results-in-${bucket}`, PolicyDocument: document });
}

// resultsRoleFor makes that role if it is missing, and has it reach the bucket. Who may not do that is told so.
export const resultsRoleFor = (bucket: string) => ({
  run: async () => {
    try {
      await send(lookFor(resultsRole));
    } catch (error) {
      if (!problemOf(error).code.startsWith('NoSuchEntity')) return; // not allowed to look: DMS will say what is missing
      await send(makeResultsRole());
      say(`The role ${resultsRole} was missing and has been made.`);
    }
    await send(reach(bucket));
  },
  command: () => `${unless(lookFor(resultsRole), makeResultsRole())}\n${commandOf(reach(bucket))}`,
});
