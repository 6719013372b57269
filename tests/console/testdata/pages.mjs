// Every page is used for what it is there for, and what came of it is asked of the API.
import { ask, copyAll, fits, judge, keepCopied, look, open, signIn as signInWith, sizes, focused as focusedOf, tabTo as tabToOf, until } from './browser.mjs';

const { URL: at, KEY_ID, KEY_SECRET, THINGS } = process.env;
const things = JSON.parse(THINGS);
const { browser, page, faults } = await open();
const button = (name) => page.getByRole('button', { name, exact: true });
const link = (name) => page.getByRole('navigation').getByRole('link', { name, exact: true });
const dialog = page.getByRole('dialog');

// press is for the buttons of dialogs. What is filled in there by then is copied as a command, too.
async function press(name) {
  await copyAll(page);
  await dialog.getByRole('button', { name, exact: true }).click();
}

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
  if (all.length && coloured < 10) throw new Error(`the chart ${title} has ${all.length} values and ${coloured} coloured pixels`);
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
  await look(page, 'task-differences', { middle: found });
  await page.getByRole('tab', { name: 'Tables', exact: true }).click();
  await row('public.orders').getByText('1 rows differ').waitFor();

  await row('public.big').getByRole('button', { name: 'Reload', exact: true }).click();
  await press('Reload');
  await seen(`dms describe-table-statistics --replication-task-arn ${things.task} --query "TableStatistics[?TableName=='big'].[TableState,FullLoadReloaded,FullLoadRows]"`, 'Table completed True 700000');
  await row('public.big').getByText('700,000', { exact: true }).waitFor();
  await firstLoad();
}

// severity says in the form how much a component tells in the log.
async function severity(component, value) {
  await page.getByText('Each component', { exact: true }).click();
  await page.getByLabel(component, { exact: true }).selectOption(value);
}

// A first load tells how far each table is, too.
async function firstLoad() {
  await button('Stop').click();
  await press('Stop');
  await page.getByText('stopped', { exact: true }).waitFor();
  await copyAll(page);
  await page.getByRole('tab', { name: 'Settings', exact: true }).click();
  await page.getByLabel('Tables that are in the target already').selectOption('DO_NOTHING');
  await severity('TARGET_LOAD', 'LOGGER_SEVERITY_DEBUG');
  await look(page, 'task-settings-log', { middle: page.getByLabel('TARGET_LOAD', { exact: true }) });
  await button('Save settings').click();
  const kept = `dms describe-replication-tasks --query "ReplicationTasks[0].ReplicationTaskSettings" | tr -d '\\n ' | grep -oE '"TargetTablePrepMode":"[A-Z_]+"|"Id":"TARGET_LOAD","Severity":"[A-Z_]+"' | tr '\\n' ' '`;
  await seen(kept, '"TargetTablePrepMode":"DO_NOTHING" "Id":"TARGET_LOAD","Severity":"LOGGER_SEVERITY_DEBUG"');
  await page.getByRole('tab', { name: 'Tables', exact: true }).click();
  await page.getByText('stopped', { exact: true }).waitFor();
  await must('hold', 'hold');
  await button('Reload all').click();
  await press('Reload all');
  await row('public.big').getByText(/\d of about 700,000/).waitFor();
  await row('public.big').getByRole('progressbar').waitFor();
  await look(page, 'task-first-load', { middle: row('public.big') });
  const over = await tooWide();
  if (over) throw new Error(`while tables load the list has to be scrolled sideways: ${over}`);
  await must('free', 'free');
  await button('Cut over').waitFor();
}

