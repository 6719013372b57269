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

export async function ensureRoles() {
  for (const name of Object.keys(policies)) await ensure(name);
}
