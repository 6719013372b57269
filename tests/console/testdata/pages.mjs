// Every page is used for what it is there for, and what came of it is asked of the API.
import { ask, look, open, signIn as signInWith, until } from './browser.mjs';

const { URL: at, KEY_ID, KEY_SECRET, THINGS } = process.env;
const things = JSON.parse(THINGS);
const { browser, page, faults } = await open();
const button = (name) => page.getByRole('button', { name, exact: true });
const link = (name) => page.getByRole('navigation').getByRole('link', { name, exact: true });
const dialog = page.getByRole('dialog');
const press = (name) => dialog.getByRole('button', { name, exact: true }).click();
const row = (text) => page.getByRole('row').filter({ hasText: text });

async function must(what, word) {
  const said = await ask(word);
  if (said !== 'ok') throw new Error(`${what}: ${said}`);
}

// seen has the stock command say something, sooner or later.
const seen = (command, text) => until(command, () => ask(`see ${encodeURIComponent(command)} ${encodeURIComponent(text)}`));

async function signIn() {
  await page.goto(`${at}/`);
  await signInWith(page, KEY_ID, KEY_SECRET);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

async function openTask() {
  await link('Tasks').click();
  await page.getByRole('link', { name: 'shop', exact: true }).click();
}

// drawn are the values that a chart draws, the newest first, as its list of them has them.
async function drawn(title) {
  const figure = page.locator('figure').filter({ has: page.locator('figcaption strong', { hasText: new RegExp(`^${title.replace(/[*+.()]/g, '\\$&')}$`) }) });
  const list = figure.locator('details.values');
  if (!(await list.evaluate((d) => d.open))) await list.locator('summary').click();
  await list.locator('tbody').waitFor();
  const all = await list.locator('tbody tr').evaluateAll((rows) => rows.map((r) => ({ at: r.querySelector('time').dateTime, value: Number(r.querySelector('td[data-value]').dataset.value) })));
  // The line is in the picture: pixels of a colour, where axes and grid are grey.
  const coloured = await figure.locator('canvas').evaluate((c) => {
    const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
    let n = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 100 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60) n++;
    return n;
  });
  if (all.length > 1 && coloured < 20) throw new Error(`the chart ${title} has ${all.length} values and ${coloured} coloured pixels`);
  return all;
}

// The charts begin before the page was opened, and tell the bytes of changes.
async function charts() {
  await openTask();
  const chart = page.getByRole('img', { name: /^Changes waiting: .*; ([4-9]|\d\d+) values$/ });
  await chart.waitFor({ timeout: 4000 }); // the page itself asks every two seconds
  if ((await drawn('Changes waiting')).length < 4) throw new Error('the history is not drawn');
  const began = new Date().toISOString();
  await must('trade', 'trade');
  await until('bytes of changes are drawn', async () => ((await drawn('Loaded and applied a second')).some((x) => x.at > began && x.value > 10_000) ? 'ok' : 'none'));
  await look(page, 'task-charts');
}

async function tables() {
  await openTask();
  await page.getByLabel('Filter tables').fill('orders');
  await page.getByText('1 of 8').waitFor();
  await row('public.orders').getByText('Validated').waitFor();
  await page.getByLabel('Filter tables').fill('');
  const first = async () => page.getByRole('table', { name: 'tables' }).getByRole('row').nth(1).innerText();
  await page.getByRole('columnheader', { name: /Loaded/ }).getByRole('button').click();
  if (!/big/.test(await first())) throw new Error(`sorted by what is loaded, the first is ${await first()}`);
  await page.getByRole('columnheader', { name: /Loaded/ }).getByRole('button').click();
  if (!/small/.test(await first())) throw new Error(`sorted the other way, the first is ${await first()}`);

  await must('spoil', 'spoil');
  await page.getByRole('tab', { name: 'Error rows', exact: true }).click();
  const found = row('the row differs');
  await until('the row that differs is shown', async () => {
    await button('Look for differences').click();
    await page.waitForTimeout(300);
    return (await found.count()) ? 'ok' : 'it is not there';
  });
  await found.getByText('400', { exact: true }).waitFor();
  await found.getByText('The values').click();
  await found.getByText(/500\.00.*17\.00/).waitFor();
  await found.scrollIntoViewIfNeeded();
  await look(page, 'task-differences');
  await page.getByRole('tab', { name: 'Tables', exact: true }).click();
  await row('public.orders').getByText('1 rows differ').waitFor();

  await row('public.big').getByRole('button', { name: 'Reload', exact: true }).click();
  await press('Reload');
  await row('public.big').getByText(/\d of about 700,000/).waitFor();
  await row('public.big').getByRole('progressbar').waitFor();
  await look(page, 'task-loading');
  await seen(`dms describe-table-statistics --replication-task-arn ${things.task} --query "TableStatistics[?TableName=='big'].[TableState,FullLoadReloaded,FullLoadRows]"`, 'Table completed True 700000');
  await row('public.big').getByText('700,000', { exact: true }).waitFor();
}