async function metrics() {
  await link('Metrics').click();
  await page.getByLabel('Of', { exact: true }).selectOption(`mover / ${things.task.split(':').pop()}`);
  await page.getByLabel('Over', { exact: true }).selectOption('900');
  await page.getByLabel('A value for', { exact: true }).selectOption('10');
  await page.getByRole('img', { name: /^FullLoadThroughputRowsTarget: .*; [1-9]\d* values$/ }).waitFor();
  await page.getByRole('img', { name: /^MemoryUsage: MemoryUsage [\d.]+ MB; / }).waitFor();
  await until('the task is named', async () => {
    const said = await page.getByLabel('Of', { exact: true }).locator('option:checked').innerText();
    return said.startsWith('mover / shop (') ? 'ok' : said;
  });
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
  await drawn('visits');
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
  if ((await dialog.getByLabel('Port').getAttribute('placeholder')) !== '5439') throw new Error('the port of a cluster is not 5439');
  await dialog.getByLabel('Server', { exact: true }).fill(things.warehouse.Server);
  await dialog.getByLabel('Port').fill(things.warehouse.Port);
  await dialog.getByLabel('User').fill(things.warehouse.User);
  await dialog.getByLabel('Password').fill(things.warehouse.Password);
  await dialog.getByLabel('Database').fill(things.warehouse.Database);
  await dialog.getByLabel('Bucket', { exact: true }).fill(things.bucket);
  await dialog.getByLabel('Role that may use it').fill(things.lake);
  await create('warehouse');
  await connects();
  await seen(endpointOf('warehouse', '[Port,RedshiftSettings.BucketName,RedshiftSettings.ServiceAccessRoleArn]'), `${things.warehouse.Port} ${things.bucket} ${things.lake}`);
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
  await copyAll(page);
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
  await row('told').first().getByRole('button', { name: 'Change', exact: true }).click();
  await dialog.getByLabel('failure', { exact: true }).uncheck();
  await dialog.getByLabel('state change', { exact: true }).check();
  await dialog.getByLabel('Enabled').uncheck();
  await look(page, 'change-subscription');
  await press('Save');
  const told = 'dms describe-event-subscriptions --query "EventSubscriptionsList[].[EventCategoriesList[0],length(EventCategoriesList),Enabled]"';
  await seen(told, 'state change 1 False');
  await row('told').first().getByRole('button', { name: 'Enable', exact: true }).click();
  await seen(told, 'state change 1 True');
  await row('told').first().getByRole('button', { name: 'Disable', exact: true }).waitFor();
  await copyAll(page);

  await link('Subnet groups').click();
  await button('New subnet group').first().click();
  await dialog.getByLabel('Name').fill('ours');
  await dialog.getByLabel('Description').fill('of the shop');
  for (const zone of ['eu-central-1a', 'eu-central-1b']) await dialog.getByLabel(new RegExp(`in ${zone}`)).first().check();
  await look(page, 'new-subnet-group');
  await press('Create subnet group');
  await row('ours').waitFor();
  await copyAll(page);
  await seen("dms describe-replication-subnet-groups --query \"ReplicationSubnetGroups[?ReplicationSubnetGroupIdentifier=='ours'].[ReplicationSubnetGroupDescription,length(Subnets)]\"", 'of the shop 2');

  await link('Keys').click();
  await button('New key').first().click();
  await dialog.getByLabel('Alias').fill('ours');
  await press('Create key');
  await row('alias/ours').getByRole('button', { name: 'Disable', exact: true }).click();
  await press('Disable');
  await row('alias/ours').getByText('Disabled', { exact: true }).waitFor();
  await seen('kms describe-key --key-id alias/ours --query KeyMetadata.KeyState', 'Disabled');
  await row('alias/ours').getByRole('button', { name: 'Enable', exact: true }).waitFor();
  await copyAll(page);
  await row('alias/ours').getByRole('button', { name: 'Delete', exact: true }).click();
  await press('Delete');
  await row('alias/ours').getByRole('button', { name: 'Keep it', exact: true }).waitFor();
  await copyAll(page);
  await row('alias/ours').getByRole('button', { name: 'Keep it', exact: true }).click();
  await row('alias/ours').getByText('Disabled', { exact: true }).waitFor();

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
  await button('New key').click();
  await press('Close');
  await page.getByText('Active', { exact: true }).waitFor();
  await look(page, 'user');
  await seen('iam get-user-policy --user-name looker --policy-name console --query "PolicyDocument.Statement[].Effect"', 'Deny Allow');
  await groups();
  await policies();
  await page.goto(`${at}/#/users/simulator`);
  await page.getByLabel('Who').fill('arn:aws:iam::123456789012:user/looker');
  for (const [action, answer] of [['dms:DeleteEndpoint', 'denied explicitly'], ['dms:CreateEndpoint', 'allowed'], ['iam:CreateUser', 'denied: nothing allows it']]) {
    await page.getByLabel('Action').fill(action);
    await button('Simulate').click();
    await page.getByText(answer, { exact: true }).first().waitFor();
  }
  for (const tab of ['groups', 'roles', 'policies']) {
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

const document_ = (effect, action) => `{"Version":"2012-10-17","Statement":[{"Effect":"${effect}","Action":"${action}","Resource":"*"}]}`;

// A group has members, and policies attached and of its own.
async function groups() {
  await page.goto(`${at}/#/users/groups`);
  await button('New group').click();
  await dialog.getByLabel('Name').fill('operators');
  await press('Create group');
  await page.getByLabel('User to add').selectOption('looker');
  await copyAll(page);
  await button('Add').click();
  await row('looker').getByRole('button', { name: 'Remove', exact: true }).waitFor();
  await page.getByLabel('Policy to attach').fill('arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole');
  await copyAll(page);
  await button('Attach').click();
  await row('AmazonDMSVPCManagementRole').waitFor();
  await button('Write one').click();
  await dialog.getByLabel('Document').fill(document_('Allow', 'kms:List*'));
  await press('Save policy');
  await page.getByText('of the group alone').waitFor();
  await look(page, 'group');
  await seen('iam get-group --group-name operators --query Users[].UserName', 'looker');
  await seen('iam list-attached-group-policies --group-name operators --query AttachedPolicies[].PolicyName', 'AmazonDMSVPCManagementRole');
  await seen('iam get-group-policy --group-name operators --policy-name console --query PolicyDocument.Statement[].Action', 'kms:List*');
  await row('AmazonDMSVPCManagementRole').getByRole('button', { name: 'Detach', exact: true }).click();
  await row('AmazonDMSVPCManagementRole').waitFor({ state: 'detached' });
  await row('console').getByRole('button', { name: 'Delete', exact: true }).click();
  await press('Delete');
  await page.getByText('this group may do nothing').waitFor();
  await row('looker').getByRole('link').click();
  await row('operators').getByRole('button', { name: 'Leave', exact: true }).click();
  await page.getByText('In no group').waitFor();
  await page.getByLabel('Group to join').selectOption('operators');
  await button('Join').click();
  await row('operators').waitFor();
  await seen('iam get-group --group-name operators --query Users[].UserName', 'looker');
}

// A managed policy is made, changed by a version, taken back to what it was, attached, detached and deleted.
async function policies() {
  await page.goto(`${at}/#/users/policies`);
  await button('New policy').click();
  await dialog.getByLabel('Name').fill('shop-keepers');
  await dialog.getByLabel('Document').fill(document_('Allow', 'dms:Describe*'));
  await look(page, 'new-policy');
  await press('Save policy');
  await page.getByLabel('Show').selectOption('Local');
  await page.getByRole('link', { name: 'shop-keepers', exact: true }).click();
  await button('New version').click();
  await dialog.getByLabel('Document').fill(document_('Allow', 'dms:Start*'));
  await press('Save policy');
  await row('v2').getByText('yes').waitFor();
  const arn = 'arn:aws:iam::123456789012:policy/shop-keepers';
  await seen(`iam get-policy-version --policy-arn ${arn} --version-id v2 --query PolicyVersion.Document.Statement[].Action`, 'dms:Start*');
  for (const [kind, name] of [['user', 'looker'], ['group', 'operators'], ['role', 'operator']]) {
    await page.getByLabel('Kind', { exact: true }).selectOption(kind);
    await page.getByLabel('Whom to attach it to').selectOption(name);
    await copyAll(page);
    await button('Attach').click();
    await row(name).filter({ hasText: kind }).getByRole('button', { name: 'Detach', exact: true }).waitFor();
  }
  await look(page, 'managed-policy');
  await seen(`iam list-entities-for-policy --policy-arn ${arn} --query "[PolicyUsers[0].UserName,PolicyGroups[0].GroupName,PolicyRoles[0].RoleName]"`, 'looker operators operator');
  await row('v1').getByRole('button', { name: 'Make default', exact: true }).click();
  await row('v1').getByText('yes').waitFor();
  await button('v1').click();
  await dialog.getByText('dms:Describe*').waitFor();
  await press('Close');
  await row('v2').getByRole('button', { name: 'Delete', exact: true }).click();
  await press('Delete');
  await row('v2').waitFor({ state: 'detached' });
  await seen(`iam list-policy-versions --policy-arn ${arn} --query Versions[].VersionId`, 'v1');
  for (let left = 3; left > 0; left--) {
    await button('Detach').first().click();
    await until('it is detached', async () => ((await button('Detach').count()) === left - 1 ? 'ok' : 'it is not'));
  }
  await button('Delete').click();
  await press('Delete');
  await button('New policy').waitFor();
  await seen('iam list-policies --scope Local --query "length(Policies)"', '0');
}

// An instance gets another class in its window or now, and another window at once. Its task goes on.
async function instance() {
  await link('Instances').click();
  await page.getByRole('link', { name: 'mover', exact: true }).click();
  await button('Change').click();
  await dialog.getByLabel('Class').selectOption('dms.t3.large');
  await dialog.getByLabel('Maintenance window').fill('sun:03:00-sun:04:00');
  await look(page, 'change-instance');
  await press('Save');
  await page.getByText('class dms.t3.large, between sun:03:00-sun:04:00 UTC.').waitFor();
  await look(page, 'instance');
  const of = 'dms describe-replication-instances --query "ReplicationInstances[].[ReplicationInstanceClass,PendingModifiedValues.ReplicationInstanceClass,PreferredMaintenanceWindow]"';
  await seen(of, 'dms.t3.medium dms.t3.large sun:03:00-sun:04:00');
  await button('Change').click();
  await dialog.getByLabel('Class').selectOption('dms.t3.medium');
  await press('Save');
  await seen(of, 'dms.t3.medium None sun:03:00-sun:04:00');
  await button('Change').click();
  await dialog.getByLabel('Class').selectOption('dms.t3.large');
  await press('Save');
  await button('Now').click();
  await press('Now');
  await seen(of, 'dms.t3.large None sun:03:00-sun:04:00');
  await page.getByText('available', { exact: true }).waitFor();
}

// pages are those that there are, by their addresses.
function pages() {
  const id = things.task.split(':').pop();
  return ['overview', 'tasks', `tasks/${id}/tables`, `tasks/${id}/errors`, `tasks/${id}/settings`, `tasks/${id}/mapping`, `tasks/${id}/log`, `tasks/${id}/about`, 'endpoints', 'instances', 'metrics', 'trail',
    'subscriptions', 'users', 'users/simulator', 'users/user/looker', 'users/groups', 'users/group/operators', 'users/policies', `users/policy/${encodeURIComponent('arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole')}`, `instances/${things.instance.split(':').pop()}`, 'keys', 'certificates', 'subnet-groups', 'vpc-endpoints', 'new-task'];
}

// No page is wider than a phone, and axe finds nothing serious on any there, light and dark.
async function phone() {
  await page.setViewportSize(sizes.narrow);
  for (const path of pages()) {
    await page.goto(`${at}/#/${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByText('Loading…').first().waitFor({ state: 'detached' });
    await fits(page, `${path} on a phone`);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await judge(page, `${path} on a phone, ${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await button('Menu').click();
  await link('Overview').waitFor();
  await look(page, 'menu', { on: ['narrow'] });
}

// tooWide are the lists of the page that have to be scrolled sideways.
const tooWide = () => page.evaluate(() => [...document.querySelectorAll('.table')].filter((t) => t.scrollWidth > t.clientWidth + 1).map((t) => `${t.querySelector('table').getAttribute('aria-label')}: ${t.scrollWidth} of ${t.clientWidth}`).join(', '));

// No list has to be scrolled sideways on a wide screen.
async function wide() {
  const wrong = [];
  for (const path of pages()) {
    await page.goto(`${at}/#/${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByText('Loading…').first().waitFor({ state: 'detached' });
    if (path.endsWith('/tables')) await row('public.big').waitFor();
    const over = await tooWide();
    if (over) wrong.push(`${path}: ${over}`);
  }
  if (wrong.length) throw new Error(`lists have to be scrolled sideways: ${wrong.join('; ')}`);
}

const tabTo = (what) => tabToOf(page, what);

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
  if (!/^BUTTON Stop/.test(await focusedOf(page))) throw new Error(`after the dialog the focus is at ${await focusedOf(page)}`);
  await tabTo(/^BUTTON Tables/);
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: 'Error rows', selected: true }).waitFor();
  await page.getByRole('region', { name: 'Rows that differ' }).waitFor();
  await tabTo(/^A Instances/);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'mover', exact: true }).waitFor();
  await tabTo(/^A mover/);
  await page.keyboard.press('Enter');
  await button('Change').waitFor();
  await tabTo(/^BUTTON Change/);
  await page.keyboard.press('Enter');
  await dialog.waitFor();
  await tabTo(/Maintenance window/);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  if (!/^BUTTON Change/.test(await focusedOf(page))) throw new Error(`after the dialog of an instance the focus is at ${await focusedOf(page)}`);
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

// A session that ends while the page is open is said to have ended, and one signs in anew where one was.
async function expiry() {
  await signIn();
  await link('Endpoints').click();
  await page.getByRole('heading', { name: 'Endpoints' }).waitFor();
  await page.route('**/*', (r) => (r.request().method() === 'POST'
    ? r.fulfill({ status: 403, contentType: 'application/x-amz-json-1.1', body: '{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}' }) : r.continue()));
  await page.getByText('The session has expired. Sign in again to go on.').waitFor();
  await page.unroute('**/*');
  await look(page, 'session-expired');
  await signInWith(page, KEY_ID, KEY_SECRET);
  await page.getByRole('heading', { name: 'Endpoints' }).waitFor();
}

let failed = false;
try {
  for (const step of [signIn, charts, metrics, tables, endpoints, others, instance, phone, wide, keyboard, signIns, expiry]) await step();
  keepCopied();
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
