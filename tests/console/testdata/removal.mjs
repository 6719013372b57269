// What was made is changed and taken away again, by the buttons that no journey through a migration comes by.
import { ask, copyAll, keepCopied, open, signIn as signInWith, until } from './browser.mjs';

const { URL: at, KEY_ID, KEY_SECRET, THINGS } = process.env;
const things = JSON.parse(THINGS);
const { browser, page, faults } = await open();
const button = (name) => page.getByRole('button', { name, exact: true });
const row = (text) => page.getByRole('row').filter({ hasText: text });
const dialog = page.getByRole('dialog');
const seen = (command, text) => until(command, () => ask(`see ${encodeURIComponent(command)} ${encodeURIComponent(text)}`));
const to = (path) => page.goto(`${at}/#/${path}`);

async function press(name) {
  await copyAll(page);
  await dialog.getByRole('button', { name, exact: true }).click();
}

// remove presses a row's button, or the page's, and answers its question.
async function remove(of) {
  await of.getByRole('button', { name: 'Delete', exact: true }).first().click();
  await press('Delete');
}

// Colours are light, dark, or as the system has them, and only that is kept in the browser.
async function colours() {
  await page.goto(`${at}/`);
  await signInWith(page, KEY_ID, KEY_SECRET);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const shown = {};
  for (let i = 0; i < 3; i++) {
    await page.getByRole('button', { name: /^Colours: / }).click();
    const [name] = (await page.getByRole('button', { name: /^Colours: / }).getAttribute('aria-label')).match(/system|light|dark/);
    shown[name] = await paper();
  }
  const kept = await page.evaluate(() => JSON.stringify(localStorage));
  if (shown.light === shown.dark || shown.system !== shown.light || kept !== '{}') throw new Error(`the colours are ${JSON.stringify(shown)}, and ${kept} is kept`);
}

// told has the stock command tell something of a document of the only task, as an expression of Python over it.
const told = (document, expression, text) => seen(`dms describe-replication-tasks --query "ReplicationTasks[0].${document}" | /usr/bin/python3 -c 'import json, sys; d = json.load(sys.stdin); print(json.dumps(${expression}))'`, text);
const set = (section, keys, text) => told('ReplicationTaskSettings', `[d["${section}"][k] for k in "${keys}".split()]`, text);

// The form of settings and their document say the same, and what is saved is what was entered.
async function settings() {
  await to(`tasks/${things.task}/settings`);
  await page.getByLabel('Large objects').selectOption('limited');
  await page.getByLabel('Cut at (KB)').fill('64');
  await page.getByLabel('Apply the net effect of many changes at once').check();
  await page.getByLabel('Follow tables that are dropped at the source').uncheck();
  await page.getByLabel('Follow tables that are emptied at the source').uncheck();
  await page.getByLabel('Follow tables that are altered at the source').uncheck();
  await page.getByLabel('A row that the target refuses').selectOption('STOP_TASK');
  await page.getByLabel('A table that cannot go on').selectOption('STOP_TASK');
  await page.getByLabel('Validate: compare every row of source and target').check();
  await page.getByLabel('All components').selectOption('LOGGER_SEVERITY_DEBUG');
  await page.getByRole('tab', { name: 'JSON', exact: true }).click();
  const json = page.getByLabel('Task settings');
  await json.fill((await json.inputValue()).replace(/"CommitRate": \d+/, '"CommitRate": 7000'));
  await button('Save settings').click();
  await page.getByText('Saved.').first().waitFor();
  await set('TargetMetadata', 'LimitedSizeLobMode LobMaxSize BatchApplyEnabled', '[true, 64, true]');
  await set('FullLoadSettings', 'CommitRate', '[7000]');
  await set('ChangeProcessingDdlHandlingPolicy', 'HandleSourceTableDropped HandleSourceTableTruncated HandleSourceTableAltered', '[false, false, false]');
  await set('ErrorBehavior', 'DataErrorPolicy TableErrorPolicy', '["STOP_TASK", "STOP_TASK"]');
  await set('ValidationSettings', 'EnableValidation', '[true]');
  await told('ReplicationTaskSettings', 'sorted({c["Severity"] for c in d["Logging"]["LogComponents"]})', '["LOGGER_SEVERITY_DEBUG"]');
  await to('tasks');
  await to(`tasks/${things.task}/settings`);
  await page.getByLabel('Keep a log').uncheck();
  await button('Save settings').click();
  await set('Logging', 'EnableLogging', '[false]');
}

// A rule is added and one is removed.
async function rules() {
  await to(`tasks/${things.task}/mapping`);
  await page.getByRole('tab', { name: 'Rules', exact: true }).click();
  await button('Add a selection').click();
  await button('Remove rule 1').waitFor();
  await button('Remove rule 2').click();
  await button('Remove rule 2').waitFor({ state: 'detached' });
  await button('Save mapping').click();
  await page.getByText('Saved.').first().waitFor();
  await told('TableMappings', '[r["rule-id"] + r["rule-action"] for r in d["rules"]]', '["1include", "3include"]');
}

const instanceIs = (want) => seen('dms describe-replication-instances --query "ReplicationInstances[0].[AllocatedStorage,AutoMinorVersionUpgrade,ReplicationInstanceStatus]"', want);