async function metrics() {
  await link('Metrics').click();
  await page.getByLabel('Of', { exact: true }).selectOption(`mover / ${things.task.split(':').pop()}`);
  await page.getByLabel('Over', { exact: true }).selectOption('900');
  await page.getByLabel('A value for', { exact: true }).selectOption('10');
  await page.getByRole('img', { name: /^FullLoadThroughputRowsTarget: .*; [1-9]\d* values$/ }).waitFor();
  const rows = (await drawn('FullLoadThroughputRowsTarget')).reduce((sum, x) => sum + 10 * x.value, 0);
  if (Math.abs(rows - things.rows) > 0.1) throw new Error(`${rows} rows are drawn, of ${things.rows}`);
  await page.getByLabel('Expression').fill('RUNNING_SUM(fullLoadThroughputRowsTarget * 10)');
  await button('Draw').click();
  await page.getByRole('img', { name: /^RUNNING_SUM.*; [1-9]\d* values$/ }).waitFor();
  const [last] = await drawn('RUNNING_SUM(fullLoadThroughputRowsTarget * 10)');
  if (Math.abs(last.value - things.rows) > 0.1) throw new Error(`the expression comes to ${last.value}, want ${things.rows}`);
  await look(page, 'metrics');
  await page.getByLabel('Expression').fill('nothing + 1');
  await button('Draw').click();
  await page.getByRole('alert').getByText(/there is no query with the id nothing/).waitFor();
  await page.getByLabel('Expression').fill('');
  await button('Draw').click();
  await must('put a metric', 'put');
  await page.getByLabel('Namespace').selectOption('shop');
  await page.getByLabel('A value for', { exact: true }).selectOption('');
  await page.getByRole('img', { name: 'visits: visits 42; 1 values' }).waitFor();
}

async function form(type, engine, name) {
  await link('Endpoints').click();
  await button('New endpoint').first().click();
  await dialog.getByLabel('Rows').selectOption(type);
  await dialog.getByLabel('Engine', { exact: true }).selectOption(engine);
  await dialog.getByLabel('Name').first().fill(name);
}

async function create(name) {
  await press('Create endpoint');
  await page.getByRole('heading', { name }).waitFor();
}

async function connects() {
  await button('Test connection').click();
  await page.getByText('The database answered').waitFor();
}

const endpointOf = (name, query) => `dms describe-endpoints --filters Name=endpoint-id,Values=${name} --query "Endpoints[0].${query}"`;

async function endpoints() {
  await form('target', 's3', 'lake');
  await dialog.getByLabel('Bucket', { exact: true }).fill(things.bucket);
  await dialog.getByLabel('Role that may use it').fill(things.lake);
  await dialog.getByText(/^Settings of the engine/).click();
  await dialog.getByLabel('CsvDelimiter').fill(';');
  await dialog.getByLabel('CdcMaxBatchInterval').fill('5');
  await dialog.getByLabel('AddColumnName').selectOption('true');
  await look(page, 'new-endpoint-s3');
  // The copied command does the same, under another name.
  await dialog.getByRole('button', { name: 'Copy the command: Create endpoint' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  await must('run the copied command', `run ${encodeURIComponent(copied.replace('--endpoint-identifier lake', '--endpoint-identifier copied'))}`);
  await create('lake');
  await connects();
  const settings = 'S3Settings.[BucketName,CsvDelimiter,CdcMaxBatchInterval,AddColumnName,ServiceAccessRoleArn]';
  for (const name of ['lake', 'copied']) await seen(endpointOf(name, settings), `${things.bucket} ; 5 True ${things.lake}`);
  await button('Change').click();
  for (const [label, value] of [['Bucket', things.bucket], ['CsvDelimiter', ';'], ['CdcMaxBatchInterval', '5'], ['AddColumnName', 'true']]) {
    const shown = await dialog.getByLabel(label, { exact: true }).inputValue();
    if (shown !== value) throw new Error(`${label} is shown as ${shown}`);
  }
  await dialog.getByLabel('CsvDelimiter').fill('|');
  await dialog.getByLabel('CdcMaxBatchInterval').fill(''); // taken away
  await press('Save');
  await seen(endpointOf('lake', settings), `${things.bucket} | None True ${things.lake}`);

  await form('target', 'sqlite', 'file');
  await dialog.getByLabel('File').fill('shop.db');
  await create('file');
  await connects();

  await form('source', 'postgres', 'by-secret');
  await dialog.getByLabel('Sign in with').selectOption('secret');
  await dialog.getByLabel('Secret', { exact: true }).fill('login');
  await dialog.getByLabel('Role that reads it').fill(things.reader);
  await dialog.getByLabel('Database').fill(things.database);
  await look(page, 'new-endpoint-secret');
  await create('by-secret');
  await connects();
  await page.getByText(things.reader).waitFor();
  await button('Change').click();
  await dialog.getByText(/^Settings of the engine/).click();
  await dialog.getByLabel('HeartbeatEnable').selectOption('true');
  await press('Save');
  await seen(endpointOf('by-secret', 'PostgreSQLSettings.[SecretsManagerSecretId,HeartbeatEnable]'), 'login True');
  await button('Change').click();
  await dialog.getByLabel('HeartbeatEnable').selectOption('');
  await press('Save');
  await seen(endpointOf('by-secret', 'ExtraConnectionAttributes'), 'None');

  await form('target', 'redshift', 'warehouse');
  await dialog.getByLabel('Server', { exact: true }).fill('cluster.example.com');
  await dialog.getByLabel('User').fill('loader');
  await dialog.getByLabel('Password').fill('hunter2');
  await dialog.getByLabel('Database').fill('dwh');
  await dialog.getByLabel('Bucket', { exact: true }).fill(things.bucket);
  await dialog.getByLabel('Role that may use it').fill(things.lake);
  await create('warehouse');
  await seen(endpointOf('warehouse', '[Port,RedshiftSettings.BucketName,RedshiftSettings.ServiceAccessRoleArn]'), `5439 ${things.bucket} ${things.lake}`);
  await button('Delete').click();
  await press('Delete');
  await page.getByRole('link', { name: 'lake', exact: true }).waitFor();
  await seen('dms describe-endpoints --query "length(Endpoints[?EndpointIdentifier==\'warehouse\'])"', '0');
  await look(page, 'endpoints');
}

async function others() {
  await link('Certificates').click();
  await button('Import certificate').first().click();
  await dialog.getByLabel('Name').fill('authority');
  await dialog.getByLabel('Certificate', { exact: true }).fill(things.pem);
  await look(page, 'new-certificate');
  await press('Import');
  await row('authority').waitFor();
  await seen('dms describe-certificates --query Certificates[].CertificateIdentifier', 'authority');
  await row('authority').getByRole('button', { name: 'Delete', exact: true }).click();
  await press('Delete');
  await seen('dms describe-certificates --query "length(Certificates)"', '0');

  await link('Event subscriptions').click();
  await button('New subscription').first().click();
  await dialog.getByLabel('Name').fill('told');
  await dialog.getByLabel('Topic').fill('arn:aws:sns:eu-central-1:123456789012:told');
  await dialog.getByLabel('failure', { exact: true }).check();
  await look(page, 'new-subscription');
  await press('Create subscription');
  await row('told').first().waitFor();
  await seen('dms describe-event-subscriptions --query "EventSubscriptionsList[].[CustSubscriptionId,SourceType,EventCategoriesList[0]]"', 'told replication-task failure');

  await link('Subnet groups').click();
  await button('New subnet group').first().click();
  await dialog.getByLabel('Name').fill('ours');
  await dialog.getByLabel('Description').fill('of the shop');
  await dialog.getByRole('checkbox').nth(0).check();
  await dialog.getByRole('checkbox').nth(1).check();
  await look(page, 'new-subnet-group');
  await press('Create subnet group');
  await row('ours').waitFor();
  await seen("dms describe-replication-subnet-groups --query \"ReplicationSubnetGroups[?ReplicationSubnetGroupIdentifier=='ours'].[ReplicationSubnetGroupDescription,length(Subnets)]\"", 'of the shop 2');

  await link('Keys').click();
  await button('New key').first().click();
  await dialog.getByLabel('Alias').fill('ours');
  await press('Create key');
  await row('alias/ours').getByRole('button', { name: 'Disable', exact: true }).click();
  await press('Disable');
  await row('alias/ours').getByText('Disabled', { exact: true }).waitFor();
  await seen('kms describe-key --key-id alias/ours --query KeyMetadata.KeyState', 'Disabled');

  await link('VPC endpoints').click();
  await button('New VPC endpoint').first().click();
  await dialog.getByLabel('In the VPC').selectOption({ index: 0 });
  await press('Create endpoint');
  await button('Policy').click();
  const policy = await dialog.getByLabel('Document').inputValue();
  await dialog.getByLabel('Document').fill(policy.replace('"Allow"', '"Deny"'));
  await look(page, 'vpc-endpoint-policy');
  await press('Save policy');
  await until('the policy is there', () => ask(`see ${encodeURIComponent('ec2 describe-vpc-endpoints --query VpcEndpoints[0].PolicyDocument | grep -c Deny')} 1`));

  await link('Users and policies').click();
  await button('New user').click();
  await dialog.getByLabel('Name').fill('looker');
  await press('Create user');
  await page.getByLabel('Policy to attach').fill('arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole');
  await button('Attach').click();
  await row('AmazonDMSVPCManagementRole').waitFor();
  await button('Write one').click();
  await dialog.getByLabel('Document').fill('{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"dms:DeleteEndpoint","Resource":"*"},{"Effect":"Allow","Action":"dms:*","Resource":"*"}]}');
  await press('Save policy');
  await page.getByText('of the user alone').waitFor();
  await look(page, 'user');
  await seen('iam get-user-policy --user-name looker --policy-name console --query "PolicyDocument.Statement[].Effect"', 'Deny Allow');
  await page.goto(`${at}/#/users/simulator`);
  await page.getByLabel('Who').fill('arn:aws:iam::123456789012:user/looker');
  for (const [action, answer] of [['dms:DeleteEndpoint', 'denied explicitly'], ['dms:CreateEndpoint', 'allowed'], ['iam:CreateUser', 'denied: nothing allows it']]) {
    await page.getByLabel('Action').fill(action);
    await button('Simulate').click();
    await page.getByText(answer, { exact: true }).first().waitFor();
  }
  for (const tab of ['roles', 'policies']) {
    await page.goto(`${at}/#/users/${tab}`);
    await page.getByRole('table', { name: tab }).waitFor();
    await look(page, tab);
  }

  await link('Audit trail').click();
  await page.getByLabel('Look for').selectOption('EventName');
  await page.getByLabel('Which is').fill('CreateEventSubscription');
  await row('dms:CreateEventSubscription').getByRole('button', { name: 'Details', exact: true }).click();
  await dialog.getByText(/"SubscriptionName": "told"|"subscriptionName": "told"/).waitFor();
  await look(page, 'trail-details');
  await press('Close');
  const time = page.locator('time').first();
  const [shown, utc] = [await time.innerText(), await time.getAttribute('datetime')];
  const berlin = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'Europe/Berlin' }).format(new Date(utc));
  if (shown !== berlin || !(await time.getAttribute('title')).endsWith(' UTC')) throw new Error(`${utc} is shown as ${shown}, in Berlin it is ${berlin}`);
}