// An instance grows, starts anew, is not deleted while it has a task, and is when it has none.
async function instance() {
  await to(`instances/${things.instance}`);
  await button('Change').click();
  await dialog.getByLabel('Storage (GB)').fill('60');
  await dialog.getByLabel('These four are changed').selectOption('now');
  await dialog.getByLabel('Minor versions by themselves').uncheck();
  await press('Save');
  await instanceIs('60 False available');
  await page.getByText('available', { exact: true }).first().waitFor();
  await button('Reboot').and(page.locator(':enabled')).click();
  await press('Reboot');
  await page.getByText('The instance is starting anew.').first().waitFor();
  await instanceIs('60 False available');
  await remove(page);
  await dialog.getByRole('alert').getByText(/InvalidResourceStateFault/).waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();

  await to(`tasks/${things.task}/about`);
  await remove(page);
  await seen('dms describe-replication-tasks --query "length(ReplicationTasks)"', '0');
  await to('instances');
  await remove(row('mover'));
  await seen('dms describe-replication-instances --query "length(ReplicationInstances)"', '0');
  await page.getByText('There is no instance yet').waitFor();
}

async function lists() {
  await to('subscriptions');
  await remove(row('told').first());
  await seen('dms describe-event-subscriptions --query "length(EventSubscriptionsList)"', '0');
  await to('subnet-groups');
  await remove(row('ours'));
  await seen(`dms describe-replication-subnet-groups --query "length(ReplicationSubnetGroups[?ReplicationSubnetGroupIdentifier=='ours'])"`, '0');

  await to('vpc-endpoints');
  await button('New VPC endpoint').first().click();
  await dialog.getByLabel('To the service', { exact: true }).selectOption('sts');
  await dialog.getByLabel("Answer to the service's own name as well").check();
  await press('Create endpoint');
  await seen('ec2 describe-vpc-endpoints --query "VpcEndpoints[].[ServiceName,PrivateDnsEnabled]"', 'com.amazonaws.eu-central-1.sts True');
  await remove(row('sts'));
  await seen('ec2 describe-vpc-endpoints --query "length(VpcEndpoints)"', '0');

  await to('keys');
  await row(things.key).getByRole('button', { name: 'Rotate', exact: true }).click();
  await press('Rotate');
  await page.getByText('The key has new material.').first().waitFor();
}

// What a policy says of addresses is asked of an address.
async function addresses() {
  await to('users/simulator');
  await page.getByLabel('Who').fill('arn:aws:iam::123456789012:user/looker');
  await page.getByLabel('Action').fill('dms:DescribeEndpoints');
  for (const [address, answer] of [['10.1.2.3', 'allowed'], ['192.0.2.1', 'denied: nothing allows it']]) {
    await page.getByLabel('From the address').fill(address);
    await button('Simulate').click();
    await page.getByText(answer, { exact: true }).first().waitFor();
    await page.getByText('Condition keys').click();
    await page.getByText(address, { exact: true }).first().waitFor();
    await page.getByText('Condition keys').click();
  }
}

async function people() {
  const status = 'iam list-access-keys --user-name looker --query AccessKeyMetadata[].Status';
  await to('users/user/looker');
  await button('Deactivate').click();
  await button('Activate').waitFor();
  await seen(status, 'Inactive');
  await button('Activate').click();
  await button('Deactivate').waitFor();
  await seen(status, 'Active');
  await remove(row(things.access));
  await page.getByText('No access key: this user cannot sign in').waitFor();
  await seen('iam list-access-keys --user-name looker --query "length(AccessKeyMetadata)"', '0');
  await remove(page); // a policy of its own is left
  await dialog.getByRole('alert').getByText(/DeleteConflict/).waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await remove(row('near'));
  await page.getByText('this user may do nothing').waitFor();
  await remove(page.locator('.page-head'));
  await page.getByRole('heading', { name: 'Users and policies' }).waitFor();
  await seen(`iam list-users --query "length(Users[?UserName=='looker'])"`, '0');
  await to('users/group/operators');
  await remove(page.locator('.page-head'));
  await seen('iam list-groups --query "length(Groups)"', '0');
}

// A long list comes in pages, forth and back.
async function leaf() {
  await to('trail');
  await page.getByLabel('Calls').selectOption('');
  await page.getByText(/^1–25 of \d+$/).waitFor();
  const firstOf = () => page.getByRole('table', { name: 'calls' }).getByRole('row').nth(1).innerText();
  await button('Previous').and(page.locator(':disabled')).waitFor();
  const newest = await firstOf();
  await button('Next').click();
  await page.getByText(/^26–\d+ of \d+$/).waitFor();
  if ((await firstOf()) === newest) throw new Error('the second page begins as the first does');
  await button('Previous').click();
  await page.getByText(/^1–25 of \d+$/).waitFor();
}

let failed = false;
try {
  for (const step of [colours, settings, rules, instance, lists, addresses, people, leaf]) await step();
  keepCopied();
  const others = faults.filter((f) => !/the server responded with a status of 409/.test(f)); // DeleteConflict, which is shown
  if (others.length) throw new Error(`the browser complains:\n${others.join('\n')}`);
} catch (error) {
  const shown = await page.locator('body').innerText().catch(() => '');
  console.error(`${error.stack}\nat ${page.url()}, which shows:\n${shown}\n${faults.join('\n')}`);
  failed = true;
} finally {
  await browser.close();
  process.exit(failed ? 1 : 0); // what reads the answers would keep the script alive
}