// No page is wider than a phone.
async function phone() {
  const wide = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  const id = things.task.split(':').pop();
  for (const path of ['overview', 'tasks', `tasks/${id}/tables`, `tasks/${id}/errors`, `tasks/${id}/settings`, `tasks/${id}/mapping`, `tasks/${id}/log`, `tasks/${id}/about`, 'endpoints', 'instances', 'metrics', 'trail',
    'subscriptions', 'users', 'users/simulator', 'users/user/looker', 'keys', 'certificates', 'subnet-groups', 'vpc-endpoints', 'new-task']) {
    await page.goto(`${at}/#/${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByText('Loading…').first().waitFor({ state: 'detached' });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) {
      const culprits = await page.evaluate(() => [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map((e) => e.outerHTML.slice(0, 120)));
      throw new Error(`${path} is ${over} pixels wider than a phone: ${culprits.join('\n')}`);
    }
  }
  await page.setViewportSize(wide);
}

const focused = () => page.evaluate(() => { const e = document.activeElement; return e === document.body ? '' : `${e.tagName} ${e.getAttribute('aria-label') ?? e.innerText ?? ''} ${e.id ? document.querySelector(`label[for="${CSS.escape(e.id)}"]`)?.innerText ?? '' : ''}`.trim(); });

// tabTo goes on by the key alone until something has the focus.
async function tabTo(what) {
  for (let i = 0; i < 120; i++) {
    if (what.test(await focused())) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${what} is not reached by Tab; the focus is at ${await focused()}`);
}

// From signing in to a question of a task and back, without a mouse.
async function keyboard() {
  await page.goto('about:blank');
  await page.goto(`${at}/`);
  await page.getByLabel('Access key ID').waitFor();
  await tabTo(/Access key ID/);
  await page.keyboard.type(KEY_ID);
  await tabTo(/Secret access key/);
  await page.keyboard.type(KEY_SECRET);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await tabTo(/^A Tasks/);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'shop', exact: true }).waitFor();
  await tabTo(/^A shop/);
  await page.keyboard.press('Enter');
  await button('Stop').waitFor();
  await tabTo(/^BUTTON Stop/);
  await page.keyboard.press('Enter');
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  if (!/^BUTTON Stop/.test(await focused())) throw new Error(`after the dialog the focus is at ${await focused()}`);
  await tabTo(/^BUTTON Tables/);
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: 'Error rows', selected: true }).waitFor();
  await page.getByRole('region', { name: 'Rows that differ' }).waitFor();
}

// A session and a role sign in; a reload signs out, for nothing is stored.
async function signIns() {
  const stored = async () => page.evaluate(async () => localStorage.length + sessionStorage.length + document.cookie.length + (await indexedDB.databases()).length);
  const [id, secret, token] = things.session;
  for (const [way, key, who] of [['session', [KEY_ID, KEY_SECRET], 'user/admin'], ['role', [KEY_ID, KEY_SECRET], 'assumed-role/operator/console'], ['key', [id, secret], 'user/admin']]) {
    await page.goto('about:blank');
    await page.goto(`${at}/`);
    await page.getByLabel('Sign in as').selectOption(way);
    if (way === 'role') await page.getByLabel('Role', { exact: true }).fill(things.operator);
    if (way === 'key') {
      await page.getByLabel('The key is of a temporary session').check();
      await page.getByLabel('Session token').fill(token);
    }
    await signInWith(page, ...key);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await openTask();
    await button('Stop').waitFor();
    await page.locator('body').getByText(who.split('/').slice(-1)[0]).first().waitFor();
    await link('Users and policies').click();
    if (way !== 'key') await page.getByText(way === 'role' ? /not authorized to perform: iam:ListUsers/ : /InvalidClientTokenId|AccessDenied/).first().waitFor();
    if (await stored()) throw new Error('something is stored');
    await page.reload();
    await page.getByLabel('Access key ID').waitFor();
  }
}

let failed = false;
try {
  for (const step of [signIn, charts, metrics, tables, endpoints, others, phone, keyboard, signIns]) await step();
  if (faults.length) throw new Error(`the browser complains:\n${faults.join('\n')}`);
} catch (error) {
  const shown = await page.locator('body').innerText().catch(() => '');
  console.error(`${error.stack}\nat ${page.url()}, which shows:\n${shown}\n${faults.join('\n')}`);
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/failed.png` }).catch(() => {});
  failed = true;
} finally {
  await browser.close();
  process.exit(failed ? 1 : 0); // what reads the answers would keep the script alive
}
